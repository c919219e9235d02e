// The library that the warm interpreter loads. In the zygote it forks branches, one per place; a branch
// forks the process of each run, which joins the namespaces that the run's init made, confines itself
// with the very code of the launcher's own children, and returns into Python.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/inside.h"
#include "sandbox/zygote.h"

namespace laconic::sandbox {
namespace {

std::string run_arguments, run_environment;  // of this process's run: NUL after each

// A copy of this process whose parent is ours (the launcher). The C library's own note of the
// thread's number is kept right, as its fork() would.
pid_t clone_sibling() {
  int* number = nullptr;
  prctl(PR_GET_TID_ADDRESS, &number, 0, 0, 0);
  void* robust = nullptr;
  std::size_t robust_size = 0;
  syscall(SYS_get_robust_list, 0, &robust, &robust_size);
  clone_args arguments{};
  arguments.flags = CLONE_PARENT | (number ? CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID : 0);
  arguments.child_tid = reinterpret_cast<std::uint64_t>(number);
  const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid == 0 && robust) syscall(SYS_set_robust_list, robust, robust_size);
  return pid;
}

void prefer_for_out_of_memory() {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "1000", 4) != 4) {}  // where it cannot be raised the group's limit holds all the same
  close(fd);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + '\0';
  return all;
}

// In the run's process. Ends the process on failure.
void become_run(const Request& request, const Policy& policy, const std::vector<int>& descriptors, const Reporter& reporter) {
  if (policy.level == 'A') prefer_for_out_of_memory();
  constexpr std::size_t kCount = std::size(kNamespaces);
  for (std::size_t i = 0; i < kCount; ++i)
    if (i != kPidNamespace) reporter.need(setns(descriptors[i], 0) == 0, "join the run's namespaces");
  reporter.need(chdir(kBox) == 0, "chdir /box");
  run_arguments = joined(request.argv);
  if (!request.environment.empty()) run_environment = joined(environment_of(request));  // else it is the zygote's own
  confine(request, policy, {descriptors.begin() + kCount, descriptors.end()}, reporter);
  syscall(SYS_close_range, kMaxInside, ~0u, 0);
}

// True in the process of a run.
bool serve_branch(int channel, const Policy& policy) {
  const Reporter reporter(channel);
  const auto buffer = std::make_unique<char[]>(kMaxFrame);
  std::vector<int> descriptors;
  for (;;) {
    const long size = receive_message(channel, buffer.get(), kMaxFrame, descriptors);
    if (size <= 0) _exit(0);
    const std::int64_t before = cpu_ns();
    const auto request = decode_request({buffer.get(), static_cast<std::size_t>(size)});
    Notice notice;
    notice.kind = Notice::kFailed;
    std::strcpy(notice.step, "a malformed request to the warm interpreter");
    if (request && descriptors.size() == std::size(kNamespaces) + request->inside.size()) {
      std::strcpy(notice.step, "fork the warm interpreter");
      // Only children are born there; joining would not move this process.
      const pid_t pid = setns(descriptors[kPidNamespace], CLONE_NEWPID) == 0 ? clone_sibling() : -1;
      if (pid == 0) {
        become_run(*request, policy, descriptors, reporter);
        return true;
      }
      notice.status = errno;
      if (pid > 0) {
        notice.kind = Notice::kBranched;
        notice.pid = pid;
        notice.ns = cpu_ns() - before;
      }
    }
    reporter.send(notice);
    for (const int fd : descriptors) close(fd);
  }
}

// In the branch, before it serves: its group is entered by the launcher, who then says "go".
bool settle(const ZygoteOrder& order, const std::vector<int>& descriptors) {
  char go = 0;
  if (read(descriptors[0], &go, 1) != 1) return false;
  const auto id = static_cast<uid_t>(order.user);
  if (order.user >= 0 && (setgroups(0, nullptr) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)) return false;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return getppid() == order.launcher && setns(descriptors[1], CLONE_NEWUSER) == 0;
}

// What os.fork(), os._exit(0) and os.waitpid() do, from within the library.
std::int64_t bare_forks(int count) {
  const auto hook = [](const char* name) { return reinterpret_cast<void (*)()>(dlsym(RTLD_DEFAULT, name)); };
  const auto before_fork = hook("PyOS_BeforeFork"), after_in_child = hook("PyOS_AfterFork_Child"), after_in_parent = hook("PyOS_AfterFork_Parent");
  if (!before_fork || !after_in_child || !after_in_parent) return -1;
  after_in_parent();  // zygote.py has said "before" once and for all
  const std::int64_t before = clock_ns();
  for (int i = 0; i < count; ++i) {
    before_fork();
    const pid_t pid = fork();
    if (pid == 0) {
      after_in_child();
      _exit(0);
    }
    after_in_parent();
    if (pid < 0 || waitpid(pid, nullptr, 0) != pid) return -1;
  }
  before_fork();
  return clock_ns() - before;
}

std::optional<Policy> read_policy(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return std::nullopt;
  std::string bytes(info.st_size, 0);
  if (pread(fd, bytes.data(), bytes.size(), 0) != info.st_size) return std::nullopt;
  return decode_policy(bytes);
}

}  // namespace
}  // namespace laconic::sandbox

// Returns 0 in the process of a run only; 1 when it cannot serve. The end of `channel` ends the process.
extern "C" __attribute__((visibility("default"))) int laconic_serve(int channel, int policy_fd) {
  using namespace laconic::sandbox;
  const auto policy = read_policy(policy_fd);
  if (!policy) return 1;
  pthread_attr_t attributes;  // not the zygote's own stack limit, which only reserves room for growth
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);

  const Reporter reporter(channel);
  ZygoteOrder order;
  std::vector<int> descriptors;
  Notice answer;
  answer.kind = Notice::kReady;
  reporter.send(answer);
  for (;;) {
    const long size = receive_message(channel, reinterpret_cast<char*>(&order), sizeof order, descriptors);
    if (size != sizeof order) _exit(0);
    answer = {};
    if (order.kind == ZygoteOrder::kMeasure) {
      answer.ns = bare_forks(order.count);
    } else if (descriptors.size() == 2) {
      answer.pid = clone_sibling();
      if (answer.pid == 0) {
        close(channel);
        if (!settle(order, descriptors)) _exit(1);
        close(descriptors[1]);
        return serve_branch(descriptors[0], *policy) ? 0 : 1;
      }
      answer.status = answer.pid < 0 ? errno : 0;
    }
    for (const int fd : descriptors) close(fd);
    reporter.send(answer);
  }
}

// 0: the arguments, 1: the environment of this process's run (empty: as it is), NUL after each.
extern "C" __attribute__((visibility("default"))) const char* laconic_argument(int which, std::size_t* size) {
  const std::string& text = which == 0 ? laconic::sandbox::run_arguments : laconic::sandbox::run_environment;
  *size = text.size();
  return text.data();
}
