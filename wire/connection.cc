#include "wire/connection.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <zmq.hpp>

#include "base/clock.h"
#include "base/error.h"

namespace laconic::wire {
namespace {

constexpr int kQueuedMessages = 10000;   // per peer; leases in flight are bounded far below by credits
constexpr int kLingerMs = 2000;          // a closing socket tries so long to deliver what it was given
constexpr int kRoleSendMs = 30000;
constexpr int kProbeMs = 5000, kProbeTimeoutMs = 30000;  // ZMTP ping: notices a peer that froze or left
constexpr std::size_t kIpcPathBytes = 107;               // sizeof(sockaddr_un::sun_path) − 1

const std::string kIpc = "ipc://";

bool is_ipc(const std::string& endpoint) { return endpoint.rfind(kIpc, 0) == 0; }

void check_endpoint(const std::string& endpoint) {
  if (!is_ipc(endpoint)) return;
  const std::size_t bytes = endpoint.size() - kIpc.size();
  if (bytes > kIpcPathBytes)
    throw Error("socket path of " + std::to_string(bytes) + " bytes, the system allows " + std::to_string(kIpcPathBytes) + ": `" + endpoint + "`",
                "wire", "use a run folder with a shorter path, or a relative one");
}

Error endpoint_error(const std::string& action, const std::string& endpoint, int code) {
  std::string next = "check the endpoint";
  if (code == EADDRINUSE) next = "another run listens there; wait for it (`laconic runs list`), or choose another run name";
  if (code == ENOENT) next = "make its folder (`mkdir -p`) first";
  if (code == EACCES) next = "check the permissions of its folder";
  return Error("cannot " + action + " `" + endpoint + "`: " + zmq_strerror(code), "wire", next);
}

// libzmq unlinks an existing socket file before it binds, so a second hub would silently take the
// roles of the first: ask whether somebody listens.
bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const int rc = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool listens = rc == 0 || errno == EAGAIN;  // EAGAIN: its backlog is full
  ::close(fd);
  return listens;
}

void set_common_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, kLingerMs);
  socket.set(zmq::sockopt::sndhwm, kQueuedMessages);
  socket.set(zmq::sockopt::rcvhwm, kQueuedMessages);
  socket.set(zmq::sockopt::heartbeat_ivl, kProbeMs);
  socket.set(zmq::sockopt::heartbeat_timeout, kProbeTimeoutMs);
}

// The frames of one message, or none after the timeout or a signal.
std::optional<std::vector<std::string>> receive_frames(zmq::socket_t& socket, double timeout_seconds) {
  try {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    const auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(std::max(0.0, timeout_seconds) * 1000 + 0.5));
    if (zmq::poll(&item, 1, wait) == 0) return std::nullopt;
    std::vector<std::string> frames;
    zmq::message_t frame;
    do {
      if (!socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
      frames.push_back(frame.to_string());
    } while (frame.more());
    return frames;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw Error(std::string("cannot receive: ") + error.what(), "wire");
  }
}

// Receives until a well-formed message came (convert returns it) or the time is over.
template <class Result, class Convert>
std::optional<Result> receive_decoded(zmq::socket_t& socket, double timeout_seconds, std::int64_t& malformed, Convert&& convert) {
  const Clock& clock = Clock::system();
  const double deadline = clock.now() + timeout_seconds;
  while (true) {
    auto frames = receive_frames(socket, deadline - clock.now());
    if (!frames) return std::nullopt;
    try {
      return convert(std::move(*frames));
    } catch (const Error&) {
      ++malformed;
    }
    if (clock.now() > deadline) return std::nullopt;
  }
}

void send_frames(zmq::socket_t& socket, const std::vector<std::string>& frames, std::size_t first) {
  for (std::size_t i = first; i < frames.size(); ++i)
    socket.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

}  // namespace

struct Context::Impl {
  zmq::context_t zmq{1};
};
Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

struct HubSocket::Impl {
  zmq::socket_t socket;
  std::int64_t malformed = 0;
};

