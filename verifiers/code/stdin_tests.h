// Tests by standard input and output.
#pragma once

#include "verifiers/code/judge.h"

namespace laconic::verifiers::code {

// The answer's program as files and argv of a spec: source for an interpreter, else the compiled
// file. False: it does not compile, `result` says why.
bool place_program(const Attempt& attempt, sandbox::Spec& spec, TestResult& result);

Judgement judge_stdin(const Attempt& attempt);

}  // namespace laconic::verifiers::code
