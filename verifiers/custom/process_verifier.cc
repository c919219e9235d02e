#include "verifiers/custom/process_verifier.h"

#include "base/error.h"
#include "base/file.h"
#include "sandbox/sandbox.h"
#include "verifiers/custom/pool.h"
#include "verifiers/custom/sandboxed_child.h"

namespace laconic::verifiers::custom {
namespace {

class ProcessVerifier : public Verifier {
 public:
  ProcessVerifier(Pool::Start start, const PoolLimits& limits, Reasoning reasoning)
      : limits_(limits), pool_(std::make_unique<Pool>(std::move(start), limits, reasoning)) {}

  Verdict verify(const VerifyRequest& request) const override { return pool_->run({&request, 1}, {}, Clock::system()).front(); }

  std::vector<Verdict> verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const override {
    return pool_->run(requests, pace, clock);
  }

  // Two starts, and each answer tried twice to its deadline, one after the other.
  double seconds_needed(int items) const override { return 2 * limits_.start_seconds + 2 * limits_.request_seconds * items; }

 private:
  PoolLimits limits_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<Verifier> verifier_of_process(Launch launch, const ProcessOptions& options, Reasoning reasoning, std::vector<std::string> readable) {
  if (!launch.cwd.empty() && !fs::is_directory(launch.cwd)) throw Error("there is no folder `" + launch.cwd + "`", "verifier.process.cwd");
  find_program(launch.command.at(0), launch.cwd);
  const PoolLimits limits = {options.start_deadline_s, options.request_deadline_s, options.in_flight, options.spare};
  if (!options.sandboxed) return std::make_unique<ProcessVerifier>([launch = std::move(launch)] { return start_child(launch); }, limits, reasoning);
  // Two slots: the process at work and its spare. It starts nothing before the first run.
  auto box = std::make_shared<sandbox::Sandbox>(sandbox::Options{.slots = 2});
  return std::make_unique<ProcessVerifier>(
      [box, launch = std::move(launch), readable = std::move(readable), memory_mb = options.memory_mb] { return start_sandboxed(*box, launch, readable, memory_mb); }, limits, reasoning);
}

std::unique_ptr<Verifier> make_process(const ProcessOptions& process, Reasoning reasoning) {
  if (process.command.empty())
    throw Error("the verifier \"process\" needs the program to run", "verifier.process.command", "verifier.process.command = [\"./my_verifier\"]");
  const std::string& program = process.command.front();
  std::vector<std::string> readable;
  if (program.find('/') != std::string::npos) readable.push_back(fs::absolute(fs::path(process.cwd) / program).parent_path().string());
  return verifier_of_process({process.command, process.cwd, {}}, process, reasoning, readable);
}

}  // namespace laconic::verifiers::custom
