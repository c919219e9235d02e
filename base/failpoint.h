// Named points at which a process can be made to die, so that tests can kill a run exactly where it
// hurts. LACONIC_FAILPOINT="name[:count]" in the environment kills the process with SIGKILL when it
// reaches the point for the count-th time (1 when left out). Without it, a point costs one load.
//
// Points: hub.group_saved, hub.group_judged, hub.before_step_commit, hub.after_step_commit,
// hub.before_checkpoint_published, hub.after_checkpoint_published, learner.after_step,
// learner.during_checkpoint, rollout.before_result, verifier.before_result.
// A role that the supervisor starts again starts without the variable.
#pragma once

namespace laconic {

inline constexpr const char* kFailpointVariable = "LACONIC_FAILPOINT";

// Thread-safe.
void failpoint(const char* name);

}  // namespace laconic
