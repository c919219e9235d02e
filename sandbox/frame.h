// What client, launcher, keepers and warm interpreter tell each other: length-prefixed binary records in
// one SOCK_SEQPACKET message each, descriptors beside them (SCM_RIGHTS). Integers are little-endian in
// memory. The parser trusts nothing: a malformed frame is nullopt, never a crash or a large allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sandbox.h"

namespace laconic::sandbox {

constexpr std::size_t kMaxFrame = 128 << 10;    // bytes; a socket's default buffer holds it
constexpr int kMaxDescriptors = 200;            // of one frame; the kernel allows 253
constexpr int kMaxInside = 64;                  // descriptor numbers inside are below

// client → launcher → keeper. Descriptors: client → launcher: the reply socket, then `inside` in order,
// then `files`. Launcher → keeper: `inside`, `files`, then one mount for each of `paths`.
struct Request {
  struct File {
    std::string name;
    std::int64_t size = 0;
    bool executable = false;
  };
  Interpreter interpreter = Interpreter::kNone;
  bool internet_sockets = false;
  std::vector<std::string> argv, environment, collect;
  std::vector<File> files;
  std::vector<ReadOnlyPath> paths;
  std::vector<int> inside;      // descriptor numbers the program gets; 0, 1, 2 that are missing are /dev/null
  Limits limits;                // wall_seconds already resolved
  double cpu_stop = 0;          // seconds after which the launcher ends the run: the limit, or more when not alone

  std::size_t client_descriptors() const { return 1 + inside.size() + files.size(); }
  std::size_t keeper_descriptors() const { return inside.size() + files.size() + paths.size(); }
};

// launcher → client, on the run's reply socket. kDone carries one descriptor per name in `collected`.
struct Reply {
  enum class Kind : std::uint8_t { kStarted, kDone };
  Kind kind = Kind::kDone;
  Report report;                       // without outputs and collected bytes
  std::vector<std::string> collected;  // names
};

// client → launcher: fork the warm interpreter `count` times for a measurement. Descriptor: the reply
// socket, which gets one Reply whose wall_seconds is the time.
std::string encode_measure(int count);
std::optional<int> decode_measure(std::string_view frame);

std::string encode(const Request& request);
std::optional<Request> decode_request(std::string_view frame);
std::string encode(const Reply& reply);
std::optional<Reply> decode_reply(std::string_view frame);

// keeper, init, program → launcher: fixed, from our own code only.
struct Notice {
  enum Kind : std::int32_t {
    kBranched = 0,  // branch of the warm interpreter: `pid` is the program's process; `ns`: CPU time it took
    kCloned = 1,   // keeper: `pid` is the run's init (as the launcher sees it); `ns`: CPU time it took
    kReady,        // init: the box stands; descriptors: proc, box (when files are to be collected)
    kStarted,      // program, its last step before the answer's code: descriptor: seccomp listener
    kExited,       // init: `status` of the program
    kFailed,       // anyone: could not do `step`, errno `status`
    kNotRunnable,  // program: the caller's executable is none, errno `status`
  };
  std::int32_t kind = kFailed, pid = 0, status = 0;
  std::int64_t ns = 0;       // kCloned, kReady, kStarted: CPU time of the sender so far
  std::int64_t at = 0;       // CLOCK_MONOTONIC, ns
  char step[64] = {};
};

// One message with descriptors. send: false with errno. receive: bytes, 0 at the end, -1 with errno;
// descriptors are close-on-exec and the caller's. `sender`: set to the process that sent it, as the kernel
// knows it, where the socket asks for that (SO_PASSCRED).
bool send_message(int socket, std::string_view bytes, const int* descriptors, std::size_t count, bool wait = true);
long receive_message(int socket, char* buffer, std::size_t room, std::vector<int>& descriptors, bool wait = true, int* sender = nullptr);

}  // namespace laconic::sandbox
