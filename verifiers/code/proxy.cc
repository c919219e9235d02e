#include "verifiers/code/proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"

namespace laconic::verifiers::code {
namespace {

constexpr double kGlance = 0.5;        // s between looks at out_of_time
constexpr std::size_t kHead = 4;

enum class Io { kDone, kEnded, kLate, kOutOfTime, kTooLong };

// One of the two sides, with what it may still take of our time.
class Side {
 public:
  Side(int fd, double seconds, const RelayRules& rules) : fd_(fd), seconds_(seconds), rules_(rules) {}

  double seconds_left() const { return seconds_; }

  Io send(const std::string& body) {
    std::string frame;
    for (std::size_t i = 0; i < kHead; ++i) frame += static_cast<char>(body.size() >> (8 * i));
    frame += body;
    for (std::size_t done = 0; done < frame.size();) {
      const ssize_t n = ::send(fd_, frame.data() + done, frame.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) {
        done += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (const Io io = wait(POLLOUT); io != Io::kDone) return io;
      } else if (errno != EINTR) {
        return Io::kEnded;
      }
    }
    return Io::kDone;
  }

  Io receive(std::string& body) {
    unsigned char head[kHead];
    if (const Io io = exactly(reinterpret_cast<char*>(head), kHead); io != Io::kDone) return io;
    std::size_t size = 0;
    for (std::size_t i = 0; i < kHead; ++i) size |= static_cast<std::size_t>(head[i]) << (8 * i);
    if (size > rules_.limits.frame_bytes) return Io::kTooLong;
    body.resize(size);
    return exactly(body.data(), size);
  }

  Io receive_byte() {
    char byte;
    return exactly(&byte, 1);
  }

  // Something stands in the pipe that nobody asked for.
  bool spoke_unasked() const {
    char byte;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }

 private:
  Io exactly(char* to, std::size_t size) {
    while (size > 0) {
      const ssize_t n = ::recv(fd_, to, size, MSG_DONTWAIT);
      if (n > 0) {
        to += n;
        size -= static_cast<std::size_t>(n);
      } else if (n == 0) {
        return Io::kEnded;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (const Io io = wait(POLLIN); io != Io::kDone) return io;
      } else if (errno != EINTR) {
        return Io::kEnded;
      }
    }
    return Io::kDone;
  }

  Io wait(short events) {
    const double start = Clock::system().now();
    while (true) {
      if (rules_.out_of_time && rules_.out_of_time()) return Io::kOutOfTime;
      const double left = seconds_ - (Clock::system().now() - start);
      if (left <= 0) {
        seconds_ = 0;
        return Io::kLate;
      }
      pollfd poll_fd{fd_, events, 0};
      if (::poll(&poll_fd, 1, static_cast<int>(std::min(left, kGlance) * 1000) + 1) > 0) break;
    }
    seconds_ -= Clock::system().now() - start;
    return Io::kDone;
  }

  int fd_;
  double seconds_;
  const RelayRules& rules_;
};

using End = Conversation::End;

class Relay {
 public:
  Relay(const ProxyChannel& trusted, const ProxyChannel& answer, const RelayRules& rules)
      : rules_(rules), trusted_(trusted.ours(), rules.trusted_seconds, rules), answer_(answer.ours(), rules.answer_seconds, rules) {}

  Conversation run() {
    if (!hear_answer(0)) return talk_;
    while (one_call()) {
    }
    return talk_;
  }

 private:
  bool one_call() {
    std::string body;
    if (const Io io = trusted_.receive(body); io != Io::kDone)
      return end(io == Io::kOutOfTime ? End::kOutOfTime : io == Io::kTooLong ? End::kTrustedMalformed : End::kTrustedDone,
                 io == Io::kTooLong ? "a request over the size limit" : "");
    const RequestFrame request = read_request(body, rules_.limits);
    if (!request.problem.empty()) return end(End::kTrustedMalformed, request.problem);
    if (std::find(rules_.entries.begin(), rules_.entries.end(), request.function) == rules_.entries.end())
      return end(End::kTrustedMalformed, "a call of " + request.function);
    talk_.function = request.function;
    talk_.raised.clear();
    if (answer_.spoke_unasked()) return end(End::kAnswerMalformed, "it said something without being asked");
    if (const Io io = answer_.send(request.canonical); io != Io::kDone) return answer_failed(io);
    if (!hear_answer(request.number)) return false;
    const Io io = trusted_.send(reply_);
    if (io != Io::kDone) return end(io == Io::kOutOfTime ? End::kOutOfTime : End::kTrustedDone, "");
    ++talk_.answered;
    return true;
  }

  // The reply to request `number` (0: the first word) goes to reply_.
  bool hear_answer(long long number) {
    std::string body;
    if (const Io io = answer_.receive(body); io != Io::kDone) return answer_failed(io);
    ReplyFrame reply = read_reply(body, rules_.limits);
    if (!reply.problem.empty()) return end(End::kAnswerMalformed, reply.problem);
    if (reply.number != number) return end(End::kAnswerMalformed, "a reply that nobody asked for");
    if (reply.kind == ReplyFrame::Kind::kOpaque) return end(End::kAnswerOpaque, reply.message);
    if (reply.kind == ReplyFrame::Kind::kBroken) {
      talk_.error_type = reply.name;
      return end(End::kAnswerBroken, reply.name + ": " + reply.message);
    }
    if (reply.kind == ReplyFrame::Kind::kRaised) talk_.raised = reply.name + ": " + reply.message;
    reply_ = std::move(reply.canonical);
    return true;
  }

  bool answer_failed(Io io) {
    switch (io) {
      case Io::kLate: return end(End::kAnswerLate, "");
      case Io::kOutOfTime: return end(End::kOutOfTime, "");
      case Io::kTooLong: return end(End::kAnswerMalformed, "a frame over the size limit");
      default: return end(End::kAnswerEnded, "");
    }
  }

  bool end(End how, std::string detail) {
    talk_.end = how;
    talk_.detail = std::move(detail);
    return false;
  }

  const RelayRules& rules_;
  Side trusted_, answer_;
  Conversation talk_;
  std::string reply_;
};

}  // namespace

ProxyChannel::ProxyChannel() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    throw Error(std::string("no socket pair for a test program: ") + std::strerror(errno), {}, "ulimit -n 4096");
  ours_ = pair[0];
  theirs_ = pair[1];
}

ProxyChannel::~ProxyChannel() {
  close_theirs();
  if (ours_ >= 0) ::close(ours_);
}

void ProxyChannel::close_theirs() {
  if (theirs_ >= 0) ::close(theirs_);
  theirs_ = -1;
}

void ProxyChannel::hang_up() { ::shutdown(ours_, SHUT_WR); }

Conversation relay(const ProxyChannel& trusted, const ProxyChannel& answer, const RelayRules& rules) {
  return Relay(trusted, answer, rules).run();
}

Farewell farewell(const ProxyChannel& answer, double seconds) {
  RelayRules rules;
  Side side(answer.ours(), seconds, rules);
  const Io io = side.receive_byte();
  return io == Io::kEnded ? Farewell::kClean : io == Io::kDone ? Farewell::kSpoke : Farewell::kLate;
}

}  // namespace laconic::verifiers::code
