// laconic-sandbox: the launcher of untrusted programs.
//
// THEORY OF OPERATION
//
// What must hold. An answer's program reads nothing it was not given, changes nothing that outlives it,
// reaches nobody, takes no more than its limits, and is dead, with all it started, before its report is
// sent. What it is compared with is never here: the launcher receives program, input and limits.
//
// Processes. All are single-threaded and ours until the last line of this list.
//
//   client (any thread of Sandbox)        frames over one socket; its reply socket is the run's lease
//   └─ launcher (this process)            one poll loop over all runs; parent of everything below
//      ├─ keeper, one per place           in the place's cgroup, under the place's user, in a user and mount
//      │                                  namespace of its own that holds the read-only root; clones inits
//      ├─ init, one per run               pid 1 of fresh user, mount, pid, net, ipc, uts and cgroup namespaces
//      │  └─ program                      becomes the answer by execve
//      ├─ warm interpreter                imports done, holds no data, never runs an answer's code
//      ├─ its branch, one per place       a fork of it in the place's cgroup; clones the answer's process, which
//      └─ program (warm)                  joins the namespaces that an init made, and returns into the interpreter
//
// A run. (1) The request comes with its descriptors; a place is chosen or made. (2) The keeper clones init
// with CLONE_PARENT: born inside the cgroup (moving a process costs a millisecond, being born nothing) and a
// child of the launcher, who waits for it. (3) Init maps one unprivileged user, lays a private tmpfs (/box),
// a fresh minimal /proc, declared read-only paths, and copies the files. (4) The program's process is forked
// (or, warm, joins) and confines itself in this order: descriptors, rlimits (inside the user namespace:
// set before, RLIMIT_NPROC would count other runs), no_new_privs, Landlock, capabilities, seccomp. Then it is
// the answer. (5) When it ends, or a limit does, init ends, and with it, by the kernel's rule for a pid
// namespace, every process of the run. Only when wait(2) has given init back is the report made. No
// report waits for the end of a stream: a daemon may hold one, but no daemon is left.
//
// Whose word. Keeper, init and program speak over one socket of their place, in any order of arrival: the
// kernel's credentials tell them apart, init is known before the program exists, and a place serves no
// other run until its keeper (and branch) have said what they owe about this one. Killing is of one known
// process, never of a group.
//
// Users. Started as root, each place has an unprivileged user of its own (RLIMIT_NPROC does not bind uid 0);
// started as an ordinary user, the launcher enters a user namespace and all places run under that user.
// The keeper's user namespace stands between host and run, so that nothing below the launcher ever holds
// a capability of the host.
//
// Denied calls. The filter answers ENOSYS to what it does not know and USER_NOTIF to what only an attack
// asks for. The listener of that notification is sent to the launcher before the answer's first
// instruction. The call is suspended in the kernel; nobody inside holds the listener, can take it away
// (seccomp and prctl(PR_SET_SECCOMP) are among those calls), answer it or forge one without making such a call.
// Interrupting it by a signal still leaves the launcher woken. If the launcher is gone, the kernel answers
// ENOSYS. SIGSYS by SECCOMP_RET_KILL would show only in the process that called, perhaps a grandchild.
//
// Accounting. Level A: the place's cgroup: CPU time, peak, out-of-memory kills and refused forks of all
// processes, differences over the run. Level B, no cgroup to be had: the run's /proc is read every 8 ms
// (CPU time of processes that died unwaited is kept as last seen; memory is anonymous, shared and tmpfs
// pages), completed by the rusage of init, which inherits orphans. What would hold memory out of sight
// (memfd, System V IPC, shared anonymous maps, /dev/zero) is refused there. Below B nothing is offered.
//
// Death. The launcher ends when its control socket does, that is with the client, however it dies; keepers,
// inits and the warm interpreter ask the kernel for SIGKILL at the launcher's death; a keeper's or init's
// death from outside is a fault of the run, never a verdict.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/filter.h"
#include "sandbox/identity.h"
#include "sandbox/landlock.h"
#include "sandbox/launcher.h"

