// For benchmarks: what a run of the warm interpreter is compared with.
#pragma once

#include "sandbox/sandbox.h"

namespace laconic::sandbox {

// Seconds that the sandbox's warm interpreter takes to fork `count` times, each child ending at once and
// waited for before the next. Starts it if need be. Throws Error.
double bare_fork_seconds(Sandbox& sandbox, int count);

}  // namespace laconic::sandbox
