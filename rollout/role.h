// The rollout role: holds one weight version at a time, answers RolloutLeases with groups.
//
// Configure: {model: folder with config.json and tokenizer, threads, kv_mb, prefill_tokens}.
// kWeights: finish all leases of the version held, load the file, answer kReady. A lease for a
// version other than the one held is answered by kFailure (not fatal).
#pragma once

#include <string>

namespace laconic::wire { class Context; }

namespace laconic::rollout {

// Serves until kStop, or until the hub has been silent for a minute (then throws Error).
void serve(wire::Context& context, const std::string& endpoint, const std::string& identity);

}  // namespace laconic::rollout
