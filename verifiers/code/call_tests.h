// Tests by function call: arguments in, a value out, compared here and never there.
#pragma once

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

Judgement judge_calls(const Attempt& attempt);

// Why such a row cannot be judged (a language without a driver, an expected value that is no data), or nullopt.
std::optional<std::string> bad_calls(const CodeTask& task, const Language& language);

}  // namespace laconic::verifiers::code
