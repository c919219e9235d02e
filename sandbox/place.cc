#include "sandbox/place.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/keeper.h"
#include "sandbox/kill_one.h"

namespace laconic::sandbox {
namespace {

constexpr long kPlacesPerLauncher = 1024, kLaunchers = 65536;
constexpr long kFirstUser = 2'000'000'000;  // above what people, services and containers are given

void end_process(pid_t pid) {
  if (pid <= 0) return;
  kill_one(pid);
  while (waitpid(pid, nullptr, __WALL) < 0 && errno == EINTR) {}
}

}  // namespace

// Each launcher has a range of its own, so that two on one machine share no user.
long first_user() {
  if (geteuid() != 0) return -1;
  std::ifstream map("/proc/self/uid_map");
  const long offset = (getpid() % kLaunchers) * kPlacesPerLauncher;
  long best = -1;
  for (long inside, outside, count; map >> inside >> outside >> count;) {
    if (inside <= kFirstUser && kFirstUser + kPlacesPerLauncher * kLaunchers <= inside + count) return kFirstUser + offset;
    if (count > 2 * kPlacesPerLauncher) best = inside + count - 2 * kPlacesPerLauncher;  // in a container: the end of its range
  }
  return best;
}

Place::~Place() {
  if (channel >= 0) close(channel);
  if (python_channel >= 0) close(python_channel);
  end_process(python);
  end_process(keeper);
}

std::unique_ptr<Place> make_place(int index, long user, const Policy& policy, GroupMaker* groups) {
  auto place = std::make_unique<Place>();
  place->index = index;
  place->user = user < 0 ? -1 : user + index % kPlacesPerLauncher;
  if (groups) place->group = groups->make(std::to_string(index));
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  const int on = 1;  // a keeper's word is told from init's, and init is known by its own, should the keeper die
  if (setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) throw Error(std::string("SO_PASSCRED: ") + std::strerror(errno), "sandbox");
  const pid_t launcher = getpid();
  place->keeper = fork();
  if (place->keeper == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    constexpr int kChannel = 3;
    if (dup2(pair[1], kChannel) != kChannel) _exit(1);
    syscall(SYS_close_range, kChannel + 1, ~0u, 0);
    char go = 0;
    if (read(kChannel, &go, 1) != 1) _exit(1);  // in its group by then
    keep(kChannel, launcher, place->user, policy);
  }
  close(pair[1]);
  place->channel = pair[0];
  if (place->keeper < 0) throw Error(std::string("fork: ") + std::strerror(errno), "sandbox");
  if (place->group) place->group->enter(place->keeper);
  if (!send_message(place->channel, "g", nullptr, 0)) throw Error("the keeper of a place died at once", "sandbox");
  return place;
}

}  // namespace laconic::sandbox
