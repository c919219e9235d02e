// For benchmarks: what a run of the warm interpreter is compared with.
#pragma once

#include "sandbox/sandbox.h"

namespace laconic::sandbox {

// Seconds that the sandbox's warm interpreter takes for `count` times os.fork(), os._exit(0) in the child
// and os.waitpid(), one after the other. Starts it if need be. Throws Error.
double bare_fork_seconds(Sandbox& sandbox, int count);

}  // namespace laconic::sandbox
