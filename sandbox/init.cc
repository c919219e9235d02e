#include "sandbox/init.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <linux/mount.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/identity.h"

namespace laconic::sandbox {
namespace {

constexpr std::int64_t kPage = 4096;

// Index of the file that is argv[0] and executable: it is executed from its sealed file and not copied.
int program_file(const Request& request) {
  std::string_view name = request.argv[0];
  if (name.rfind("/box/", 0) == 0) name.remove_prefix(5);
  for (std::size_t i = 0; i < request.files.size(); ++i)
    if (request.files[i].executable && request.files[i].name == name) return static_cast<int>(i);
  return -1;
}

void mount_box(const Request& request, const Reporter& reporter) {
  std::int64_t bytes = request.limits.file_bytes, inodes = request.limits.files + 2;
  for (const Request::File& file : request.files) {
    bytes += (file.size / kPage + 1) * kPage;
    ++inodes;
  }
  char options[96];
  std::snprintf(options, sizeof options, "mode=0700,size=%lld,nr_inodes=%lld", static_cast<long long>(bytes), static_cast<long long>(inodes));
  reporter.need(mount("tmpfs", kBox, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0, "mount /box");
}

void mount_tree(const Request& request, const std::vector<int>& descriptors, const Reporter& reporter) {
  mount_box(request, reporter);
  reporter.need(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "subset=pid") == 0, "mount /proc");
  const std::size_t first = request.inside.size() + request.files.size();
  for (std::size_t i = 0; i < request.paths.size(); ++i)
    reporter.need(syscall(SYS_move_mount, descriptors[first + i], "", AT_FDCWD, request.paths[i].inside.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0,
                  "place a read-only path");
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  reporter.need(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) == 0, "make the root read-only");
}

void copy_files(const Request& request, const std::vector<int>& descriptors, const Reporter& reporter) {
  const int program = request.interpreter == Interpreter::kNone ? program_file(request) : -1;
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    if (static_cast<int>(i) == program) continue;
    const Request::File& file = request.files[i];
    const int out = open(file.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.executable ? 0755 : 0644);
    reporter.need(out >= 0, "create a file");
    off_t at = 0;
    while (at < file.size) reporter.need(sendfile(out, descriptors[request.inside.size() + i], &at, file.size - at) > 0, "copy a file");
    close(out);
  }
}

void raise_loopback(const Reporter& reporter) {
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  reporter.need(socket_fd >= 0 && ioctl(socket_fd, SIOCSIFFLAGS, &request) == 0, "raise the loopback interface");
  close(socket_fd);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

[[noreturn]] void run_program(const Request& request, const std::vector<int>& descriptors, const Reporter& outer, const Policy& policy) {
  const int program = program_file(request);
  const int file = program < 0 ? -1 : descriptors[request.inside.size() + program];
  std::vector<std::string> argument_texts = request.argv, environment_texts = environment_of(request);
  const std::vector<char*> arguments = pointers(argument_texts), environment = pointers(environment_texts);
  const Confined confined = confine(request, policy, {descriptors.begin(), descriptors.begin() + request.inside.size()}, outer, file);
  for (int attempt = 0;; ++attempt) {
    if (file >= 0) syscall(SYS_execveat, confined.keep, "", arguments.data(), environment.data(), AT_EMPTY_PATH);
    else execve(arguments[0], arguments.data(), environment.data());
    // Somebody just forked while the file was being sealed, and holds it for writing until it executes.
    if (errno != ETXTBSY || attempt == 50) break;
    const timespec pause{0, 2'000'000};
    nanosleep(&pause, nullptr);
  }
  confined.reporter.fail("execute", errno, file >= 0 || request.argv[0].rfind(kBox, 0) == 0 ? Notice::kNotRunnable : Notice::kFailed);
}

// What the launcher looks at from outside, and the namespaces that the warm interpreter's child joins.
void report_ready(const Request& request, char level, const Reporter& reporter) {
  std::vector<int> handed;
  const auto hand = [&](const char* path, int flags) {
    handed.push_back(open(path, flags | O_CLOEXEC));
    reporter.need(handed.back() >= 0, path);
  };
  hand("/proc", O_RDONLY | O_DIRECTORY);
  if (!request.collect.empty() || level != 'A') hand(kBox, O_RDONLY | O_DIRECTORY);
  if (request.interpreter == Interpreter::kPython)
    for (const char* name : kNamespaces) hand(name, O_RDONLY);
  Notice ready;
  ready.kind = Notice::kReady;
  ready.ns = cpu_ns();
  reporter.send(ready, handed);
  for (const int fd : handed) close(fd);
}

[[noreturn]] void reap(pid_t program, const Reporter& reporter) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == ECHILD) {
      siginfo_t info;
      sigwaitinfo(&child, &info);  // blocked in run_init(): an orphan's end waits here
    } else if (pid > 0 && pid == program) {
      Notice ended;
      ended.kind = Notice::kExited;
      ended.status = status;
      ended.at = clock_ns();
      reporter.send(ended);
      _exit(0);  // the kernel kills what is left
    }
  }
}

}  // namespace

void run_init(const Request& request, const std::vector<int>& descriptors, const Identity& identity, const Reporter& reporter,
              const Policy& policy) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (const char* step = write_identity_maps(identity.user, identity.group, kInnerId, kInnerId)) reporter.fail(step, errno);
  // First in line when memory runs out; the keeper is not.
  if (policy.level == 'A') reporter.need(write_text("/proc/self/oom_score_adj", "1000"), "oom_score_adj");
  mount_tree(request, descriptors, reporter);
  sethostname("box", 3);
  setdomainname("", 0);
  if (request.internet_sockets) raise_loopback(reporter);
  reporter.need(chdir(kBox) == 0, "chdir /box");
  umask(0);
  copy_files(request, descriptors, reporter);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // its memory and descriptors are out of the program's reach
  report_ready(request, policy.level, reporter);

  pid_t program = 0;
  if (request.interpreter == Interpreter::kNone) {
    program = fork();
    reporter.need(program >= 0, "fork");
    if (program == 0) run_program(request, descriptors, reporter, policy);
  }
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  syscall(SYS_close_range, 0, reporter.channel() - 1, 0);
  syscall(SYS_close_range, reporter.channel() + 1, ~0u, 0);
  reap(program, reporter);
}

}  // namespace laconic::sandbox
