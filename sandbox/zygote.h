// The warm interpreter, from the launcher's side: one per launcher, started when first needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "sandbox/policy.h"

namespace laconic::sandbox {

// launcher → zygote. kBranch comes with two descriptors: the branch's channel, the place's user namespace.
struct ZygoteOrder {
  enum Kind : std::int32_t { kBranch, kMeasure };
  std::int32_t kind = kBranch;
  std::int32_t count = 0;     // kMeasure: forks
  std::int64_t user = -1;     // kBranch: to become
  std::int32_t launcher = 0;  // its process
};

class Zygote {
 public:
  Zygote(std::vector<std::string> command, std::vector<std::string> imports) : command_(std::move(command)), imports_(std::move(imports)) {}
  ~Zygote();

  void start(const Policy& policy);  // does not wait for its imports; throws Error
  // A branch for a place, a child of this process. `place_keeper` names the user namespace. Its channel
  // waits for one byte before it becomes the place's. Throws Error.
  pid_t branch(const Policy& policy, long user, pid_t place_keeper, int& channel);
  double bare_fork_seconds(const Policy& policy, int count);  // throws Error

  pid_t pid() const { return pid_; }
  // Folders of the interpreter that are not in every run's root (it may be one of a user's own): what a
  // script imports later is read inside.
  std::vector<std::string> folders() const;
  void died();                       // it was reaped
  void end();

 private:
  std::int64_t exchange(const ZygoteOrder& order, const std::vector<int>& descriptors, std::int32_t* pid);

  std::vector<std::string> command_, imports_;
  pid_t pid_ = -1;
  int channel_ = -1;
  bool ready_ = false;
};

}  // namespace laconic::sandbox
