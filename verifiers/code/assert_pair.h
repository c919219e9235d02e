// One assert-style test: the trusted program and the answer's, side by side in the sandbox.
//
// A pass needs all of: the trusted program reports, with the run's nonce, that the test ran to its
// end; it called the answer at least once; the answer's process said nothing out of turn and ended
// with code 0 when it was told goodbye.
//
// Limits. The answer's are its own, wall time being counted only while it is waited for. The trusted
// program has TrustedLimits. When it hits one of them after the answer's first value, that value is to
// blame (an integer of a million digits, a list of a million items): fail. Before, the row is.
//
// Arguments cross by value: a test that looks at its argument after the call sees it unchanged.
#pragma once

#include <string>
#include <vector>

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

struct TrustedLimits {
  double cpu_seconds = 10;
  std::int64_t memory_bytes = std::int64_t{1} << 30;
};

struct AssertPair {
  sandbox::Spec answer, trusted;     // files and argv; limits and descriptors are added here
  std::vector<std::string> entries;  // functions that the trusted program may call
  std::string nonce;                 // known to the trusted program
  TrustedLimits limits;
};

// kSkip: the test handed over something that cannot cross. kUndecided: the test itself is broken.
TestResult run_assert_pair(const Attempt& attempt, const AssertPair& pair);

// The same test in one process, the answer's: only for tests that cannot be split. `spec` captures
// the report.
TestResult run_weak_assert(const Attempt& attempt, const sandbox::Spec& spec, const std::string& nonce);

}  // namespace laconic::verifiers::code
