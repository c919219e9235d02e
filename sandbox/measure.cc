#include "sandbox/measure.h"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/connection.h"
#include "sandbox/frame.h"

namespace laconic::sandbox {

double bare_fork_seconds(Sandbox& sandbox, int count) {
  constexpr int kAnswerMs = 300'000;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  sandbox.connection().send(encode_measure(count), {pair[1]});
  close(pair[1]);
  char buffer[4096];
  std::vector<int> none;
  pollfd entry{pair[0], POLLIN, 0};
  const long size = poll(&entry, 1, kAnswerMs) == 1 ? receive_message(pair[0], buffer, sizeof buffer, none) : -1;
  close(pair[0]);
  const auto reply = size > 0 ? decode_reply({buffer, static_cast<std::size_t>(size)}) : std::nullopt;
  if (!reply || reply->report.end != End::kExited) throw Error("the warm interpreter was not measured: " + (reply ? reply->report.fault : "no answer"), "sandbox");
  return reply->report.wall_seconds;
}

}  // namespace laconic::sandbox
