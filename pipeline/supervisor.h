// Starts and ends the roles. The interface lets tests run them as threads; real runs use processes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"

namespace laconic::wire { class Context; }

namespace laconic::pipeline {

struct RoleCommand {
  std::string role;       // "rollout", "verifier", "learner"
  std::string identity;   // "rollout-0"
  std::string endpoint;   // of the hub
  std::map<std::string, std::string> environment;  // added to this process's
  fs::path log;           // stdout and stderr are appended
  bool restarted = false; // not the first start: fail-points are off
};

struct RoleExit {
  std::string identity;
  std::string how;        // "signal 9 (Killed)", "exit code 3"
};

// Used by one thread: the one that lives as long as the run (roles die with it).
class RoleLauncher {
 public:
  virtual ~RoleLauncher() = default;
  virtual wire::Context& context() = 0;
  // Where the hub of this run listens.
  virtual std::string endpoint(const fs::path& run) = 0;
  virtual void start(const RoleCommand& command) = 0;
  virtual std::vector<RoleExit> reap() = 0;               // roles that ended since the last call
  virtual void kill(const std::string& identity) = 0;     // SIGKILL; its exit is reaped later
  // Waits until all roles have ended; after `grace_seconds` kills those that have not.
  virtual void finish(double grace_seconds) = 0;
  virtual double rss_mb() = 0;                            // resident now: this process and all roles
};

// `laconic role …` and `laconic-learner role …`: found beside the running executable, or in
// LACONIC_BIN_DIR. Each role is its own process group and is killed by the kernel when this thread
// dies.
class ProcessLauncher : public RoleLauncher {
 public:
  ProcessLauncher();  // throws Error naming what to build when a binary is missing
  ~ProcessLauncher() override;

  wire::Context& context() override;
  std::string endpoint(const fs::path& run) override;
  void start(const RoleCommand& command) override;
  std::vector<RoleExit> reap() override;
  void kill(const std::string& identity) override;
  void finish(double grace_seconds) override;
  double rss_mb() override;

  std::string learner_version() const;  // what `laconic-learner --version` says

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::pipeline
