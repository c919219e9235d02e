#include "sandbox/run.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/filter.h"
#include "sandbox/kill_one.h"

namespace laconic::sandbox {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStartNs = 20 * kSecond;  // from the request to the program's first step
constexpr std::int64_t kDieNs = 30 * kSecond;    // from the kill to the death of all
constexpr int kMayNotRunExit = 126;              // as shells report it

double seconds(std::int64_t ns) { return static_cast<double>(ns) / kSecond; }

std::int64_t in_ns(const timeval& t) { return t.tv_sec * kSecond + t.tv_usec * 1000; }

// Regular files only; the name was checked; nobody is left to exchange it meanwhile.
int open_collected(int box, const std::string& name) {
  const int fd = openat(box, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info {};
  if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

}  // namespace

Run::~Run() {
  for (const int fd : {reply, listener, proc, box})
    if (fd >= 0) close(fd);
  for (const int fd : namespaces) close(fd);
  for (const int fd : descriptors) close(fd);
}

void Run::kill(Cause why, std::string text) {
  if (cause == Cause::kNone) {
    cause = why;
    fault = std::move(text);
  }
  if (killed_at == 0) killed_at = clock_ns();
  // Ours to wait for, so the number is still theirs. Init's death is that of its whole namespace.
  if (!init_dead) kill_one(init);
  if (!program_dead) kill_one(program);
}

std::int64_t Run::cpu_ns() const {
  std::int64_t total = std::max(reaped_cpu_ns, watch ? watch->cpu_ns() : 0);
  if (place->group) total = place->group->cpu_ns();
  return std::max<std::int64_t>(0, total - set_up_cpu_ns);
}

void Run::look(std::int64_t now) {
  if (killed_at != 0) {
    if (now - killed_at > kDieNs && !over()) {  // stuck in the kernel: report, and leave the place alone for good
      fault = "processes of the run do not die";
      cause = Cause::kFault;
      place->doubtful = init_dead = program_dead = true;
      keeper_owes = branch_owes = false;
    }
    return;
  }
  if (started_at == 0) {
    if (now - asked_at > kStartNs) kill(Cause::kFault, "the run could not be started within 20 s");
    return;
  }
  if (!place->group && watch) {
    watch->look();
    process_limit_seen = process_limit_seen || watch->processes() >= request.limits.processes;
    const std::int64_t limit = request.limits.memory_bytes;
    // Twice in a row: a child between vfork and exec shows its parent's memory as its own for a moment.
    looks_over_memory = watch->memory_bytes() > limit && watch->exact_memory_bytes() > limit ? looks_over_memory + 1 : 0;
    if (looks_over_memory > 1) return kill(Cause::kMemory);
  }
  if (place->group && place->group->out_of_memory()) return kill(Cause::kMemory);
  if (seconds(cpu_ns()) > request.cpu_stop) return kill(Cause::kCpuTime);
  if (seconds(now - started_at) > request.limits.wall_seconds) {
    if (place->group && watch) watch->look();  // the time it waited for a processor
    kill(Cause::kWallTime);
  }
}

void Run::on_listener(bool called) {
  if (called) {
    seccomp_notif call{};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) denied_call = call_name(call.data.arch, call.data.nr);
    else denied_call = "interrupted call";  // a signal broke it off meanwhile; it was asked for all the same
    kill(Cause::kDenied);
  }
  close(listener);  // one is enough; the kernel then answers ENOSYS
  listener = -1;
}

void Run::program_ended(int how) {
  program_dead = true;
  status = how;
  if (ended_at == 0) ended_at = clock_ns();
  if (!init_dead) kill_one(init);  // with all that is left
}

void Run::add_reaped(const rusage& usage) {
  reaped_cpu_ns += in_ns(usage.ru_utime) + in_ns(usage.ru_stime);
  reaped_peak_bytes = std::max<std::int64_t>(reaped_peak_bytes, usage.ru_maxrss * std::int64_t{1024});
}

Reply Run::finish(char level, std::vector<int>& collected) {
  Reply reply;
  Report& r = reply.report;
  r.level = level;
  if (ended_at == 0) ended_at = killed_at != 0 ? killed_at : clock_ns();
  if (started_at != 0) r.wall_seconds = std::max(0.0, seconds(ended_at - started_at));
  r.cpu_seconds = seconds(cpu_ns());
  if (watch && watch->starved(ended_at - started_at, !place->group)) r.waited_seconds = seconds(watch->waited_ns());
  bool out_of_memory = cause == Cause::kMemory;
  if (place->group) {
    const Group::Usage usage = place->group->usage();
    r.peak_memory_bytes = usage.peak_bytes;
    r.process_limit_hit = usage.process_refused;
    out_of_memory = out_of_memory || usage.out_of_memory;
  } else {
    r.process_limit_hit = process_limit_seen;
    r.peak_memory_bytes = std::max(reaped_peak_bytes, watch ? watch->peak_bytes() : 0);
  }

  if (cause == Cause::kFault) {
    r.end = End::kFault;
    r.fault = fault;
  } else if (not_runnable) {
    r.end = End::kExited;
    r.exit_code = kMayNotRunExit;
  } else if (cause == Cause::kUnwanted && !out_of_memory) {
    r.end = End::kSignaled;  // by the caller, who knows
    r.signal = SIGKILL;
  } else if (started_at == 0 && !out_of_memory) {
    r.end = End::kFault;
    r.fault = "the run ended before the program began";
  } else if (cause == Cause::kDenied) {
    r.end = End::kDenied;
    r.denied_call = denied_call;
  } else if (out_of_memory) {
    r.end = End::kMemory;
  } else if (cause == Cause::kCpuTime || r.cpu_seconds > request.cpu_stop) {
    r.end = End::kCpuTime;
  } else if (cause == Cause::kWallTime) {
    r.end = End::kWallTime;
  } else if (status < 0) {
    r.end = End::kFault;
    r.fault = "the run's init was killed from outside";
  } else if (WIFEXITED(status)) {
    r.end = End::kExited;
    r.exit_code = WEXITSTATUS(status);
  } else {
    r.end = End::kSignaled;
    r.signal = WTERMSIG(status);
  }

  if (r.end != End::kFault && box >= 0)
    for (const std::string& name : request.collect)
      if (const int fd = open_collected(box, name); fd >= 0) {
        reply.collected.push_back(name);
        collected.push_back(fd);
      }
  return reply;
}

}  // namespace laconic::sandbox
