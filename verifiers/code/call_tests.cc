#include "verifiers/code/call_tests.h"

#include <nlohmann/json.hpp>

#include "verifiers/code/embedded.h"
#include "verifiers/code/values.h"

namespace laconic::verifiers::code {
namespace {

ValueRule rule_of(const CodeOptions& options) {
  ValueRule rule;
  if (options.float_absolute >= 0) rule.absolute = options.float_absolute;
  if (options.float_relative >= 0) rule.relative = options.float_relative;
  return rule;
}

// What the driver is told: nothing of the expected value.
std::string call_text(const Attempt& attempt, const Test& test) {
  nlohmann::json call;
  call["entry_point"] = attempt.task.entry_point;
  call["prelude"] = attempt.language.prelude;
  call["source"] = attempt.language.source;
  call["int_keys"] = test.may_be_wrapped;
  std::string text = call.dump();
  text.insert(text.size() - 1, ",\"arguments\":" + test.input);  // as the row spells them: numbers keep their digits
  return text;
}

bool is_expected(const Value& got, const Value& expected, bool may_be_wrapped, const ValueRule& rule) {
  if (equal_values(got, expected, rule)) return true;
  return may_be_wrapped && expected.kind == Value::Kind::kList && expected.items.size() == 1 && equal_values(got, expected.items[0], rule);
}

}  // namespace

Judgement judge_calls(const Attempt& attempt) {
  const std::vector<Test>& tests = attempt.task.tests;
  const ValueRule rule = rule_of(attempt.options);
  const auto driver = sandbox::SealedFile::of(std::string(embedded_file("drivers/plain_values.py")) + std::string(embedded_file("drivers/call.py")));
  const auto program = sandbox::SealedFile::of(attempt.program);

  return judge_tests(
      attempt, static_cast<int>(tests.size()),
      [&](int i) -> TestResult {
        const Test& test = tests[static_cast<std::size_t>(i)];
        std::string problem;
        const auto expected = read_plain(test.output, problem);
        if (!expected) return {Outcome::kInfraError, "the expected value is no data: " + problem};
        sandbox::Spec spec;
        spec.interpreter = sandbox::Interpreter::kPython;
        spec.argv = {"driver.py"};
        spec.files = {{"driver.py", driver, false}, {attempt.language.source, program, false}, {"call.json", sandbox::SealedFile::of(call_text(attempt, test)), false}};
        for (const std::string& path : attempt.language.paths) spec.paths.push_back({path, {}});
        spec.capture_result = true;
        spec.limits = limits_of(attempt);
        spec.limits.result_bytes = std::max(spec.limits.result_bytes, static_cast<std::int64_t>(4 * test.output.size()));
        const sandbox::Report report = attempt.sandbox.run(spec);
        attempt.budget.charge(report);
        if (auto failed = failed_run(report, spec.limits)) return *failed;
        const auto got = read_frame(report.result, problem);
        if (!got) return {Outcome::kFail, problem};
        if (is_expected(*got, *expected, test.may_be_wrapped, rule)) return {Outcome::kPass, {}};
        return {Outcome::kFail, "got " + to_text(*got) + ", expected " + to_text(*expected)};
      },
      [&](int i) { return tests[static_cast<std::size_t>(i)].name; });
}

std::optional<std::string> bad_calls(const CodeTask& task, const Language& language) {
  if (!language.python) return "function-call tests are for Python; the row's language is " + language.name;
  if (task.entry_point.empty()) return "function-call tests without the function's name";
  for (const Test& test : task.tests) {
    std::string problem;
    if (!read_plain(test.output, problem)) return "test " + test.name + ": the expected value is no data: " + problem;
    if (const auto input = read_plain(test.input, problem); !input || input->kind != Value::Kind::kList) {
      return "test " + test.name + ": the arguments are no list: " + problem;
    }
  }
  return std::nullopt;
}

}  // namespace laconic::verifiers::code
