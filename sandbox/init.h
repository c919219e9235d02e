// The first process of a run's pid namespace: furnishes the box, starts the program (or lets the warm
// interpreter's child join), reaps orphans, and takes everything with it when it ends.
#pragma once

#include "sandbox/inside.h"

namespace laconic::sandbox {

struct Identity {
  unsigned user = 0, group = 0;  // outside
};

// `descriptors` as of Request, launcher → keeper. The calling process was just cloned into fresh namespaces.
[[noreturn]] void run_init(const Request& request, const std::vector<int>& descriptors, const Identity& identity, const Reporter& reporter,
                           const Policy& policy);

}  // namespace laconic::sandbox
