#include "wire/worker_loop.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "wire/protocol.h"

namespace laconic::wire {

Link::Link(RoleSocket& socket, const Clock& clock, LoopLimits limits)
    : socket_(socket), clock_(clock), limits_(limits), since_(clock.unix_time()) {}

void Link::send(const Message& message) { socket_.send(message); }

void Link::fail(std::uint64_t id, const Error& error, bool fatal) {
  const nlohmann::json body = {{"what", error.message()}, {"where", error.where()}, {"next", error.next()}, {"fatal", fatal}};
  // What an exception says may hold any byte; it must not stop the report of the failure.
  send({Kind::kFailure, id, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), {}});
}

void Link::set_state(std::string state, std::string waiting_for) {
  if (state == state_ && waiting_for == waiting_for_) return;
  state_ = std::move(state);
  waiting_for_ = std::move(waiting_for);
  since_ = clock_.unix_time();
}

void Link::announce(std::string state) {
  set_state(std::move(state));
  last_heartbeat_ = -1e18;
  pulse();
}

void Link::pulse() {
  if (clock_.now() - last_heartbeat_ < limits_.heartbeat_seconds) return;
  last_heartbeat_ = clock_.now();
  const nlohmann::json body = {{"state", state_}, {"waiting_for", waiting_for_}, {"since", since_}, {"malformed", socket_.malformed()}};
  send({Kind::kHeartbeat, 0, body.dump(), {}});
}

namespace {

std::int32_t index_of(const std::string& identity) {
  const std::size_t dash = identity.rfind('-');
  const std::string digits = dash == std::string::npos ? "" : identity.substr(dash + 1);
  if (digits.empty() || digits.size() > 6 || digits.find_first_not_of("0123456789") != std::string::npos)
    throw Error("`" + identity + "` is not a role's identity", "", "an identity reads ROLE-INDEX, such as rollout-0");
  return std::stoi(digits);
}

class Loop {
 public:
  Loop(Context& context, const std::string& endpoint, const std::string& identity, RoleHandler& handler, LoopLimits limits, const Clock& clock)
      : endpoint_(endpoint), identity_(identity), socket_(context, endpoint, identity), link_(socket_, clock, limits),
        handler_(handler), limits_(limits), clock_(clock), heard_(clock.now()) {}

  void serve(const Hello& hello) {
    link_.send(encode_hello(hello));
    bool more = false;
    while (true) {
      link_.pulse();
      auto message = socket_.receive(more ? 0 : limits_.heartbeat_seconds / 2);
      if (message) {
        heard_ = clock_.now();
        if (message->kind == Kind::kStop) return;
        dispatch(std::move(*message));
        more = configured_;  // look for work before the next wait
        continue;
      }
      if (clock_.now() - heard_ > limits_.silence_seconds)
        throw Error("nothing heard from the hub for " + human_seconds(limits_.silence_seconds) + " at `" + endpoint_ + "`", identity_,
                    "if the run is over this is harmless; else see its log and `laconic train --resume`");
      if (configured_) more = busy([&] { return handler_.work(link_); });
    }
  }

 private:
  void dispatch(Message&& message) {
    if (message.kind == Kind::kHeartbeat) return;
    const std::uint64_t id = message.id;
    if (message.kind == Kind::kConfigure) return configure(message);
    if (!configured_) return link_.fail(id, Error("a " + std::string(name_of(message.kind)) + " came before the configuration", identity_));
    busy([&] {
      try {
        handler_.handle(std::move(message), link_);
      } catch (const Error& error) {
        link_.fail(id, error);
      }
      return true;
    });
  }

  void configure(const Message& message) {
    if (configured_) return link_.fail(message.id, Error("configured twice", identity_));
    busy([&] {
      link_.send({Kind::kReady, message.id, handler_.configure(message, link_), {}});
      return true;
    });
    configured_ = true;
    link_.set_state("idle", "hub");
  }

  // Runs the handler's code. What it throws is told to the hub and ends the role; time spent in it
  // is not the hub's silence.
  template <class Call>
  bool busy(Call&& call) {
    const double begun = clock_.now();
    try {
      const bool more = call();
      heard_ += std::max(0.0, clock_.now() - begun);
      return more;
    } catch (const Error& error) {
      link_.fail(0, error, true);
      throw;
    } catch (const std::exception& error) {
      link_.fail(0, Error(error.what(), identity_), true);
      throw;
    }
  }

  std::string endpoint_, identity_;
  RoleSocket socket_;
  Link link_;
  RoleHandler& handler_;
  LoopLimits limits_;
  const Clock& clock_;
  double heard_;  // when the hub last spoke, plus the time spent in the handler since
  bool configured_ = false;
};

}  // namespace

void run_role(Context& context, const std::string& endpoint, const std::string& identity, const std::string& role,
              RoleHandler& handler, LoopLimits limits, const Clock& clock) {
  const Hello hello{role, index_of(identity), ::getpid()};
  Loop(context, endpoint, identity, handler, limits, clock).serve(hello);
}

}  // namespace laconic::wire
