// The last steps of a process before it becomes the answer: descriptors, limits, Landlock,
// capabilities, the system call filter. The same code runs in the launcher's children and in those of
// the warm interpreter. Every process here is single-threaded and a copy of its parent.
#pragma once

#include <string>
#include <vector>

#include "sandbox/frame.h"
#include "sandbox/policy.h"

namespace laconic::sandbox {

constexpr int kInnerId = 1000;                 // user and group inside
constexpr const char* kBox = "/box";
// In the order in which a process joins them: the user namespace gives the right to join the others.
constexpr const char* kNamespaces[] = {"/proc/self/ns/user", "/proc/self/ns/pid", "/proc/self/ns/mnt", "/proc/self/ns/net",
                                       "/proc/self/ns/ipc",  "/proc/self/ns/uts", "/proc/self/ns/cgroup"};
constexpr std::size_t kPidNamespace = 1;

// Says over `channel` what could not be done and ends the process.
class Reporter {
 public:
  explicit Reporter(int channel) : channel_(channel) {}
  void send(Notice notice, const std::vector<int>& descriptors = {}) const;
  [[noreturn]] void fail(const char* step, int error, Notice::Kind kind = Notice::kFailed) const;
  void need(bool condition, const char* step) const;  // else fail() with errno
  int channel() const { return channel_; }

 private:
  int channel_;
};

// `descriptors`: those of request.inside, in order. Ends with the kStarted notice. The channel and
// `keep` (or -1) have then moved to the numbers returned; they and all else that is not the program's
// are close-on-exec.
struct Confined {
  Reporter reporter;
  int keep;
};
Confined confine(const Request& request, const Policy& policy, const std::vector<int>& descriptors, const Reporter& reporter, int keep = -1);

// The environment of a run: a fixed minimal one, then the request's.
std::vector<std::string> environment_of(const Request& request);

std::int64_t cpu_ns();   // of this process
std::int64_t clock_ns(); // CLOCK_MONOTONIC

}  // namespace laconic::sandbox
