// The skeleton every role shares: connect, say hello, be configured, take work, stop. One thread;
// heartbeats leave from the poll loop, so a role that hangs falls silent and the hub sees it.
//
// Life: role → kHello; hub → kConfigure; role → kReady (or a fatal kFailure); then kWeights,
// kLease and kCancel in any order; kStop ends it. The hub's socket answers each heartbeat with a
// heartbeat, so a live hub is never silent for long.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "wire/connection.h"
#include "wire/message.h"

namespace laconic::wire {

struct LoopLimits {
  double heartbeat_seconds = 2;
  double silence_seconds = 60;  // nothing from the hub for so long (while listening) ends the role
};

// A handler's way to the hub. Valid during run_role only.
class Link {
 public:
  Link(RoleSocket& socket, const Clock& clock, LoopLimits limits);

  void send(const Message& message);
  void fail(std::uint64_t id, const Error& error, bool fatal = false);  // kFailure

  // What the heartbeat says: {state, waiting_for, since}; `since` (unix seconds) moves when either changes.
  void set_state(std::string state, std::string waiting_for = {});

  // The same, told at once: for work that may take long before it pulses.
  void announce(std::string state);

  // Sends a heartbeat when one is due. Work that may take longer than a few seconds between two
  // returns to the loop calls it in between (cheap: a clock read).
  void pulse();

 private:
  RoleSocket& socket_;
  const Clock& clock_;
  LoopLimits limits_;
  std::string state_ = "starting", waiting_for_ = "hub";
  double since_, last_heartbeat_ = -1e18;
};

class RoleHandler {
 public:
  virtual ~RoleHandler() = default;

  // kConfigure, once and first. Returns the JSON of kReady: {"weights": null} or more. An
  // exception is sent as a fatal kFailure and ends run_role with it.
  virtual std::string configure(const Message& message, Link& link) = 0;

  // kWeights, kLease, kCancel (and unknown kinds never arrive). An Error is answered by a kFailure
  // with the message's id that is not fatal; any other exception ends run_role.
  virtual void handle(Message&& message, Link& link) = 0;

  // A piece of work between two looks at the socket. True: there is more, come back without
  // waiting. An exception ends run_role (as a fatal kFailure).
  virtual bool work(Link&) { return false; }
};

// Serves until kStop. `identity` is the role's name and index: "rollout-0". Throws Error when the
// hub is silent for limits.silence_seconds, takes nothing for 30 s, or the handler fails for good.
void run_role(Context& context, const std::string& endpoint, const std::string& identity, const std::string& role,
              RoleHandler& handler, LoopLimits limits = {}, const Clock& clock = Clock::system());

}  // namespace laconic::wire
