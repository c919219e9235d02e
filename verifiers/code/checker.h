// A checker program decides about an output. It is trusted more than the answer, but it reads the
// answer's bytes: it runs in a sandbox of its own. Protocols by exit code:
//   Kattis    argv: INPUT JUDGE_ANSWER FEEDBACK_FOLDER FLAGS…, the output on standard input;
//             42 accepted, 43 wrong; anything else is a fault of the checker
//   testlib   argv: INPUT OUTPUT JUDGE_ANSWER; 0 right, 1 wrong, 2 and 4 and 8 bad format (wrong);
//             3 and anything else is a fault of the checker
// A fault of the checker, its limits included, is kInfraError: nothing is known about the answer.
#pragma once

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

TestResult run_checker(const Attempt& attempt, const Checker& checker, const Test& test, const std::string& output);

// Why the checker cannot be used (an unknown language), or nullopt.
std::optional<std::string> bad_checker(const Checker& checker, const std::vector<Language>& languages);

}  // namespace laconic::verifiers::code
