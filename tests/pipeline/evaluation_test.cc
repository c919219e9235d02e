#include "pipeline/evaluation.h"

#include <gtest/gtest.h>

namespace laconic::pipeline {
namespace {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

Trajectory sample(Outcome outcome, int tokens, StopReason stop = StopReason::kEndToken) {
  Trajectory t;
  t.logprob.assign(static_cast<std::size_t>(tokens), -1.f);
  t.tokens.assign(static_cast<std::size_t>(tokens) + 3, 1);
  t.judged = true;
  t.judgement.outcome = outcome;
  t.judgement.score = outcome == Outcome::kPass ? 1 : 0;
  t.stop = stop;
  return t;
}

Group group(std::vector<Trajectory> samples) {
  Group g;
  g.samples = std::move(samples);
  return g;
}

TEST(Evaluation, AbsentIsNotZero) {
  const EvalResult r = evaluate_groups({group({sample(Outcome::kPass, 10), sample(Outcome::kFail, 20)}), group({sample(Outcome::kPass, 30), sample(Outcome::kInfraError, 40)})});
  EXPECT_EQ(r.problems, 2);
  EXPECT_EQ(r.samples, 2);
  EXPECT_EQ(r.counted, 3);
  EXPECT_EQ(r.absent, 1);
  EXPECT_DOUBLE_EQ(r.accuracy, 2.0 / 3);
  EXPECT_DOUBLE_EQ(r.pass_at_k, 1);
  EXPECT_DOUBLE_EQ(r.mean_tokens, 25);
  EXPECT_DOUBLE_EQ(r.tokens_per_correct, 50);
}

TEST(Evaluation, WilsonIntervalOfEightOfTen) {
  std::vector<Group> groups;
  for (int i = 0; i < 10; ++i) groups.push_back(group({sample(i < 8 ? Outcome::kPass : Outcome::kTimeout, 5, i ? StopReason::kEndToken : StopReason::kLength)}));
  const EvalResult r = evaluate_groups(groups);
  EXPECT_DOUBLE_EQ(r.accuracy, 0.8);
  EXPECT_NEAR(r.accuracy_low, 0.4902, 5e-4);   // Wilson's interval of 8 out of 10, tabulated
  EXPECT_NEAR(r.accuracy_high, 0.9433, 5e-4);
  EXPECT_DOUBLE_EQ(r.truncated, 0.1);
}

TEST(Evaluation, NothingCorrectHasNoCostPerCorrect) {
  const EvalResult r = evaluate_groups({group({sample(Outcome::kFail, 10)})});
  EXPECT_EQ(r.accuracy, 0);
  EXPECT_EQ(r.accuracy_low, 0);
  EXPECT_GT(r.accuracy_high, 0.5) << "one wrong answer proves little";
  EXPECT_EQ(r.tokens_per_correct, 0);
}

}  // namespace
}  // namespace laconic::pipeline
