#include "verifiers/custom/sandboxed_child.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/sandbox.h"

namespace laconic::verifiers::custom {
namespace {

constexpr double kForever = 5e6;  // seconds, two months: the pool's deadlines end it, not the sandbox's

std::string how_it_ended(const sandbox::Report& report) {
  switch (report.end) {
    case sandbox::End::kExited: return fmt::format("exit code {}", report.exit_code);
    case sandbox::End::kSignaled: return fmt::format("signal {} ({})", report.signal, ::strsignal(report.signal));
    case sandbox::End::kDenied: return "the forbidden call " + report.denied_call;
    case sandbox::End::kFault: return "a fault of the sandbox: " + report.fault;
    default: return "the sandbox's limit: " + std::string(name_of(report.end));
  }
}

// One thread waits for the end; the pool's thread asks.
class SandboxedChild : public Child {
 public:
  SandboxedChild(std::unique_ptr<sandbox::Running> running, Descriptor event) : running_(std::move(running)), event_(std::move(event)) {
    waiter_ = std::thread([this] {
      const std::string how = how_it_ended(running_->wait());
      std::lock_guard lock(mutex_);
      how_ = how;
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto ignored = ::write(event_.get(), &one, sizeof one);
    });
  }
  ~SandboxedChild() override {
    kill();
    waiter_.join();
  }

  std::optional<std::string> ended() override {
    std::lock_guard lock(mutex_);
    return how_;
  }
  void kill() override { running_->kill(); }
  int exit_fd() const override { return event_.get(); }
  pid_t pid() const override { return 0; }  // known inside only

 private:
  std::unique_ptr<sandbox::Running> running_;
  Descriptor event_;
  std::mutex mutex_;
  std::optional<std::string> how_;
  std::thread waiter_;
};

// What the sandbox shows by itself.
bool is_system(const fs::path& path) {
  for (const char* root : {"/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/"})
    if (path.string().rfind(root, 0) == 0) return true;
  return false;
}

// The folder of a program, or, for …/bin/program, the one above: a virtual environment's packages
// stand beside its bin.
fs::path home_of(const fs::path& program) {
  const fs::path folder = program.parent_path();
  return folder.filename() == "bin" ? folder.parent_path() : folder;
}

// Inside, /tmp is the private /box: what stands below the host's /tmp is seen elsewhere.
std::string inside_of(const std::string& host) { return host.rfind("/tmp/", 0) == 0 ? "/host" + host : host; }

}  // namespace

std::unique_ptr<Child> start_sandboxed(sandbox::Sandbox& sandbox, const Launch& launch, const std::vector<std::string>& readable, int memory_mb) {
  const fs::path program = find_program(launch.command.at(0), launch.cwd);
  std::vector<fs::path> folders = {home_of(program), home_of(fs::canonical(program))};
  for (const std::string& path : readable) folders.push_back(path);
  if (!launch.cwd.empty()) folders.push_back(launch.cwd);

  sandbox::Spec spec;
  spec.argv = launch.command;
  spec.argv[0] = program.string();
  spec.environment = launch.environment;
  for (const fs::path& folder : folders) {
    std::string host = fs::absolute(folder).lexically_normal().string();
    if (host.size() > 1 && host.back() == '/') host.pop_back();
    const bool known = std::any_of(spec.paths.begin(), spec.paths.end(), [&](const auto& path) { return path.host == host; });
    if (known || is_system(host + "/")) continue;
    spec.paths.push_back({host, inside_of(host)});
    for (std::string& word : spec.argv)
      if (word.rfind(host + "/", 0) == 0) word = inside_of(word);
  }
  spec.limits.cpu_seconds = spec.limits.wall_seconds = kForever;
  spec.limits.memory_bytes = std::int64_t{memory_mb} << 20;
  spec.limits.processes = 256;
  Pipe in = Pipe::make(), out = Pipe::make(), err = Pipe::make();
  spec.passed = {{0, in.read.get()}, {1, out.write.get()}, {2, err.write.get()}};
  Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw Error("cannot make an eventfd for the verifier's process");
  auto child = std::make_unique<SandboxedChild>(sandbox.start(spec), std::move(event));
  child->in = std::move(in.write);
  child->out = std::move(out.read);
  child->err = std::move(err.read);
  for (const Descriptor* end : {&child->in, &child->out, &child->err}) make_nonblocking(end->get());
  return child;
}

}  // namespace laconic::verifiers::custom
