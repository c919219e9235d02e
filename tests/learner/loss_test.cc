#include "learner/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/philox.h"

namespace laconic::learner {
namespace {

TEST(Kl, EstimatorsMatchWorkedVectors) {
  EXPECT_NEAR(kl_k1(-1.0, -1.3), 0.3, 1e-12);
  EXPECT_NEAR(kl_k2(-1.0, -1.3), 0.045, 1e-12);
  EXPECT_NEAR(kl_k3(-1.0, -1.3), 0.04081822, 5e-9);
  EXPECT_NEAR(kl_unbiased(-1.0, -1.3, -1.2), 0.04985549, 5e-9);
}

TEST(Kl, IsZeroOnlyWhereThePoliciesAgree) {
  EXPECT_EQ(kl_k3(-2.5, -2.5), 0);
  EXPECT_GT(kl_k3(-2.5, -2.4), 0);
  EXPECT_GT(kl_k3(-2.5, -2.6), 0);
  EXPECT_TRUE(std::isfinite(kl_k3(-1, 500)));
}

LossOptions clip_options(double beta = 0) {
  LossOptions options;
  options.clip_low = 0.2;
  options.clip_high = 0.28;
  options.dual_clip = 3;
  options.beta = beta;
  return options;
}

TEST(Grpo, OnPolicyLossIsTheNegatedAdvantage) {
  for (const double advantage : {-1.5, 0.0, 2.0}) {
    const TokenLoss token = grpo_token(-0.7, -0.7, 0, advantage, clip_options());
    EXPECT_EQ(token.ratio, 1.0);
    EXPECT_EQ(token.value, -advantage);
    EXPECT_EQ(token.dlogp, -advantage);
    EXPECT_FALSE(token.clipped_low || token.clipped_high || token.clipped_dual);
  }
}

TEST(Grpo, ClipsAsymmetricallyAndOnlyWhereItHelps) {
  const LossOptions options = clip_options();
  // Ratio 1.5, positive advantage: held at 1.28, no gradient.
  TokenLoss token = grpo_token(std::log(1.5), 0, 0, 2, options);
  EXPECT_NEAR(token.value, -2 * 1.28, 1e-12);
  EXPECT_EQ(token.dlogp, 0);
  EXPECT_TRUE(token.clipped_high);
  // Ratio 1.5, negative advantage: not clipped, pushed down.
  token = grpo_token(std::log(1.5), 0, 0, -2, options);
  EXPECT_NEAR(token.value, 3, 1e-12);
  EXPECT_NEAR(token.dlogp, 3, 1e-12);
  // Ratio 0.5, negative advantage: held at 0.8.
  token = grpo_token(std::log(0.5), 0, 0, -2, options);
  EXPECT_NEAR(token.value, 1.6, 1e-12);
  EXPECT_EQ(token.dlogp, 0);
  EXPECT_TRUE(token.clipped_low);
  // Ratio 0.5, positive advantage: not clipped.
  token = grpo_token(std::log(0.5), 0, 0, 2, options);
  EXPECT_NEAR(token.value, -1, 1e-12);
  EXPECT_NEAR(token.dlogp, -1, 1e-12);
}

TEST(Grpo, DualClipBoundsNegativeAdvantages) {
  LossOptions options = clip_options();
  const TokenLoss bounded = grpo_token(std::log(5.0), 0, 0, -2, options);
  EXPECT_NEAR(bounded.value, 6, 1e-12);  // −3·A instead of −5·A
  EXPECT_EQ(bounded.dlogp, 0);
  EXPECT_TRUE(bounded.clipped_dual);
  options.dual_clip = 0;
  EXPECT_NEAR(grpo_token(std::log(5.0), 0, 0, -2, options).value, 10, 1e-12);
}

TEST(Grpo, RatioIsBoundedForAbsurdLogProbs) {
  const TokenLoss token = grpo_token(-1, -400, 0, -1, clip_options());
  EXPECT_NEAR(token.ratio, std::exp(20.0), 1);
  EXPECT_EQ(token.dlogp, 0);
}

// d value / d logp by central differences over random tokens, away from the kinks.
TEST(Grpo, DerivativeMatchesFiniteDifferences) {
  PhiloxStream random(11, 0);
  const double h = 1e-6;
  int checked = 0;
  for (int i = 0; i < 4000; ++i) {
    const double logp = -4 * random.uniform(), old = logp + 1.6 * random.uniform() - 0.8, ref = logp + random.uniform() - 0.5;
    const double advantage = 4 * random.uniform() - 2;
    const LossOptions options = clip_options(i % 2 ? 0.3 : 0.0);
    const TokenLoss low = grpo_token(logp - h, old, ref, advantage, options), high = grpo_token(logp + h, old, ref, advantage, options);
    const auto kind = [](const TokenLoss& t) { return t.clipped_low * 4 + t.clipped_high * 2 + t.clipped_dual; };
    if (kind(low) != kind(high)) continue;
    const double numeric = (high.value - low.value) / (2 * h);
    ASSERT_NEAR(grpo_token(logp, old, ref, advantage, options).dlogp, numeric, 1e-6 * (1 + std::abs(numeric)));
    ++checked;
  }
  EXPECT_GT(checked, 3900);
}

TEST(Grpo, UnbiasedKlGradientIsRatioTimesLogRatioToTheReference) {
  LossOptions options = clip_options(1.0);
  const TokenLoss token = grpo_token(-1.0, -1.2, -1.3, 0, options);
  EXPECT_NEAR(token.kl, 0.04985549, 5e-9);
  EXPECT_NEAR(token.dlogp, std::exp(0.2) * 0.3, 1e-12);
}

struct Sequence {
  std::vector<float> logp, entropy, old;
  double advantage;
};

LossSums run(const std::vector<Sequence>& sequences, Aggregation aggregation, double constant, std::vector<float>& gradient) {
  LossScale scale{aggregation, 0, 0, constant};
  for (const Sequence& s : sequences) {
    scale.tokens += static_cast<double>(s.logp.size());
    scale.sequences += 1;
  }
  LossSums sums;
  for (const Sequence& s : sequences) {
    std::vector<float> d(s.logp.size());
    grpo_loss({s.logp, s.entropy, s.old, {}, s.advantage}, clip_options(), scale, d, sums);
    gradient.insert(gradient.end(), d.begin(), d.end());
  }
  return sums;
}

// On-policy: token losses are −A, so each aggregation is a weighted mean that can be done by hand.
TEST(Aggregation, DividesByGlobalCounts) {
  const Sequence brief{{-1}, {0.5}, {-1}, 3}, wordy{{-1, -2, -3}, {0.5, 0.5, 0.5}, {-1, -2, -3}, -1};
  std::vector<float> g;
  EXPECT_NEAR(run({brief, wordy}, Aggregation::kTokenMean, 0, g).loss, (-3 + 3 * 1) / 4.0, 1e-12);
  EXPECT_FLOAT_EQ(g[0], -3 / 4.0f);
  EXPECT_FLOAT_EQ(g[1], 1 / 4.0f);
  g.clear();
  EXPECT_NEAR(run({brief, wordy}, Aggregation::kConstant, 10, g).loss, 0.0, 1e-12);
  EXPECT_FLOAT_EQ(g[0], -0.3f);
  g.clear();
  EXPECT_NEAR(run({brief, wordy}, Aggregation::kSequenceMean, 0, g).loss, (-3 + 1) / 2.0, 1e-12);
  EXPECT_FLOAT_EQ(g[0], -1.5f);
  EXPECT_FLOAT_EQ(g[1], 1 / 6.0f);
  EXPECT_THROW(aggregation_named("mean"), Error);
}

TEST(Sft, IsTheMeanNegativeLogProb) {
  const std::vector<float> logp = {-1, -3}, entropy = {1, 2};
  std::vector<float> d(2);
  LossSums sums;
  sft_loss({logp, entropy, {}, {}, 0}, {Aggregation::kTokenMean, 8, 0, 0}, d, sums);
  EXPECT_DOUBLE_EQ(sums.loss, 0.5);
  EXPECT_DOUBLE_EQ(sums.nll, 4);
  EXPECT_FLOAT_EQ(d[0], -0.125f);
}

}  // namespace
}  // namespace laconic::learner
