// What judging one answer takes, whatever the kind of its tests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.h"
#include "sandbox/sandbox.h"
#include "verifiers/code/compile.h"
#include "verifiers/code/language.h"
#include "verifiers/code/options.h"
#include "verifiers/code/task.h"

namespace laconic::verifiers::code {

// CPU seconds that one answer may still use. Wall time that was not spent waiting for a processor
// counts a third: sleepers are bounded as well, and a loaded machine does not shorten the budget.
class Budget {
 public:
  explicit Budget(double seconds) : left_(seconds) {}
  void charge(const sandbox::Report& report);
  double left() const { return left_; }
  bool spent() const { return left_ <= 0; }

 private:
  double left_;
};

// One answer at work. Everything is borrowed for the time of the call; one thread.
struct Attempt {
  const CodeTask& task;
  const Language& language;
  const std::string& program;   // the answer's source as it is to be run or compiled: header included
  const CodeOptions& options;
  const std::vector<Language>& languages;
  sandbox::Sandbox& sandbox;
  Compiler& compiler;
  Budget& budget;
  std::function<bool()> out_of_time;  // true: the lease is over, end with kInfraError
};

// What one test showed. kPass, or why not; absent where nothing is known about the answer: kInfraError
// (the machine), kUndecided (the row's own test is broken), kSkip.
struct TestResult {
  Outcome outcome = Outcome::kInfraError;
  std::string explanation;  // one line; empty for kPass
};

struct Judgement {
  Outcome outcome = Outcome::kInfraError;
  int passed = 0, tests = 0;  // of those known; score = passed / tests under scoring = "fraction"
  std::string explanation;    // one line
};

// The limits of one test of this answer: the row's or the default ones, × the language's factor, and
// never more than the budget has left.
sandbox::Limits limits_of(const Attempt& attempt);

// A run that did not end as it should, as an outcome of the answer, or kInfraError for a fault of
// the machine; nullopt: it exited with code 0. Says nothing about what it wrote.
std::optional<TestResult> failed_run(const sandbox::Report& report, const sandbox::Limits& limits);

// Runs tests 0…count−1 in order: stops at the first result that is absent (and returns it), when the time or the budget is
// spent, and, when `stop_early`, at the first failure. All passed is kPass; no tests is kUndecided.
// Otherwise the outcome is that of the first failure; under scoring = "fraction" with some passed it
// is kFail, the one failure whose score counts.
Judgement judge_tests(const Attempt& attempt, int count, const std::function<TestResult(int)>& run_test,
                      const std::function<std::string(int)>& name_of_test);

}  // namespace laconic::verifiers::code
