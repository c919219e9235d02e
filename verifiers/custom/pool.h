// Keeps one process of a verifier at work and one warm spare, and gives each request its reply.
//
// One thread of its own starts, watches and ends the processes; run() may be called from any thread.
// Nothing depends on the order of replies. What goes wrong is said in the verdicts:
//   * a request whose process dies, breaks the protocol or is late is sent again, alone; the second
//     time it is an infra_error;
//   * a process that does not come to its hello twice in a row fails what waits for it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verifiers/custom/child.h"
#include "verifiers/custom/protocol.h"

namespace laconic::verifiers::custom {

struct PoolLimits {
  double start_seconds = 60;    // from start to hello
  double request_seconds = 20;  // from the first byte of a request to its reply
  int in_flight = 0;            // 0: what the hello says
  bool spare = true;
};

class Pool {
 public:
  using Start = std::function<std::unique_ptr<Child>()>;  // throws Error; called by the pool's thread only

  Pool(Start start, PoolLimits limits, Reasoning reasoning);  // starts nothing
  ~Pool();                                                    // ends the processes

  // One verdict per request, in order. Requests that `pace` leaves no time for become infra_error.
  std::vector<Verdict> run(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::verifiers::custom
