// Roles without mathematics, over the real protocol: what they answer is a hash of what they were
// asked, so that a run's last weights are equal only when every step was.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/supervisor.h"
#include "wire/connection.h"

namespace laconic::pipeline {

// What the script does to a role: at the n-th event of that kind (counted over all starts) it dies
// without a word, or misbehaves.
struct Script {
  std::atomic<int> learner_dies_before_batch{0}, learner_dies_in_checkpoint{0}, rollout_dies_before_result{0}, verifier_dies_before_result{0};
  std::atomic<int> verifier_fails{0};         // so many verdicts are infra errors first
  std::atomic<bool> verifier_always_fails{false};
  std::atomic<bool> all_wrong{false};
  std::atomic<bool> learner_changes_its_mind{false};  // publishes other weights for the same batch
  std::atomic<int> rollout_delay_ms{0};
  std::atomic<int> starts{0};
};

// Runs the fake roles as threads over inproc://.
class ThreadLauncher : public RoleLauncher {
 public:
  explicit ThreadLauncher(Script& script) : script_(script) {}
  ~ThreadLauncher() override { finish(0); }

  wire::Context& context() override { return context_; }
  std::string endpoint(const fs::path& run) override { return "inproc://" + run.string(); }
  void start(const RoleCommand& command) override;
  std::vector<RoleExit> reap() override;
  void kill(const std::string& identity) override;  // a thread cannot be killed: its exit is reported, its end awaited
  void finish(double grace_seconds) override;
  double rss_mb() override { return 1; }

  std::vector<RoleCommand> commands;

 private:
  struct Running {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };
  wire::Context context_;
  Script& script_;
  std::map<std::string, Running> running_;
  std::vector<Running> abandoned_;
  std::vector<RoleExit> exits_;
};

}  // namespace laconic::pipeline
