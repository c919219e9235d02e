#include "sandbox/keeper.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/identity.h"
#include "sandbox/init.h"
#include "sandbox/root.h"

namespace laconic::sandbox {
namespace {

constexpr std::uint64_t kFresh = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// The run's init is a child of the launcher, which waits for it. With CLONE_PARENT the signal at its
// death is that of the keeper's own: SIGCHLD.
pid_t clone_init() {
  clone_args arguments{};
  arguments.flags = kFresh | CLONE_PARENT;
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

void place_mount_points(const Request& request, const std::vector<int>& descriptors) {
  const std::size_t first = request.inside.size() + request.files.size();
  for (std::size_t i = 0; i < request.paths.size(); ++i) {
    struct stat info {};
    if (fstat(descriptors[first + i], &info) != 0) throw Error("fstat " + request.paths[i].host + ": " + std::strerror(errno));
    make_mount_point(request.paths[i].inside, S_ISDIR(info.st_mode));
  }
}

void serve(std::string_view frame, const std::vector<int>& descriptors, const Reporter& reporter, const Policy& policy) {
  const std::int64_t before = cpu_ns();
  const auto request = decode_request(frame);
  if (!request || descriptors.size() != request->keeper_descriptors()) throw Error("a malformed request");
  place_mount_points(*request, descriptors);
  const Identity identity{geteuid(), getegid()};  // the child, until mapped, knows its own no more
  const pid_t pid = clone_init();
  if (pid == 0) run_init(*request, descriptors, identity, reporter, policy);
  if (pid < 0) throw Error(std::string("clone3: ") + std::strerror(errno));
  Notice notice;
  notice.kind = Notice::kCloned;
  notice.pid = pid;
  notice.ns = cpu_ns() - before;
  reporter.send(notice);
}

void tell(const Reporter& reporter, const Error& error) {
  Notice notice;
  notice.kind = Notice::kFailed;
  std::strncpy(notice.step, error.message().c_str(), sizeof notice.step - 1);
  reporter.send(notice);
}

}  // namespace

void become(long user, pid_t launcher) {
  const auto id = static_cast<uid_t>(user);
  if (user >= 0 && (setgroups(0, nullptr) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0))
    throw Error("cannot become user " + std::to_string(user) + ": " + std::strerror(errno));
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // after the change of user, which clears it
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);         // its /proc/self is its own again
  if (getppid() != launcher) _exit(1);
}

void keep(int channel, pid_t launcher, long user, const Policy& policy) {
  const Reporter reporter(channel);
  prctl(PR_SET_NAME, "keeper", 0, 0, 0);
  try {
    become(user, launcher);
    enter_user_namespace(CLONE_NEWNS);
    build_root(policy.level == 'A');
  } catch (const Error& error) {
    tell(reporter, error);
    _exit(1);
  }
  std::vector<int> descriptors;
  const auto buffer = std::make_unique<char[]>(kMaxFrame);
  for (;;) {
    const long size = receive_message(channel, buffer.get(), kMaxFrame, descriptors);
    if (size == 0) _exit(0);
    try {
      if (size < 0) throw Error(std::string("receive: ") + std::strerror(errno));
      serve({buffer.get(), static_cast<std::size_t>(size)}, descriptors, reporter, policy);
    } catch (const Error& error) {
      tell(reporter, error);
    }
    for (const int fd : descriptors) close(fd);
  }
}

}  // namespace laconic::sandbox
