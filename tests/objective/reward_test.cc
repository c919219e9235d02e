#include <gmock/gmock.h>

#include "tests/objective/groups.h"

namespace laconic::learner {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(Reward, ACutAnswerKeepsTheFactor) {
  trajectory::Group group = group_of({{Outcome::kPass, 5}, {Outcome::kPass, 9, true}, {Outcome::kFail, 9, true}, {Outcome::kPass, 3, true, 0.5}});
  ObjectiveOptions options;
  shape_rewards(group, options, 1);
  EXPECT_DOUBLE_EQ(group.samples[0].reward, 1);
  EXPECT_DOUBLE_EQ(group.samples[1].reward, 0.1);
  EXPECT_DOUBLE_EQ(group.samples[2].reward, 0);
  EXPECT_DOUBLE_EQ(group.samples[3].reward, 0.05);
  options.truncation_factor = 0;
  shape_rewards(group, options, 1);
  EXPECT_DOUBLE_EQ(group.samples[1].reward, 0);
}

TEST(Reward, FaultsOfTheAnswerAreZeroAndFaultsOfTheMachineAreAbsent) {
  for (int i = 0; i < kOutcomeCount; ++i) {
    const OutcomeRow& row = outcome_rows()[i];
    trajectory::Group group = group_of({{row.outcome, 3, false, 0.75}});
    const auto score = unshaped_score(group.samples[0]);
    EXPECT_EQ(score.has_value(), row.counted) << row.name;
    EXPECT_EQ(score.value_or(-1), !row.counted ? -1 : row.score == ScoreRule::kVerifierScore ? 0.75 : 0.0) << row.name;
  }
  trajectory::Group group = group_of({{Outcome::kPass}});
  group.samples[0].judged = false;
  EXPECT_FALSE(unshaped_score(group.samples[0]));
}

TEST(Reward, LambdasOfKimiVector) {
  const std::vector<std::int32_t> lengths = {100, 300, 500, 900};
  EXPECT_THAT(length_lambdas(lengths), ElementsAre(0.5, 0.25, 0.0, -0.5));
  EXPECT_THAT(length_lambdas(std::vector<std::int32_t>{7, 7}), ElementsAre(0.0, 0.0));
  EXPECT_THAT(length_lambdas(std::vector<std::int32_t>{7}), ElementsAre(0.0));
}

TEST(Reward, LengthIsComparedAmongCorrectFinishedAnswersOnly) {
  ObjectiveOptions options;
  options.length_reward = "group_relative";
  options.length_weight = 0.2;
  trajectory::Group group = group_of({{Outcome::kPass, 100}, {Outcome::kPass, 300}, {Outcome::kFail, 5}, {Outcome::kFail, 900},
                                      {Outcome::kPass, 200}, {Outcome::kPass, 1000, true}, {Outcome::kInfraError, 2}});
  shape_rewards(group, options, 1);
  const auto part = [&](std::size_t i) { return group.samples[i].reward_length; };
  EXPECT_DOUBLE_EQ(part(0), 0.1);
  EXPECT_DOUBLE_EQ(part(1), -0.1);
  EXPECT_DOUBLE_EQ(part(4), 0.0);
  for (std::size_t i : {2, 3, 5, 6}) EXPECT_EQ(part(i), 0) << i;
  EXPECT_DOUBLE_EQ(group.samples[1].reward, 0.9);
  EXPECT_EQ(group.samples[2].reward, 0);
  EXPECT_DOUBLE_EQ(group.samples[5].reward, 0.1);

  trajectory::Group lonely = group_of({{Outcome::kPass, 100}, {Outcome::kFail, 5}});
  shape_rewards(lonely, options, 1);
  EXPECT_EQ(lonely.samples[0].reward_length, 0);
}

TEST(Reward, WeightWarmsUp) {
  ObjectiveOptions options;
  options.length_weight = 0.4;
  EXPECT_EQ(length_weight_at(options, 9), 0);  // "none"
  options.length_reward = "group_relative";
  EXPECT_EQ(length_weight_at(options, 0), 0.4);
  options.length_warmup_steps = 4;
  EXPECT_EQ(length_weight_at(options, 0), 0);
  EXPECT_EQ(length_weight_at(options, 1), 0.1);
  EXPECT_EQ(length_weight_at(options, 4), 0.4);
  EXPECT_EQ(length_weight_at(options, 400), 0.4);
}

TEST(Reward, SignalIsJudgedOnUnshapedCountedScores) {
  EXPECT_TRUE(has_signal(binary_group({1, 0})));
  EXPECT_FALSE(has_signal(binary_group({1, 1})));
  EXPECT_FALSE(has_signal(binary_group({0, 0, 0})));
  EXPECT_FALSE(has_signal(binary_group({1})));
  EXPECT_FALSE(has_signal(group_of({})));
  // Shaping would tell these apart; the unshaped score does not.
  EXPECT_FALSE(has_signal(group_of({{Outcome::kPass, 3}, {Outcome::kPass, 30, true}})));
  // One wrong answer and a dead verifier are no contrast; a hang and a right answer are.
  EXPECT_FALSE(has_signal(group_of({{Outcome::kFail}, {Outcome::kInfraError}, {Outcome::kUndecided}})));
  EXPECT_TRUE(has_signal(group_of({{Outcome::kPass}, {Outcome::kTimeout}})));
}

}  // namespace
}  // namespace laconic::learner
