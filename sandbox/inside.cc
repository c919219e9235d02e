#include "sandbox/inside.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/landlock.h"

namespace laconic::sandbox {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
}

// Numbers inside are below kMaxInside: what stands there and is still needed moves above first.
int above(int fd, const Reporter& reporter) {
  if (fd < 0 || fd >= kMaxInside) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, kMaxInside);
  reporter.need(moved >= 0, "move a descriptor");
  return moved;
}

void arrange_descriptors(const Request& request, std::vector<int> descriptors, const Reporter& reporter) {
  bool taken[kMaxInside] = {};
  for (int& fd : descriptors) fd = above(fd, reporter);
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    taken[request.inside[i]] = true;
    reporter.need(dup2(descriptors[i], request.inside[i]) >= 0, "place a descriptor");
  }
  for (int number = 0; number <= 2; ++number)
    if (!taken[number]) {
      taken[number] = true;
      const int null = open("/dev/null", (number == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
      reporter.need(null >= 0, "open /dev/null");
      if (null != number) reporter.need(dup2(null, number) >= 0 && close(null) == 0, "place /dev/null");
      else reporter.need(fcntl(null, F_SETFD, 0) == 0, "place /dev/null");
    }
  for (int number = 3, first = 3; number <= kMaxInside; ++number) {  // close the gaps between
    if (number < kMaxInside && !taken[number]) continue;
    if (number > first) reporter.need(syscall(SYS_close_range, first, number - 1, 0) == 0, "close_range");
    first = number + 1;
  }
}

void set_limit(int resource, std::uint64_t value, const Reporter& reporter) {
  rlimit limit{};
  reporter.need(getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0, "getrlimit");
  if (value > limit.rlim_max) value = limit.rlim_max;  // lower already: keep
  limit = {value, value};
  reporter.need(setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0, "setrlimit");
}

void set_limits(const Request& request, char level, const Reporter& reporter) {
  const Limits& l = request.limits;
  const bool group = level == 'A';
  set_limit(RLIMIT_CORE, 0, reporter);
  set_limit(RLIMIT_MEMLOCK, 0, reporter);
  set_limit(RLIMIT_MSGQUEUE, 0, reporter);
  set_limit(RLIMIT_NICE, 0, reporter);
  set_limit(RLIMIT_RTPRIO, 0, reporter);
  set_limit(RLIMIT_FSIZE, l.file_bytes, reporter);
  set_limit(RLIMIT_STACK, l.memory_bytes, reporter);
  // The kernel's own stop, should the launcher be late. Init and (with a group) a reserve beside the
  // program's processes: there the group's counter is to be the one that refuses.
  set_limit(RLIMIT_CPU, static_cast<std::uint64_t>(request.cpu_stop) + 2, reporter);
  set_limit(RLIMIT_NPROC, l.processes + (group ? 16 : 1), reporter);
  // A thread's stack is as large as the stack limit, so address space must allow one per process.
  if (!group) set_limit(RLIMIT_AS, static_cast<std::uint64_t>(l.memory_bytes) * (l.processes + 4), reporter);
  set_limit(RLIMIT_NOFILE, l.open_files, reporter);
}

void drop_capabilities(const Reporter& reporter) {
  reporter.need(prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0) == 0, "secure bits");
  for (int capability = 0; capability <= 63; ++capability)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      reporter.need(errno == EINVAL && capability > CAP_AUDIT_READ, "drop a bounding capability");
      break;  // past the last one this kernel knows
    }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  reporter.need(syscall(SYS_capset, &header, none) == 0, "drop capabilities");
}

}  // namespace

std::int64_t cpu_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
std::int64_t clock_ns() { return read_clock(CLOCK_MONOTONIC); }

void Reporter::send(Notice notice, const std::vector<int>& descriptors) const {
  if (!send_message(channel_, {reinterpret_cast<const char*>(&notice), sizeof notice}, descriptors.data(), descriptors.size())) _exit(1);
}

void Reporter::fail(const char* step, int error, Notice::Kind kind) const {
  Notice notice;
  notice.kind = kind;
  notice.status = error;
  std::strncpy(notice.step, step, sizeof notice.step - 1);
  send(notice);
  _exit(1);
}

void Reporter::need(bool condition, const char* step) const {
  if (!condition) fail(step, errno);
}

Confined confine(const Request& request, const Policy& policy, const std::vector<int>& descriptors, const Reporter& reporter, int keep) {
  const Reporter moved(above(reporter.channel(), reporter));
  keep = above(keep, moved);
  arrange_descriptors(request, descriptors, moved);
  moved.need(syscall(SYS_close_range, kMaxInside, ~0u, CLOSE_RANGE_CLOEXEC) == 0, "close_range");

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  setsid();
  set_limits(request, policy.level, moved);

  moved.need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  if (const char* step = landlock_restrict(policy.landlock, request.internet_sockets)) moved.fail(step, errno);
  drop_capabilities(moved);
  moved.need(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "dumpable");  // so that it may look at its own /proc/self

  const Filter& filter = request.internet_sockets ? policy.with_internet : policy.without_internet;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  const int listener = static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  moved.need(listener >= 0, "seccomp");

  Notice started;
  started.kind = Notice::kStarted;
  started.ns = cpu_ns();
  started.at = clock_ns();
  moved.send(started, {listener});
  close(listener);
  return {moved, keep};
}

std::vector<std::string> environment_of(const Request& request) {
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box", "TMPDIR=/box", "USER=box", "LANG=C.UTF-8", "PYTHONHASHSEED=0"};
  for (const std::string& entry : request.environment) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(environment, [&](const std::string& known) { return known.rfind(name, 0) == 0; });
    environment.push_back(entry);
  }
  return environment;
}

}  // namespace laconic::sandbox
