// A place's cgroup: limits of memory and processes, CPU time of all its processes. Version 2, or the
// version 1 hierarchies memory, cpuacct and (where mounted) pids. Made once per place and used by one
// run after the other: entering a cgroup costs a run a millisecond, being born in one nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace laconic::sandbox {

class Group {
 public:
  struct Usage {
    std::int64_t memory_bytes = 0;  // now, above what the place itself held at begin()
    std::int64_t peak_bytes = 0;    // likewise, since begin()
    bool out_of_memory = false;     // the kernel killed a process of the group since begin()
    bool process_refused = false;   // a fork or thread was refused since begin()
  };
  virtual ~Group() = default;                    // removes the group, which must be empty
  virtual void enter(pid_t pid) = 0;             // throws Error
  virtual void begin(std::int64_t memory_bytes, int processes) = 0;  // before a run; throws Error
  virtual std::int64_t cpu_ns() = 0;             // since begin()
  virtual bool out_of_memory() = 0;              // since begin()
  virtual Usage usage() = 0;
};

class GroupMaker {
 public:
  virtual ~GroupMaker() = default;
  virtual std::unique_ptr<Group> make(const std::string& name) = 0;  // throws Error
  virtual std::string description() const = 0;                       // "cgroup v1 (memory, cpuacct, pids)"
};

// Tries to make a group below this process's own and removes it again. nullptr: there is none to be
// had, and `reason` says why and what to change.
std::unique_ptr<GroupMaker> find_groups(std::string& reason);

}  // namespace laconic::sandbox
