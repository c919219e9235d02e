#include "verifiers/code/asserts.h"

#include "verifiers/code/assert_cpp.h"
#include "verifiers/code/assert_python.h"

namespace laconic::verifiers::code {

Judgement judge_asserts(const Attempt& attempt) {
  const bool cpp = attempt.task.assertions.shape == AssertShape::kHumanEvalX;
  if (cpp == attempt.language.python || (cpp && attempt.language.compile.empty())) {
    Judgement judgement;
    judgement.outcome = Outcome::kUndecided;
    judgement.explanation = "the row's tests are " + std::string(cpp ? "C++" : "Python") + ", its language is " + attempt.language.name;
    return judgement;
  }
  return cpp ? judge_cpp_asserts(attempt) : judge_python_asserts(attempt);
}

std::optional<std::string> bad_assertions(const CodeTask& task, const CodeOptions& options) {
  const bool weak_allowed = options.assert_mode == "weak";
  return task.assertions.shape == AssertShape::kHumanEvalX ? bad_cpp_asserts(task, weak_allowed) : bad_python_asserts(task, weak_allowed);
}

}  // namespace laconic::verifiers::code
