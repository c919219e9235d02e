// The verifier role: answers VerifyLeases. Keeps no state but the verifiers it has made.
//
// Configure: {"verifier": {every key of a VerifierSpec}}. A lease names one of the verifiers, by these
// settings; a lease for an unknown one is answered by kFailure (not fatal).
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

// One judgement per item, in order. `pulse` is called while the verifier works, so that the hub
// hears the role. A verifier that hangs without it is ended from outside: the role falls silent,
// its lease expires and the supervisor restarts it.
wire::VerifyResult judge_lease(const wire::VerifyLease& lease, const Verifier& verifier, const Clock& clock,
                               const std::function<void()>& pulse);

}  // namespace laconic::verifiers
