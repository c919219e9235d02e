// HumanEval and MBPP: the test code of a row, put to an answer in Python.
#pragma once

#include <optional>
#include <string>

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

// One test is HumanEval's check(), or one line of MBPP's list.
Judgement judge_python_asserts(const Attempt& attempt);

// Why there is nothing that could be run: a column is empty, or the test cannot be split and
// `weak_allowed` is false.
std::optional<std::string> bad_python_asserts(const CodeTask& task, bool weak_allowed);

}  // namespace laconic::verifiers::code
