// The rollout role: holds one weight version at a time, answers RolloutLeases with groups.
//
// Configure: {model: folder with config.json and tokenizer.json, threads, kv_mb, prefill_tokens, and
// optionally max_batch, spin (false: idle threads sleep at once)}.
// kWeights: finish all leases of the version held, load the file, answer kReady {weights: {stage,
// version}}. A lease for other weights than those held (its ticket's stage and its version), or
// that comes during the switch, is answered by kFailure (not fatal); so is one whose deadline
// passed, and it is forgotten. kCancel forgets a lease without an answer.
#pragma once

#include <string>

namespace laconic::wire { class Context; }

namespace laconic::rollout {

// Serves until kStop, or until the hub has been silent for a minute (then throws Error). One thread
// here; the kernel team has `threads` of kConfigure.
void serve(wire::Context& context, const std::string& endpoint, const std::string& identity);

}  // namespace laconic::rollout
