// An attack of the table as the spec of a run.
#pragma once

#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "tests/sandbox/attack_table.h"
#include "tests/sandbox/host_listeners.h"
#include "tests/sandbox/programs.h"

namespace laconic::sandbox::attacks {

// `more`: arguments after the attack's own. C programs must have been built.
Spec spec_of(const Attack& attack, const Programs& programs, const HostListeners& listeners, const std::vector<std::string>& more = {});

fs::path attacks_folder();    // from LACONIC_SOURCE
fs::path programs_folder();   // from LACONIC_BUILD

}  // namespace laconic::sandbox::attacks
