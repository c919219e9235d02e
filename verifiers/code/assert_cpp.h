// HumanEval-X C++: a main() of asserts, put to an answer's function.
#pragma once

#include <optional>
#include <string>

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

Judgement judge_cpp_asserts(const Attempt& attempt);

// As bad_python_asserts(): a type of the signature may be no plain data.
std::optional<std::string> bad_cpp_asserts(const CodeTask& task, bool weak_allowed);

}  // namespace laconic::verifiers::code
