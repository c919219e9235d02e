// Who may run now: at most `slots` at once, or one alone. Waiting is not counted as time of a run.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

namespace laconic::sandbox {

// Processors this process may use: affinity, and the quota of its cgroup rounded up.
int usable_cores();

class Admission {
 public:
  explicit Admission(int slots) : slots_(slots) {}

  // Held while a run is under way; shared by partners.
  using Lease = std::shared_ptr<void>;
  Lease enter(bool alone);  // waits

 private:
  void leave(bool alone);

  std::mutex mutex_;
  std::condition_variable changed_;
  const int slots_;
  int running_ = 0, waiting_alone_ = 0;
  bool alone_ = false;
};

}  // namespace laconic::sandbox
