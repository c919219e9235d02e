// The seccomp filter, made once when the launcher starts and copied into every run. Written as ranges of call
// numbers searched in halves: the kernel translates it anew for each run, so its length is a run's time.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/policy.h"

namespace laconic::sandbox {

// Throws Error when a call of the table has no number here. `with_group`: level A. `internet`: AF_INET and
// AF_INET6 may be made.
Filter make_filter(bool with_group, bool internet);

// "ptrace"; calls of the other two tables of an x86-64 kernel as "i386:ptrace", "x32:ptrace"; "call 1234".
std::string call_name(std::uint32_t arch, int number);

}  // namespace laconic::sandbox
