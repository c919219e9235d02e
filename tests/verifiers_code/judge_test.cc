#include "verifiers/code/judge.h"

#include "base/error.h"
#include "tests/verifiers_code/cases.h"

namespace laconic::verifiers::code {
namespace {

sandbox::Report report_of(sandbox::End end, int exit_code = 0) {
  sandbox::Report report;
  report.end = end;
  report.exit_code = exit_code;
  return report;
}

struct Bench {
  CodeTask task;
  std::vector<Language> languages = load_languages("");
  CodeOptions options;
  sandbox::Sandbox sandbox;  // starts nothing
  Compiler compiler{sandbox, "none"};
  Budget budget{60};
  std::string program;
  bool late = false;

  Attempt attempt() { return {task, *find_language(languages, "python"), program, options, languages, sandbox, compiler, budget, [this] { return late; }}; }
  Judgement judge(const std::vector<Outcome>& results, int* ran = nullptr) {
    return judge_tests(
        attempt(), static_cast<int>(results.size()),
        [&](int i) {
          if (ran) ++*ran;
          return TestResult{results[static_cast<std::size_t>(i)], "why"};
        },
        [](int i) { return std::to_string(i + 1); });
  }
};

constexpr auto P = Outcome::kPass, F = Outcome::kFail, T = Outcome::kTimeout, I = Outcome::kInfraError, U = Outcome::kUndecided;

TEST(Judge, AllMustPass) {
  Bench bench;
  EXPECT_EQ(bench.judge({P, P}).outcome, P);
  EXPECT_EQ(bench.judge({P, F, T}).outcome, F);
  EXPECT_EQ(bench.judge({P, T, F}).outcome, T);
  EXPECT_EQ(bench.judge({P, T, F}).explanation, "test 2: why");
  EXPECT_EQ(bench.judge({}).outcome, U) << "nothing tested is nothing shown";
}

TEST(Judge, StopsAtTheFirstFailureOnlyWhenTold) {
  Bench bench;
  int ran = 0;
  bench.judge({F, P, P}, &ran);
  EXPECT_EQ(ran, 1);
  bench.options.stop_early = false;
  ran = 0;
  EXPECT_EQ(bench.judge({F, P, P}, &ran).passed, 2);
  EXPECT_EQ(ran, 3);
}

TEST(Judge, AbsentIsNeverAFailure) {
  Bench bench;
  bench.options.stop_early = false;
  EXPECT_EQ(bench.judge({P, F, I, P}).outcome, I);
  EXPECT_EQ(bench.judge({P, U, P}).outcome, U);
  bench.late = true;
  EXPECT_EQ(bench.judge({P, P}).outcome, I) << "the lease is over";
}

TEST(Judge, FractionCountsWhatPassed) {
  Bench bench;
  bench.options.scoring = "fraction";
  bench.options.stop_early = false;
  const Judgement some = bench.judge({P, T, P});
  EXPECT_EQ(some.outcome, F) << "the outcome whose score counts";
  EXPECT_EQ(some.passed, 2);
  EXPECT_EQ(some.explanation, "2 of 3 tests passed; test 2: why");
  EXPECT_EQ(bench.judge({T, F}).outcome, T) << "nothing passed: its kind is kept";
}

TEST(Judge, FractionWithEarlyStopIsRefused) {
  CodeOptions options;
  options.check();
  options.scoring = "fraction";
  EXPECT_THROW(options.check(), Error);
  options.stop_early = false;
  options.check();
}

TEST(Judge, TheBudgetCountsWorkAndAThirdOfSleep) {
  Budget budget(10);
  sandbox::Report report;
  report.cpu_seconds = 4, report.wall_seconds = 4.1;
  budget.charge(report);
  EXPECT_DOUBLE_EQ(budget.left(), 6);
  report.cpu_seconds = 0.1, report.wall_seconds = 6;  // asleep
  budget.charge(report);
  EXPECT_DOUBLE_EQ(budget.left(), 4);
  report.cpu_seconds = 1, report.wall_seconds = 30, report.waited_seconds = 28.5;  // a crowded machine: its waiting is not charged
  budget.charge(report);
  EXPECT_DOUBLE_EQ(budget.left(), 3);
}

TEST(Judge, ASpentBudgetIsATimeout) {
  Bench bench;
  bench.budget = Budget(0);
  EXPECT_EQ(bench.judge({P}).outcome, T);
}

TEST(Judge, LimitsAreTheRowsThenTheOptionsAndNeverBeyondTheBudget) {
  Bench bench;
  EXPECT_EQ(limits_of(bench.attempt()).cpu_seconds, bench.options.time_limit);
  bench.task.time_limit = 3;
  bench.task.memory_limit = 64 << 20;
  EXPECT_EQ(limits_of(bench.attempt()).cpu_seconds, 3);
  EXPECT_EQ(limits_of(bench.attempt()).memory_bytes, 64 << 20);
  bench.budget = Budget(1.5);
  EXPECT_EQ(limits_of(bench.attempt()).cpu_seconds, 1.5);
}

TEST(Judge, HowARunEndedIsTheAnswersOutcomeOrTheMachines) {
  using sandbox::End;
  const sandbox::Limits limits;
  const struct { End end; Outcome outcome; } table[] = {{End::kSignaled, Outcome::kCrash}, {End::kCpuTime, T}, {End::kWallTime, T}, {End::kMemory, Outcome::kMemory},
                                                        {End::kOutput, Outcome::kOutput}, {End::kDenied, Outcome::kDenied}, {End::kFault, I}};
  for (const auto& row : table) EXPECT_EQ(failed_run(report_of(row.end), limits).value().outcome, row.outcome);
  EXPECT_FALSE(failed_run(report_of(End::kExited), limits));
  sandbox::Report crashed = report_of(End::kExited, 1);
  crashed.err = "Traceback\n  line 1\nValueError: no\n\n";
  EXPECT_EQ(failed_run(crashed, limits)->outcome, Outcome::kCrash);
  EXPECT_EQ(failed_run(crashed, limits)->explanation, "exit code 1: ValueError: no");
}

TEST(Languages, BuiltInAndFromAFolder) {
  const auto languages = load_languages("");
  ASSERT_EQ(languages.size(), 3u);
  EXPECT_EQ(find_language(languages, "C++")->name, "cpp17");
  EXPECT_EQ(find_language(languages, "Python3")->name, "python");
  EXPECT_EQ(find_language(languages, "cobol"), nullptr);
  const auto more = load_languages((test_folder() / "languages").string());
  ASSERT_EQ(more.size(), 4u);
  EXPECT_EQ(find_language(more, "sh")->name, "shell");
}

TEST(Languages, MistakesAreNamed) {
  for (const auto& test : cases("bad_languages.jsonl")) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "languages";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    write_file_durably(folder / "bad.toml", test["toml"].get<std::string>());
    try {
      load_languages(folder.string());
      ADD_FAILURE() << test;
    } catch (const Error& error) {
      EXPECT_NE(render(error).find(test["problem"].get<std::string>()), std::string::npos) << render(error);
    }
  }
  EXPECT_THROW(load_languages("/nowhere"), Error);
}

}  // namespace
}  // namespace laconic::verifiers::code