HubSocket::HubSocket(Context& context, const std::string& endpoint)
    : impl_(std::make_unique<Impl>(Impl{zmq::socket_t(context.impl().zmq, zmq::socket_type::router)})) {
  check_endpoint(endpoint);
  const bool has_file = is_ipc(endpoint) && endpoint.size() > kIpc.size() && endpoint[kIpc.size()] != '@';
  const std::string path = has_file ? endpoint.substr(kIpc.size()) : "";
  if (has_file && somebody_listens(path)) throw endpoint_error("listen on", endpoint, EADDRINUSE);
  zmq::socket_t& socket = impl_->socket;
  set_common_options(socket);
  socket.set(zmq::sockopt::sndtimeo, 0);
  socket.set(zmq::sockopt::router_mandatory, true);  // a send to nobody is an answer, not a loss
  socket.set(zmq::sockopt::router_handover, true);   // a restarted role takes its name over
  try {
    socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw endpoint_error("listen on", endpoint, error.num());
  }
  if (has_file) ::chmod(path.c_str(), 0600);  // who may connect may run work: this user only
}
HubSocket::~HubSocket() = default;

bool HubSocket::send(const std::string& peer, const Message& message) {
  const std::vector<std::string> frames = encode(message);
  try {
    if (!impl_->socket.send(zmq::buffer(peer), zmq::send_flags::sndmore)) return false;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return false;
    throw Error("cannot send to " + peer + ": " + error.what(), "wire");
  }
  send_frames(impl_->socket, frames, 0);
  return true;
}

std::optional<Incoming> HubSocket::receive(double timeout_seconds) {
  auto incoming = receive_decoded<Incoming>(impl_->socket, timeout_seconds, impl_->malformed, [](std::vector<std::string>&& frames) {
    std::string peer = std::move(frames.front());
    frames.erase(frames.begin());
    return Incoming{std::move(peer), decode(frames)};
  });
  if (incoming && incoming->message.kind == Kind::kHeartbeat) send(incoming->peer, Message{Kind::kHeartbeat});
  return incoming;
}

std::int64_t HubSocket::malformed() const { return impl_->malformed; }

struct RoleSocket::Impl {
  zmq::socket_t socket;
  std::string endpoint;
  std::int64_t malformed = 0;
};

RoleSocket::RoleSocket(Context& context, const std::string& endpoint, const std::string& identity)
    : impl_(std::make_unique<Impl>(Impl{zmq::socket_t(context.impl().zmq, zmq::socket_type::dealer), endpoint})) {
  check_endpoint(endpoint);
  zmq::socket_t& socket = impl_->socket;
  set_common_options(socket);
  socket.set(zmq::sockopt::sndtimeo, kRoleSendMs);
  try {
    socket.set(zmq::sockopt::routing_id, identity);
    socket.connect(endpoint);
  } catch (const zmq::error_t& error) {
    throw endpoint_error("connect to", endpoint, error.num());
  }
}
RoleSocket::~RoleSocket() = default;

void RoleSocket::send(const Message& message) {
  const std::vector<std::string> frames = encode(message);
  const Clock& clock = Clock::system();
  const double deadline = clock.now() + kRoleSendMs / 1000.0;
  while (true) {
    try {
      if (impl_->socket.send(zmq::buffer(frames[0]), zmq::send_flags::sndmore)) break;
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw Error(std::string("cannot send to the hub: ") + error.what(), impl_->endpoint);
    }
    if (clock.now() >= deadline)
      throw Error("the hub at `" + impl_->endpoint + "` took nothing for 30 s", "wire", "see the run's log; continue it with `laconic train --resume`");
  }
  send_frames(impl_->socket, frames, 1);
}

std::optional<Message> RoleSocket::receive(double timeout_seconds) {
  return receive_decoded<Message>(impl_->socket, timeout_seconds, impl_->malformed,
                                  [](std::vector<std::string>&& frames) { return decode(frames); });
}

std::int64_t RoleSocket::malformed() const { return impl_->malformed; }

}  // namespace laconic::wire
