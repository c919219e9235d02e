#include "cli/eval_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace laconic::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

EvalRow row(std::optional<int> budget, double accuracy, double tokens) {
  EvalRow r;
  r.think_budget = budget;
  r.result.problems = 50;
  r.result.samples = 4;
  r.result.counted = 200;
  r.result.accuracy = accuracy;
  r.result.accuracy_low = accuracy - 0.05;
  r.result.accuracy_high = accuracy + 0.05;
  r.result.pass_at = {{1, accuracy}, {2, accuracy + 0.1}, {4, accuracy + 0.2}};
  r.result.mean_tokens = tokens;
  r.result.tokens_correct = tokens - 4;
  r.result.tokens_wrong = tokens + 4;
  r.result.tokens_per_correct = tokens / accuracy;
  r.result.truncated = 0.03;
  r.result.forced = budget ? 0.25 : 0;
  r.result.outcomes = {{Outcome::kPass, 100}, {Outcome::kNoAnswer, 100}};
  return r;
}

TEST(EvalView, OneRowIsWrittenOut) {
  EXPECT_EQ(eval_view({row(std::nullopt, 0.5, 80)}, 0, {}),
            "avg@4               50.0 %  (95 % interval 45.0 to 55.0)\n"
            "pass@2              60.0 %\n"
            "pass@4              70.0 %\n"
            "tokens              80.0 a response, 160.0 for each correct answer\n"
            "tokens by verdict   76.0 when correct, 84.0 when wrong\n"
            "cut at the limit    3.0 %\n"
            "verdicts            pass 100, no_answer 100\n");
}

TEST(EvalView, SeveralBudgetsAreATableAndAPlot) {
  const std::string text = eval_view({row(32, 0.25, 40), row(std::nullopt, 0.5, 80)}, 100, {});
  EXPECT_EQ(text,
            "thinking   avg@4       95 %  pass@2  pass@4  tokens  correct  wrong  per correct    cut   ended\n"
            "      32  25.0 %  20.0–30.0  35.0 %  45.0 %    40.0     36.0   44.0        160.0  3.0 %  25.0 %\n"
            "    none  50.0 %  45.0–55.0  60.0 %  70.0 %    80.0     76.0   84.0        160.0  3.0 %       –\n"
            "\n"
            "  tokens   accuracy\n"
            "    40.0 ▕████████████▌                                     ▏ 25.0 %\n"
            "    80.0 ▕█████████████████████████                         ▏ 50.0 %\n");
}

TEST(EvalView, ATerminalTooNarrowForTheTableGetsTheRowsOneUnderAnother) {
  for (const int width : {40, 60, 80}) {
    const std::string text = eval_view({row(32, 0.25, 40), row(std::nullopt, 0.5, 80)}, width, {});
    EXPECT_THAT(text, HasSubstr("at most 32 tokens"));
    EXPECT_THAT(text, HasSubstr("without a budget"));
    EXPECT_THAT(text, HasSubstr("thinking ended      25.0 % by the budget of 32 tokens"));
    EXPECT_THAT(text, Not(HasSubstr("per correct")));
  }
}

TEST(EvalView, AbsentIsNeverZero) {
  EvalRow none;
  none.result.problems = 3;
  none.result.samples = 1;
  none.result.absent = 3;
  none.within = {{16, std::numeric_limits<double>::quiet_NaN()}};
  const std::string text = eval_view({none}, 0, {});
  EXPECT_THAT(text, HasSubstr("– no sample got a verdict"));
  EXPECT_THAT(text, HasSubstr("3 of 3 samples: without a verdict, not wrong"));
  EXPECT_THAT(text, Not(HasSubstr("0.0 %  (95")));
  const Json json = eval_row_json(none);
  for (const char* key : {"accuracy", "accuracy_low", "accuracy_high", "tokens_correct", "tokens_wrong", "tokens_per_correct", "think_budget", "forced"})
    EXPECT_TRUE(json[key].is_null()) << key;
  EXPECT_TRUE(json["budgets"][0]["accuracy"].is_null());
  EXPECT_EQ(json["absent"], 3);
  EvalRow some = row(3, 0.5, 9);
  some.within = {{16, 0.25}};
  EXPECT_THAT(eval_view({none, some}, 0, {}), HasSubstr("absent"));
}

}  // namespace
}  // namespace laconic::cli