namespace laconic::sandbox {
namespace {

constexpr int kControl = 3;

struct Arguments {
  std::string level;
  bool probe = false, nothing = false;
  std::vector<std::string> python, imports;
};

// The best level there is, tried out; '-' when not even B. `notes`: what was found, one line each.
char establish(const Arguments& arguments, std::vector<std::string>& notes, std::unique_ptr<Launcher>& launcher) {
  Policy policy;
  policy.landlock = landlock_abi();
  notes.push_back(policy.landlock ? "Landlock version " + std::to_string(policy.landlock) : "no Landlock: Linux 5.13 or newer with lsm=…,landlock adds a second wall");
  if (geteuid() != 0) {
    enter_user_namespace(CLONE_NEWNS);
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw Error(std::string("mounts cannot be made private: ") + std::strerror(errno));
  } else if (first_user() < 0) {
    notes.push_back("root with no other user mapped: the process limit rests on the cgroup alone");
  }
  std::string reason;
  std::unique_ptr<GroupMaker> groups;
  if (arguments.level != "B") {
    groups = find_groups(reason);
    notes.push_back(groups ? groups->description() : reason);
  }
  for (const char level : {'A', 'B'}) {
    if (level == 'A' && !groups) continue;
    if (level == 'B' && arguments.level == "A") break;
    policy.level = level;
    policy.without_internet = make_filter(level == 'A', false);
    policy.with_internet = make_filter(level == 'A', true);
    launcher = std::make_unique<Launcher>(policy, level == 'A' ? std::move(groups) : nullptr, arguments.python, arguments.imports);
    const std::string problem = launcher->trial();
    if (problem.empty()) return level;
    notes.push_back(std::string("level ") + level + " does not work here: " + problem);
    launcher.reset();
  }
  return '-';
}

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&] { return i + 1 < words.size() ? words[++i] : std::string(); };
    if (words[i] == "--nothing") arguments.nothing = true;
    else if (words[i] == "--probe") arguments.probe = true;
    else if (words[i] == "--level") arguments.level = value();
    else if (words[i] == "--python") arguments.python.push_back(value());
    else if (words[i] == "--import") arguments.imports.push_back(value());
    else throw Error("unknown argument `" + words[i] + "`");
  }
  if (arguments.python.empty()) arguments.python = Options{}.python;
  return arguments;
}

int run(const Arguments& arguments) {
  if (arguments.nothing) return 0;
  const unsigned long by_default[4] = {};  // the two signals that the C library keeps to itself: posix_spawn cannot reset them
  for (const int number : {32, 33}) syscall(SYS_rt_sigaction, number, by_default, nullptr, 8);
  rlimit open_files{};  // a dozen for each run; answers get their own, lower one
  getrlimit(RLIMIT_NOFILE, &open_files);
  open_files.rlim_cur = open_files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &open_files);
  std::vector<std::string> notes;
  std::unique_ptr<Launcher> launcher;
  char level = '-';
  try {
    level = establish(arguments, notes, launcher);
  } catch (const Error& error) {
    notes.push_back(error.message());
  }
  std::string greeting(1, level);
  for (const std::string& note : notes) greeting += "\n" + note;
  if (arguments.probe) return std::puts(greeting.c_str()) < 0 ? 1 : 0;  // for people
  if (!send_message(kControl, greeting, nullptr, 0) || level == '-') return 1;
  if (!arguments.imports.empty()) launcher->warm_up();
  launcher->serve(kControl);
  return 0;
}

}  // namespace
}  // namespace laconic::sandbox

int main(int argc, char** argv) {
  try {
    const auto arguments = laconic::sandbox::parse({argv + 1, argv + argc});
    // A run sees its init's command line, which is a copy of this one.
    for (int i = 0; i < argc; ++i) std::memset(argv[i], 0, std::strlen(argv[i]));
    return laconic::sandbox::run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "laconic-sandbox: %s\n", error.what());
    return 1;
  }
}
