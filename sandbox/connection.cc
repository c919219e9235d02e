#include "sandbox/connection.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/frame.h"
#include "sandbox/kill_one.h"

namespace laconic::sandbox {
namespace {

constexpr const char* kName = "laconic-sandbox";
constexpr int kControl = 3;              // of the launcher
constexpr int kGreetingMs = 60'000, kEndMs = 20'000;

// Nothing of our environment but what a build with sanitizers needs: it may hold keys.
std::vector<std::string> launcher_environment() {
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(const std::string& path, std::vector<std::string> arguments, int control) {
  std::vector<std::string> environment = launcher_environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, control, kControl);
  // A session of its own: an interrupt from the terminal is for us, who end it in order. And no signal that
  // we block or ignore: answers would inherit that.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, path.c_str(), &actions, &attributes, pointers(arguments).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Error("cannot start " + path + ": " + std::strerror(error), "sandbox");
  return pid;
}

std::string wanted_level(std::string level) {
  if (const char* forced = std::getenv("LACONIC_SANDBOX_LEVEL"); forced && *forced) level = forced;
  if (!level.empty() && level != "A" && level != "B") throw Error("there is no sandbox level `" + level + "`", "sandbox", "A or B; unset for the best there is");
  return level;
}

struct Launched {
  pid_t pid = -1;
  int control = -1;
  std::string greeting;  // the level and notes; empty: it ended or kept silent
};

Launched launch(const Options& options, const std::string& level) {
  const std::string path = launcher_path();
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  std::vector<std::string> arguments = {"sandbox", "--level", level};
  for (const std::string& word : options.python) arguments.insert(arguments.end(), {"--python", word});
  for (const std::string& module : options.python_imports) arguments.insert(arguments.end(), {"--import", module});
  Launched launched;
  launched.control = pair[0];
  try {
    launched.pid = spawn(path, std::move(arguments), pair[1]);
  } catch (...) {
    close(pair[0]);
    close(pair[1]);
    throw;
  }
  close(pair[1]);
  char buffer[8192];
  std::vector<int> none;
  pollfd entry{launched.control, POLLIN, 0};
  const long size = poll(&entry, 1, kGreetingMs) == 1 ? receive_message(launched.control, buffer, sizeof buffer, none) : -1;
  if (size > 0) launched.greeting.assign(buffer, size);
  return launched;
}

// The launcher ends when its control socket does.
void end(pid_t pid, int control) {
  close(control);
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd entry{handle, POLLIN, 0};
  if (handle < 0 || poll(&entry, 1, kEndMs) != 1) kill_one(pid);
  if (handle >= 0) close(handle);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
}

}  // namespace

std::string launcher_path() {
  if (const char* named = std::getenv("LACONIC_SANDBOX"); named && *named) return named;
  fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string beside = folder;
  for (int up = 0; up < 4; ++up, folder = folder.parent_path())
    if (access((folder / kName).c_str(), X_OK) == 0) return folder / kName;
  throw Error(std::string(kName) + " is not in " + beside, "sandbox", "build it, or name it: LACONIC_SANDBOX=/path/to/laconic-sandbox");
}

Connection::Connection(Options options) : options_(std::move(options)) {}

Connection::~Connection() {
  const std::lock_guard lock(mutex_);
  stop();
}

void Connection::start() {
  if (control_ >= 0) return;
  const std::string level = wanted_level(options_.level);
  const Launched launched = launch(options_, level);
  pid_ = launched.pid;
  control_ = launched.control;
  ++number_;
  level_ = launched.greeting.empty() ? '-' : launched.greeting[0];
  if (level_ == 'A' || level_ == 'B') return;
  stop();
  const std::string reason = launched.greeting.size() > 2 ? launched.greeting.substr(2) : "its launcher ended at once";
  throw Error("this machine offers no sandbox" + (level.empty() ? "" : " of level " + level) + ":\n" + reason, "sandbox", "laconic doctor");
}

void Connection::stop() {
  if (control_ >= 0) end(pid_, control_);
  control_ = pid_ = -1;
}

char Connection::level() {
  const std::lock_guard lock(mutex_);
  start();
  return level_;
}

int Connection::send(const std::string& frame, const std::vector<int>& descriptors) {
  const std::lock_guard lock(mutex_);
  for (int attempt = 0;; ++attempt) {
    start();
    if (send_message(control_, frame, descriptors.data(), descriptors.size())) return number_;
    if (attempt == 1 || (errno != EPIPE && errno != ECONNRESET && errno != ENOTCONN))
      throw Error(std::string("the sandbox launcher takes no request: ") + std::strerror(errno), "sandbox");
    stop();  // it died since the last run
  }
}

void Connection::give_up(int launcher, bool silent) {
  const std::lock_guard lock(mutex_);
  if (launcher != number_ || control_ < 0) return;  // another run has seen to it
  if (silent) kill_one(pid_);
  stop();
}

Capabilities probe() {
  Capabilities found;
  try {
    const Launched launched = launch({}, wanted_level(""));
    end(launched.pid, launched.control);
    const std::string& text = launched.greeting;
    if (!text.empty()) found.level = text[0];
    for (std::size_t at = text.find('\n'); at != std::string::npos;) {
      const std::size_t next = text.find('\n', at + 1);
      found.notes.push_back(text.substr(at + 1, next - at - 1));
      at = next;
    }
  } catch (const Error& error) {
    found.notes.push_back(error.message() + (error.next().empty() ? "" : ": " + error.next()));
  }
  return found;
}

}  // namespace laconic::sandbox
