// Assert-style tests: HumanEval, MBPP, HumanEval-X C++.
//
// The asserts run in a second, trusted program, sandboxed too, whose candidate is a data-only proxy:
// the answer's process gets arguments and returns values, nothing else.
#pragma once

#include <optional>
#include <string>

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

// The verdict on one answer to a task of kind kAssert.
Judgement judge_asserts(const Attempt& attempt);

// Why the task cannot be judged under assert_mode ("split" and the row cannot be split, …), or nullopt.
std::optional<std::string> bad_assertions(const CodeTask& task, const CodeOptions& options);

}  // namespace laconic::verifiers::code
