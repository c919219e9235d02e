#include "sandbox/zygote.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/embedded.h"
#include "sandbox/inside.h"
#include "sandbox/kill_one.h"

namespace laconic::sandbox {
namespace {

constexpr int kChannel = 3, kLibrary = 4, kScript = 5, kPolicy = 6;  // of the interpreter
constexpr int kAnswerMs = 60'000;
constexpr rlim_t kStackRoom = rlim_t{16} << 30;  // kept free below the stack: a run's limit may be up to this

// In the child, up to exec.
[[noreturn]] void become_interpreter(std::vector<std::string> arguments, const int (&descriptors)[4]) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  int moved[4];
  for (int i = 0; i < 4; ++i) moved[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 16);
  for (int i = 0; i < 4; ++i)
    if (dup2(moved[i], kChannel + i) < 0) _exit(1);
  for (int number = 0; number <= 1; ++number) {
    const int null = open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY);
    if (null < 0 || (null != number && dup2(null, number) < 0)) _exit(1);
    if (null > 2) close(null);
  }
  syscall(SYS_close_range, kPolicy + 1, ~0u, 0);
  rlimit stack{};
  getrlimit(RLIMIT_STACK, &stack);
  stack.rlim_cur = stack.rlim_max == RLIM_INFINITY ? kStackRoom : std::min(kStackRoom, stack.rlim_max);
  setrlimit(RLIMIT_STACK, &stack);
  std::vector<char*> list;
  for (std::string& argument : arguments) list.push_back(argument.data());
  list.push_back(nullptr);
  std::vector<std::string> environment_texts = environment_of({});  // what most runs have
  std::vector<char*> environment;
  for (std::string& entry : environment_texts) environment.push_back(entry.data());
  environment.push_back(nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  execvpe(list[0], list.data(), environment.data());
  _exit(127);
}

}  // namespace

Zygote::~Zygote() { end(); }

void Zygote::end() {
  if (pid_ > 0) {
    kill_one(pid_);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
  }
  died();
}

std::vector<std::string> Zygote::folders() const {
  std::vector<std::string> found;
  if (command_.empty() || command_[0][0] != '/') return found;
  std::error_code ignored;
  for (const fs::path& program : {fs::path(command_[0]), fs::canonical(command_[0], ignored)}) {
    const std::string folder = program.parent_path().parent_path();  // …/bin/python3
    if (folder.size() <= 1 || folder.rfind("/usr", 0) == 0 || std::find(found.begin(), found.end(), folder) != found.end()) continue;
    found.push_back(folder);
  }
  return found;
}

void Zygote::died() {
  pid_ = -1;
  ready_ = false;
  if (channel_ >= 0) close(channel_);
  channel_ = -1;
}

void Zygote::start(const Policy& policy) {
  if (pid_ > 0) return;
  const auto library = SealedFile::of(zygote_library()), script = SealedFile::of(zygote_script()), rules = SealedFile::of(encode(policy));
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  std::vector<std::string> arguments = command_;
  const auto path = [](int fd) { return "/proc/self/fd/" + std::to_string(fd); };
  // Nothing of the host user's: no user site, no bytecode written.
  arguments.insert(arguments.end(), {"-s", "-B", path(kScript), path(kLibrary), std::to_string(kChannel), std::to_string(kPolicy)});
  arguments.insert(arguments.end(), imports_.begin(), imports_.end());
  pid_ = fork();
  if (pid_ == 0) become_interpreter(std::move(arguments), {pair[1], library->fd(), script->fd(), rules->fd()});
  close(pair[1]);
  channel_ = pair[0];
  if (pid_ < 0) throw Error(std::string("fork: ") + std::strerror(errno), "sandbox");
}

std::int64_t Zygote::exchange(const ZygoteOrder& order, const std::vector<int>& descriptors, std::int32_t* pid) {
  const auto answer = [&] {
    Notice notice;
    std::vector<int> none;
    pollfd entry{channel_, POLLIN, 0};
    if (poll(&entry, 1, kAnswerMs) != 1 || receive_message(channel_, reinterpret_cast<char*>(&notice), sizeof notice, none) != sizeof notice)
      throw Error("the warm interpreter `" + command_[0] + "` does not start or does not answer", "sandbox", "name a Python of version 3.8 or newer");
    return notice;
  };
  if (!ready_) answer();
  ready_ = true;
  if (!send_message(channel_, {reinterpret_cast<const char*>(&order), sizeof order}, descriptors.data(), descriptors.size()))
    throw Error(std::string("the warm interpreter takes no order: ") + std::strerror(errno), "sandbox");
  const Notice notice = answer();
  if (pid) {
    *pid = notice.pid;
    if (notice.pid <= 0) throw Error(std::string("the warm interpreter cannot fork: ") + std::strerror(notice.status), "sandbox");
  }
  return notice.ns;
}

pid_t Zygote::branch(const Policy& policy, long user, pid_t place_keeper, int& channel) {
  start(policy);
  const int space = open(("/proc/" + std::to_string(place_keeper) + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0) throw Error(std::string("the place's user namespace cannot be opened: ") + std::strerror(errno), "sandbox");
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    close(space);
    throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  }
  const int on = 1;  // a branch's word is told from its children's
  setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  ZygoteOrder order;
  order.user = user;
  order.launcher = getpid();
  std::int32_t pid = -1;
  try {
    exchange(order, {pair[1], space}, &pid);
  } catch (...) {
    for (const int fd : {space, pair[0], pair[1]}) close(fd);
    throw;
  }
  close(space);
  close(pair[1]);
  channel = pair[0];
  return pid;
}

double Zygote::bare_fork_seconds(const Policy& policy, int count) {
  start(policy);
  ZygoteOrder order;
  order.kind = ZygoteOrder::kMeasure;
  order.count = count;
  const std::int64_t ns = exchange(order, {}, nullptr);
  if (ns < 0) throw Error("the warm interpreter cannot fork", "sandbox");
  return static_cast<double>(ns) * 1e-9;
}

}  // namespace laconic::sandbox
