// A keeper: the process of one place, from which its runs are cloned. It lives in the place's cgroup
// and under the place's user, so that a run is born there and nothing has to be moved; it holds the
// root that runs start from. It never runs code of an answer and knows one run at a time.
#pragma once

#include <sys/types.h>

#include "sandbox/inside.h"

namespace laconic::sandbox {

// The body of the keeper: serves `channel` until its other end is closed. `user`: user and group to
// become; -1: stays as it is. `launcher`: with whose death it dies.
[[noreturn]] void keep(int channel, pid_t launcher, long user, const Policy& policy);

// Becomes `user` (and group), with no other groups; dies with `launcher`. Throws Error.
void become(long user, pid_t launcher);

}  // namespace laconic::sandbox
