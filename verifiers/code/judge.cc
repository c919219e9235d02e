#include "verifiers/code/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {

using sandbox::End;

void Budget::charge(const sandbox::Report& report) {
  left_ -= std::max(report.cpu_seconds, (report.wall_seconds - report.waited_seconds) / 3);
}

sandbox::Limits limits_of(const Attempt& attempt) {
  sandbox::Limits limits;
  limits.cpu_seconds = std::min(attempt.task.time_limit.value_or(attempt.options.time_limit) * attempt.language.time_factor,
                                std::max(attempt.budget.left(), 0.1));
  limits.memory_bytes = attempt.task.memory_limit.value_or(static_cast<std::int64_t>(attempt.options.memory_limit * (1 << 20)));
  limits.processes = attempt.language.processes;
  return limits;
}

namespace {

// What a program said at its end: the last line of standard error that is not blank.
std::string last_words(std::string_view err) {
  while (!err.empty()) {
    const std::size_t line = err.find_last_of('\n', err.size() - 1);
    const std::string_view last = line == std::string_view::npos ? err : err.substr(line + 1);
    if (last.find_first_not_of(" \t\r") != std::string_view::npos) return ": " + shortened(last, 120);
    err = line == std::string_view::npos ? std::string_view() : err.substr(0, line);
  }
  return {};
}

}  // namespace

std::optional<TestResult> failed_run(const sandbox::Report& report, const sandbox::Limits& limits) {
  const std::string refused = report.process_limit_hit ? fmt::format(" (it asked for more than {} processes)", limits.processes) : "";
  switch (report.end) {
    case End::kExited:
      if (report.exit_code == 0) return std::nullopt;
      return TestResult{Outcome::kCrash, fmt::format("exit code {}{}{}", report.exit_code, refused, last_words(report.err))};
    case End::kSignaled:
      return TestResult{Outcome::kCrash, fmt::format("ended by signal {}{}{}", report.signal, refused, last_words(report.err))};
    case End::kCpuTime:
      return TestResult{Outcome::kTimeout, fmt::format("its {:.3g} s of CPU time are used up{}", limits.cpu_seconds, refused)};
    case End::kWallTime:
      return TestResult{Outcome::kTimeout, fmt::format("not done after {:.1f} s, {:.2f} s of them at work{}", report.wall_seconds, report.cpu_seconds, refused)};
    case End::kMemory:
      return TestResult{Outcome::kMemory, fmt::format("more than {} MB of memory", limits.memory_bytes >> 20)};
    case End::kOutput:
      return TestResult{Outcome::kOutput, fmt::format("more than {} MB of output", limits.stdout_bytes >> 20)};
    case End::kDenied:
      return TestResult{Outcome::kDenied, "the call " + report.denied_call + " is forbidden"};
    case End::kFault:
      break;
  }
  return TestResult{Outcome::kInfraError, report.fault};
}

Judgement judge_tests(const Attempt& attempt, int count, const std::function<TestResult(int)>& run_test,
                      const std::function<std::string(int)>& name_of_test) {
  Judgement judgement;
  judgement.tests = count;
  if (count == 0) return {Outcome::kUndecided, 0, 0, "the row has no tests"};
  std::optional<Outcome> failure;
  const auto fail = [&](Outcome outcome, const std::string& why) {
    if (!failure) failure = outcome, judgement.explanation = why;
  };
  for (int i = 0; i < count; ++i) {
    if (attempt.out_of_time && attempt.out_of_time()) {
      return {Outcome::kInfraError, judgement.passed, count, fmt::format("the lease ended before test {} of {}", i + 1, count)};
    }
    if (attempt.budget.spent()) {
      fail(Outcome::kTimeout, fmt::format("its {:.3g} s for all tests were used up before test {} of {}", attempt.options.cpu_per_answer, i + 1, count));
      break;
    }
    const TestResult result = run_test(i);
    if (!is_counted(result.outcome)) return {result.outcome, judgement.passed, count, "test " + name_of_test(i) + ": " + result.explanation};
    if (result.outcome == Outcome::kPass) {
      ++judgement.passed;
      continue;
    }
    // A limit that the budget had shortened is the budget's.
    const bool budget = result.outcome == Outcome::kTimeout && attempt.budget.spent();
    fail(result.outcome, "test " + name_of_test(i) + ": " + result.explanation +
                             (budget ? fmt::format(", the last of its {:.3g} s for all tests", attempt.options.cpu_per_answer) : ""));
    if (attempt.options.stop_early) break;
  }
  if (!failure) {
    judgement.outcome = Outcome::kPass;
    judgement.explanation = count == 1 ? "the one test passed" : fmt::format("all {} tests passed", count);
    return judgement;
  }
  judgement.outcome = *failure;
  if (attempt.options.scoring == "fraction" && judgement.passed > 0) {
    judgement.outcome = Outcome::kFail;
    judgement.explanation = fmt::format("{} of {} tests passed; {}", judgement.passed, count, judgement.explanation);
  }
  return judgement;
}

}  // namespace laconic::verifiers::code
