// ZeroMQ behind two small classes: the hub's ROUTER and a role's DEALER. Nothing here waits without
// a deadline. Not thread-safe: one connection, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wire/message.h"

namespace laconic::wire {

// A ZeroMQ context; `inproc://` endpoints are visible within one context only.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct Incoming {
  std::string peer;  // the role's identity, "rollout-0"
  Message message;
};

class HubSocket {
 public:
  // Binds; throws Error when the endpoint is in use (naming it and what to do) or invalid.
  HubSocket(Context& context, const std::string& endpoint);
  ~HubSocket();
  // False when the peer is gone or its queue is full (the lease then expires and is issued again).
  bool send(const std::string& peer, const Message& message);
  // Nothing after the timeout or when a signal came. Malformed messages are dropped, counted and
  // reported by malformed(); never thrown. A heartbeat is answered at once (so that a role knows
  // the hub lives), then returned like any message.
  std::optional<Incoming> receive(double timeout_seconds);
  std::int64_t malformed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class RoleSocket {
 public:
  // Connects (the hub may come later); throws Error when the endpoint is invalid.
  RoleSocket(Context& context, const std::string& endpoint, const std::string& identity);
  ~RoleSocket();
  void send(const Message& message);  // throws Error when the hub takes nothing for 30 s
  std::optional<Message> receive(double timeout_seconds);  // as HubSocket's
  std::int64_t malformed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::wire
