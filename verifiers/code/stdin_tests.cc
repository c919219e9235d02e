#include "verifiers/code/stdin_tests.h"

#include <algorithm>

#include "verifiers/code/checker.h"

namespace laconic::verifiers::code {

bool place_program(const Attempt& attempt, sandbox::Spec& spec, TestResult& result) {
  const Language& language = attempt.language;
  for (const std::string& path : language.paths) spec.paths.push_back({path, {}});
  if (language.compile.empty()) {
    spec.files.push_back({language.source, sandbox::SealedFile::of(attempt.program), false});
    spec.interpreter = language.python ? sandbox::Interpreter::kPython : sandbox::Interpreter::kNone;
    spec.argv = language.python ? std::vector<std::string>{language.source} : language.run;
    return true;
  }
  const Compiled compiled = attempt.compiler.compile(language, attempt.program);
  if (compiled.result != Compiled::Result::kProgram) {
    result.outcome = compiled.result == Compiled::Result::kError ? Outcome::kCompileError : Outcome::kInfraError;
    result.explanation = compiled.message;
    return false;
  }
  spec.files.push_back({language.binary, compiled.program, true});
  spec.argv = language.run;
  return true;
}

namespace {

// The row's rule, with what the recipe sets in its place.
Comparison comparison_of(const Attempt& attempt) {
  Comparison rule = attempt.task.comparison.value_or(Comparison{});
  if (const auto mode = compare_mode_named(attempt.options.compare)) rule = {*mode};
  if (attempt.options.float_absolute >= 0) rule.absolute = attempt.options.float_absolute;
  if (attempt.options.float_relative >= 0) rule.relative = attempt.options.float_relative;
  return rule;
}

}  // namespace

Judgement judge_stdin(const Attempt& attempt) {
  const std::vector<Test>& tests = attempt.task.tests;
  const int count = static_cast<int>(tests.size());
  sandbox::Spec spec;
  TestResult built;
  if (!place_program(attempt, spec, built)) return {built.outcome, 0, count, built.explanation};
  const Comparison rule = comparison_of(attempt);

  return judge_tests(
      attempt, count,
      [&](int i) -> TestResult {
        const Test& test = tests[static_cast<std::size_t>(i)];
        spec.input = sandbox::SealedFile::of(test.input);
        spec.limits = limits_of(attempt);
        // Room for an output as long as the expected one, and for a wrong one to be seen as such.
        spec.limits.stdout_bytes = std::max(spec.limits.stdout_bytes, static_cast<std::int64_t>(2 * test.output.size()));
        const sandbox::Report report = attempt.sandbox.run(spec);
        attempt.budget.charge(report);
        if (auto failed = failed_run(report, spec.limits)) return *failed;
        if (attempt.task.checker) return run_checker(attempt, *attempt.task.checker, test, report.out);
        Compared compared = compare_output(rule, report.out, test.output);
        return {compared.equal ? Outcome::kPass : Outcome::kFail, std::move(compared.difference)};
      },
      [&](int i) { return tests[static_cast<std::size_t>(i)].name; });
}

}  // namespace laconic::verifiers::code
