#include "pipeline/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/philox.h"

namespace laconic::pipeline {
namespace {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

Trajectory sample(Outcome outcome, int tokens, StopReason stop = StopReason::kEndToken) {
  Trajectory t;
  t.logprob.assign(static_cast<std::size_t>(tokens), -1.f);
  t.tokens.assign(static_cast<std::size_t>(tokens) + 3, 1);
  t.spans = {{trajectory::Source::kUser, -1, 0, 3}, {trajectory::Source::kModel, 0, 3, tokens}};
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

TEST(Evaluation, TokensOfCorrectAndWrongAnswersAndForcedOnes) {
  std::vector<Group> groups = {group({sample(Outcome::kPass, 10), sample(Outcome::kFail, 20), sample(Outcome::kInfraError, 500)}),
                               group({sample(Outcome::kPass, 30), sample(Outcome::kNoAnswer, 60), sample(Outcome::kTimeout, 40)})};
  Trajectory& t = groups[1].samples[0];
  t.tokens.insert(t.tokens.end(), 4, 9);
  t.spans = {{trajectory::Source::kUser, -1, 0, 3}, {trajectory::Source::kModel, 0, 3, 10}, {trajectory::Source::kEnvironment, -1, 13, 4},
             {trajectory::Source::kModel, 0, 17, 20}};
  const EvalResult r = evaluate_groups(groups);
  EXPECT_DOUBLE_EQ(r.tokens_correct, 20);
  EXPECT_DOUBLE_EQ(r.tokens_wrong, 40) << "what has no verdict is not wrong";
  EXPECT_DOUBLE_EQ(r.mean_tokens, 110) << "forced tokens are not the model's";
  EXPECT_DOUBLE_EQ(r.forced, 1.0 / 6);
  const std::vector<std::pair<Outcome, int>> outcomes = {{Outcome::kPass, 2}, {Outcome::kFail, 1}, {Outcome::kNoAnswer, 1}, {Outcome::kTimeout, 1}, {Outcome::kInfraError, 1}};
  EXPECT_EQ(r.outcomes, outcomes);
  const EvalResult none = evaluate_groups({group({sample(Outcome::kPass, 10)})});
  EXPECT_EQ(none.tokens_wrong, 0);
}

// All subsets of k of n answers, of which c are right, counted one by one.
TEST(Evaluation, PassAtKIsTheShareOfSubsetsWithACorrectAnswer) {
  for (int n = 1; n <= 9; ++n)
    for (int c = 0; c <= n; ++c)
      for (int k = 1; k <= n; ++k) {
        int subsets = 0, with_correct = 0;
        for (unsigned set = 0; set < 1u << n; ++set) {
          if (__builtin_popcount(set) != k) continue;
          ++subsets;
          with_correct += (set & ((1u << c) - 1)) != 0;
        }
        EXPECT_NEAR(pass_at_k(n, c, k), static_cast<double>(with_correct) / subsets, 1e-12) << n << " " << c << " " << k;
      }
  EXPECT_NEAR(pass_at_k(10000, 1, 5000), 0.5, 1e-9) << "no overflow";
}

TEST(Evaluation, PassAtKOverProblemsWithEnoughVerdicts) {
  const auto p = Outcome::kPass, f = Outcome::kFail, absent = Outcome::kInfraError;
  const auto of = [](std::vector<Outcome> outcomes) {
    std::vector<Trajectory> samples;
    for (const Outcome outcome : outcomes) samples.push_back(sample(outcome, 10));
    return group(samples);
  };
  const EvalResult r = evaluate_groups({of({p, f, f, f, f, f}), of({p, p, absent, f, absent, absent}), of({absent, absent, absent, absent, absent, absent})});
  ASSERT_EQ(r.pass_at.size(), 4u);  // 1, 2, 4, 6
  EXPECT_EQ(r.pass_at[0].first, 1);
  EXPECT_NEAR(r.pass_at[0].second, (1.0 / 6 + 2.0 / 3) / 2, 1e-12);
  EXPECT_NEAR(r.pass_at[1].second, (1.0 / 3 + 1) / 2, 1e-12);  // of 3 answers with 2 right, any two hold a right one
  EXPECT_EQ(r.pass_at[2].first, 4);
  EXPECT_NEAR(r.pass_at[2].second, 4.0 / 6, 1e-12) << "only the first problem has four verdicts";
  EXPECT_EQ(r.pass_at[3].first, 6);
  EXPECT_NEAR(r.pass_at[3].second, 1, 1e-12);
  EXPECT_TRUE(evaluate_groups({of({absent})}).pass_at.empty());
}

// Problems of different difficulty, many samples each: the interval must hold the true accuracy about
// 95 times in 100, where one that took samples for independent would fail.
TEST(Evaluation, TheIntervalCoversWhenSamplesOfAProblemAreAlike) {
  int covered = 0, naive = 0;
  constexpr int kTrials = 400, kProblems = 25, kSamples = 8;
  PhiloxStream random(17, 3);
  const auto uniform = [&] { return static_cast<double>(random.below(1 << 20)) / (1 << 20); };
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<Group> groups;
    for (int i = 0; i < kProblems; ++i) {
      const double u = uniform(), solved = u * u;  // mean 1/3
      std::vector<Trajectory> samples;
      for (int k = 0; k < kSamples; ++k) samples.push_back(sample(uniform() < solved ? Outcome::kPass : Outcome::kFail, 1));
      groups.push_back(group(samples));
    }
    const EvalResult r = evaluate_groups(groups);
    covered += r.accuracy_low <= 1.0 / 3 && 1.0 / 3 <= r.accuracy_high;
    const double half = 1.96 * std::sqrt(r.accuracy * (1 - r.accuracy) / (kProblems * kSamples));
    naive += std::abs(r.accuracy - 1.0 / 3) <= half;
  }
  EXPECT_GE(covered, kTrials * 92 / 100);
  EXPECT_LE(covered, kTrials * 99 / 100) << "wider than it need be";
  EXPECT_LT(naive, kTrials * 80 / 100) << "the problems are too alike to test anything";
}

TEST(Evaluation, MoreSamplesOfTheSameProblemsNarrowTheIntervalOnlySoFar) {
  const auto half_right = [](int problems, int samples) {  // problems always right or always wrong
    std::vector<Group> groups;
    for (int i = 0; i < problems; ++i) groups.push_back(group(std::vector<Trajectory>(static_cast<std::size_t>(samples), sample(i % 2 ? Outcome::kPass : Outcome::kFail, 1))));
    const EvalResult r = evaluate_groups(groups);
    return r.accuracy_high - r.accuracy_low;
  };
  EXPECT_GE(half_right(40, 16), half_right(40, 1)) << "they say nothing new";
  std::vector<Group> mixed;  // each problem solved half of the time: samples do say something
  for (int i = 0; i < 40; ++i) {
    std::vector<Trajectory> samples;
    for (int k = 0; k < 16; ++k) samples.push_back(sample(k % 2 ? Outcome::kPass : Outcome::kFail, 1));
    mixed.push_back(group(samples));
  }
  const EvalResult r = evaluate_groups(mixed);
  EXPECT_LT(r.accuracy_high - r.accuracy_low, half_right(40, 1) / 2);
}

TEST(Evaluation, AccuracyWithinCountsOnlyAnswersThatEnded) {
  const std::vector<Group> groups = {group({sample(Outcome::kPass, 10), sample(Outcome::kPass, 20), sample(Outcome::kPass, 5, StopReason::kLength),
                                            sample(Outcome::kInfraError, 1)})};
  EXPECT_DOUBLE_EQ(accuracy_within(groups, 10), 1.0 / 3);
  EXPECT_DOUBLE_EQ(accuracy_within(groups, 100), 2.0 / 3);
  EXPECT_TRUE(std::isnan(accuracy_within({}, 10)));
}

}  // namespace
}  // namespace laconic::pipeline
