#include "verifiers/math/algebra_client.h"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <vector>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "verifiers/math/algebra/protocol.h"

extern char** environ;

namespace laconic::verifiers::math {
namespace {

// One helper process and our end of its socket.
class Helper {
 public:
  ~Helper() { stop(); }
  Helper() = default;
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  // nullopt: it is dead, silent or speaks nonsense, and was ended.
  std::optional<AlgebraAnswer> ask(const std::string& executable, std::string_view request, double seconds) {
    if (pid_ < 0 && !start(executable)) return std::nullopt;
    if (send_all(request)) {
      char reply[sizeof(algebra_reply)];
      if (receive_all(reply, sizeof reply, seconds)) {
        if (auto answer = read_algebra_reply({reply, sizeof reply})) return answer;
      }
    }
    stop();
    return std::nullopt;
  }

 private:
  bool start(const std::string& executable) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);  // an interrupt from the terminal is not the helper's
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char* const arguments[] = {const_cast<char*>(executable.c_str()), nullptr};
    pid_t pid = -1;
    const int failed = posix_spawn(&pid, executable.c_str(), &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failed) {
      close(ends[0]);
      return false;
    }
    pid_ = pid;
    socket_ = ends[0];
    return true;
  }

  void stop() {
    if (pid_ <= 1) return;  // never a group that is everyone
    close(socket_);
    kill(-pid_, SIGKILL);  // its group: the child of a comparison too
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    socket_ = -1;
  }

  bool send_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool receive_all(char* to, std::size_t size, double seconds) {
    const double deadline = Clock::system().now() + seconds;
    while (size > 0) {
      const double left = deadline - Clock::system().now();
      if (left <= 0) return false;
      pollfd wait{socket_, POLLIN, 0};
      const int ready = poll(&wait, 1, static_cast<int>(left * 1000) + 1);
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) return false;
      const ssize_t n = recv(socket_, to, size, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      to += n;
      size -= static_cast<std::size_t>(n);
    }
    return true;
  }

  pid_t pid_ = -1;
  int socket_ = -1;
};

std::string find_helper() {
  if (const char* named = std::getenv("LACONIC_ALGEBRA")) return named;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const auto beside = self.parent_path() / "laconic-algebra";
  return access(beside.c_str(), X_OK) == 0 ? beside.string() : std::string();
}

struct ReplyRow {
  std::uint32_t result;
  AlgebraAnswer::Kind of_comparison, of_gold, of_prediction;
  const char* detail;
};
using Kind = AlgebraAnswer::Kind;
// What a result means in each phase. The backstops and crashes are faults wherever they happen.
constexpr ReplyRow kReplies[] = {
    {ALGEBRA_EQUAL, Kind::kEqual, Kind::kFault, Kind::kFault, ""},
    {ALGEBRA_DIFFERENT, Kind::kDifferent, Kind::kFault, Kind::kFault, ""},
    {ALGEBRA_UNKNOWN, Kind::kUnknown, Kind::kUnknown, Kind::kUnknown, "no proof either way"},
    {ALGEBRA_OVER_BUDGET, Kind::kUnknown, Kind::kGoldBad, Kind::kPredictionBad, "over the budget of exact algebra"},
    {ALGEBRA_NO_VALUE, Kind::kUnknown, Kind::kGoldBad, Kind::kPredictionBad, "no finite value"},
    {ALGEBRA_ABORTED, Kind::kUnknown, Kind::kGoldBad, Kind::kPredictionBad, "exact algebra gave up"},
    {ALGEBRA_CRASHED, Kind::kFault, Kind::kFault, Kind::kFault, "laconic-algebra crashed"},
    {ALGEBRA_TIME, Kind::kFault, Kind::kFault, Kind::kFault, "laconic-algebra hit the clock's backstop"},
    {ALGEBRA_MEMORY, Kind::kFault, Kind::kFault, Kind::kFault, "laconic-algebra had no memory"},
    {ALGEBRA_MALFORMED, Kind::kFault, Kind::kFault, Kind::kFault, "laconic-algebra refused the request"},
};

}  // namespace

std::optional<AlgebraAnswer> read_algebra_reply(std::string_view bytes) {
  algebra_reply reply;
  if (bytes.size() != sizeof reply) return std::nullopt;
  std::memcpy(&reply, bytes.data(), sizeof reply);
  if (reply.magic != ALGEBRA_MAGIC || reply.phase > ALGEBRA_COMPARISON) return std::nullopt;
  for (const ReplyRow& row : kReplies) {
    if (row.result != reply.result) continue;
    const Kind kind = reply.phase == ALGEBRA_GOLD ? row.of_gold : reply.phase == ALGEBRA_PREDICTION ? row.of_prediction : row.of_comparison;
    if (reply.phase == 0 && kind != Kind::kFault) return std::nullopt;  // decided before it began
    return AlgebraAnswer{kind, row.detail, reply.allocations, reply.bytes, reply.cpu_us};
  }
  return std::nullopt;
}

struct AlgebraClient::Pool {
  std::mutex mutex;
  std::condition_variable freed;
  std::vector<std::unique_ptr<Helper>> idle;
};

AlgebraClient::AlgebraClient(std::string executable, int helpers, double backstop_seconds)
    : executable_(std::move(executable)), backstop_seconds_(backstop_seconds), pool_(std::make_unique<Pool>()) {
  for (int i = 0; i < helpers; ++i) pool_->idle.push_back(std::make_unique<Helper>());
}

AlgebraClient::~AlgebraClient() = default;

AlgebraAnswer AlgebraClient::compare(std::string_view gold, std::string_view prediction) {
  if (!available()) return {Kind::kAbsent, "laconic-algebra is not there"};
  const auto first = static_cast<std::uint32_t>(gold.size());
  const auto length = static_cast<std::uint32_t>(sizeof first + gold.size() + prediction.size());
  if (length > ALGEBRA_MAX_REQUEST) return {Kind::kUnknown, "too large for exact algebra"};
  std::string request;
  request.append(reinterpret_cast<const char*>(&length), sizeof length).append(reinterpret_cast<const char*>(&first), sizeof first);
  request.append(gold).append(prediction);

  std::unique_ptr<Helper> helper;
  {
    std::unique_lock lock(pool_->mutex);
    pool_->freed.wait(lock, [&] { return !pool_->idle.empty(); });  // each holder is bounded by its own deadline
    helper = std::move(pool_->idle.back());
    pool_->idle.pop_back();
  }
  AlgebraAnswer answer{Kind::kFault, "laconic-algebra (" + executable_ + ") does not start, died or was silent"};
  for (int attempt = 0; attempt < 2 && answer.kind == Kind::kFault; ++attempt) {
    if (auto found = helper->ask(executable_, request, backstop_seconds_)) answer = std::move(*found);
  }
  {
    const std::lock_guard lock(pool_->mutex);
    pool_->idle.push_back(std::move(helper));
  }
  pool_->freed.notify_one();
  return answer;
}

AlgebraClient& AlgebraClient::shared() {
  static AlgebraClient client(find_helper());
  return client;
}

}  // namespace laconic::verifiers::math
