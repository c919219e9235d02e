// The verifier role: answers VerifyLeases. Keeps no state but the verifiers it has made.
//
// Configure: {} (what to run stands in each lease). A lease for an unknown verifier is answered by
// kFailure (not fatal).
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "verifiers/verifier.h"
#include "wire/protocol.h"

namespace laconic::wire { class Context; }

namespace laconic::verifiers {

// Serves until kStop, or until the hub has been silent for a minute (then throws Error).
void serve(wire::Context& context, const std::string& endpoint, const std::string& identity);

// One judgement per item, in order. Items that the lease's deadline (from this call on) does not
// leave time for become infra_error and are leased again; `between` is called before each item. A
// verifier that hangs inside an item is ended from outside: the role falls silent, its lease
// expires and the supervisor restarts it.
wire::VerifyResult judge_lease(const wire::VerifyLease& lease, const Verifier& verifier, const Clock& clock,
                               const std::function<void()>& between);

}  // namespace laconic::verifiers
