// The losses and their derivatives by log-probability, in closed form: no autograd, no torch.
//
// A loss is an explicit function of the policy's log-probs (from the kernels), the behaviour
// log-probs, the advantages and, with a KL penalty, the reference's log-probs. dL/dlogp of each
// target is what the gradient loop starts from.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "learner/objective/options.h"

namespace laconic::learner {

// KL estimators on one sampled token, Δ = log π_ref − log π_θ (Schulman, "Approximating KL
// divergence"): k1 = −Δ, k2 = Δ²/2, k3 = e^Δ − Δ − 1. Δ is clamped to ±20.
double kl_k1(double logp, double logp_ref);
double kl_k2(double logp, double logp_ref);
double kl_k3(double logp, double logp_ref);
// DeepSeek-V3.2 §3.1: (π_θ/π_old) · k3, whose value and gradient are right off-policy too.
double kl_unbiased(double logp, double logp_ref, double logp_old);

enum class Aggregation { kTokenMean, kConstant, kSequenceMean };
Aggregation aggregation_named(const std::string& name);  // throws Error with the valid names

// The global counts of one optimizer step: what every share of it divides by, so that neither
// packing nor micro-batch size changes the update.
struct LossScale {
  Aggregation aggregation = Aggregation::kTokenMean;
  double tokens = 0;     // loss tokens of the optimizer step
  double sequences = 0;  // sequences with a loss token
  double constant = 0;   // kConstant: Dr. GRPO's fixed divisor

  // Weight of one token's loss, in a sequence of `sequence_tokens` loss tokens.
  double weight(double sequence_tokens) const;
};

struct TokenLoss {
  double value = 0, dlogp = 0;  // unweighted
  double ratio = 1, kl = 0;     // kl: the estimator in use, 0 without penalty
  bool clipped_low = false, clipped_high = false, clipped_dual = false;
};

// One token of the clipped surrogate, as a loss (PPO, Schulman et al. 2017; asymmetric: DAPO, Yu et
// al. 2025; dual clip: Ye et al. 2020), plus beta times the unbiased KL when beta > 0.
//   r = exp(clamp(logp − old, ±20));  l = max(−A·r, −A·clip(r, 1 − low, 1 + high));
//   A < 0 and dual > 0:  l = min(l, −dual·A).
TokenLoss grpo_token(double logp, double logp_old, double logp_ref, double advantage, const LossOptions& options);

// Sums over an optimizer step's (or a whole batch's) loss tokens; metrics are made from them.
struct LossSums {
  double tokens = 0, loss = 0;               // loss: weighted, so the sum is the loss itself
  double nll = 0, entropy = 0, kl = 0, kl_tokens = 0;
  double ratio = 0;
  double ratio_min = std::numeric_limits<double>::infinity(), ratio_max = 0;
  double clipped_low = 0, clipped_high = 0, clipped_dual = 0;
  double logp_diff = 0, logp_diff_max = 0;   // |kernel − behaviour|
  void add(const LossSums& other);
};

// The targets of one sequence, parallel arrays. `logp_ref` is empty without a reference pass.
struct SequenceValues {
  std::span<const float> logp, entropy;      // from the kernels
  std::span<const float> logp_old, logp_ref; // behaviour (grpo); reference
  double advantage = 0;
};

// Fill dlogp[i] = d loss / d logp[i] and add to `sums`.
void sft_loss(const SequenceValues& values, const LossScale& scale, std::span<float> dlogp, LossSums& sums);
void grpo_loss(const SequenceValues& values, const LossOptions& options, const LossScale& scale, std::span<float> dlogp, LossSums& sums);

}  // namespace laconic::learner
