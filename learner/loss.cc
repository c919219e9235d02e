#include "learner/loss.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::learner {
namespace {

constexpr double kClamp = 20;

double clamped(double x) { return std::clamp(x, -kClamp, kClamp); }

}  // namespace

double kl_k1(double logp, double logp_ref) { return -clamped(logp_ref - logp); }

double kl_k2(double logp, double logp_ref) {
  const double delta = clamped(logp_ref - logp);
  return 0.5 * delta * delta;
}

double kl_k3(double logp, double logp_ref) {
  const double delta = clamped(logp_ref - logp);
  return std::expm1(delta) - delta;
}

double kl_unbiased(double logp, double logp_ref, double logp_old) {
  return std::exp(clamped(logp - logp_old)) * kl_k3(logp, logp_ref);
}

Aggregation aggregation_named(const std::string& name) {
  if (name == "token_mean") return Aggregation::kTokenMean;
  if (name == "constant") return Aggregation::kConstant;
  if (name == "sequence_mean") return Aggregation::kSequenceMean;
  throw Error(fmt::format("loss.aggregation = '{}' is not one of token_mean, constant, sequence_mean", name));
}

double LossScale::weight(double sequence_tokens) const {
  switch (aggregation) {
    case Aggregation::kTokenMean: return 1 / tokens;
    case Aggregation::kConstant: return 1 / constant;
    case Aggregation::kSequenceMean: return 1 / (sequences * sequence_tokens);
  }
  return 0;
}

TokenLoss grpo_token(double logp, double logp_old, double logp_ref, double advantage, const LossOptions& options) {
  TokenLoss token;
  const double log_ratio = logp - logp_old;
  token.ratio = std::exp(clamped(log_ratio));
  const double dratio = std::abs(log_ratio) < kClamp ? token.ratio : 0;  // dr/dlogp

  const double free = -advantage * token.ratio;
  const double bounded = -advantage * std::clamp(token.ratio, 1 - options.clip_low, 1 + options.clip_high);
  token.value = free;
  token.dlogp = -advantage * dratio;
  if (bounded > free) {
    token.value = bounded;
    token.dlogp = 0;
    (advantage < 0 ? token.clipped_low : token.clipped_high) = true;
  }
  if (advantage < 0 && options.dual_clip > 0 && token.value > -options.dual_clip * advantage) {
    token.value = -options.dual_clip * advantage;
    token.dlogp = 0;
    token.clipped_dual = true;
  }
  if (options.beta > 0) {
    const double delta = logp_ref - logp;
    const double k3 = kl_k3(logp, logp_ref);
    // d(r·k3) = dr·k3 + r·(1 − e^Δ), the last term gone where Δ is clamped.
    const double dk3 = std::abs(delta) < kClamp ? -std::expm1(delta) : 0;
    token.kl = token.ratio * k3;
    token.value += options.beta * token.kl;
    token.dlogp += options.beta * (dratio * k3 + token.ratio * dk3);
  }
  return token;
}

void LossSums::add(const LossSums& other) {
  tokens += other.tokens;
  loss += other.loss;
  nll += other.nll;
  entropy += other.entropy;
  kl += other.kl;
  kl_tokens += other.kl_tokens;
  ratio += other.ratio;
  ratio_min = std::min(ratio_min, other.ratio_min);
  ratio_max = std::max(ratio_max, other.ratio_max);
  clipped_low += other.clipped_low;
  clipped_high += other.clipped_high;
  clipped_dual += other.clipped_dual;
  logp_diff += other.logp_diff;
  logp_diff_max = std::max(logp_diff_max, other.logp_diff_max);
}

void sft_loss(const SequenceValues& values, const LossScale& scale, std::span<float> dlogp, LossSums& sums) {
  const double weight = scale.weight(static_cast<double>(values.logp.size()));
  for (std::size_t i = 0; i < values.logp.size(); ++i) {
    sums.tokens += 1;
    sums.nll -= values.logp[i];
    sums.loss -= weight * values.logp[i];
    sums.entropy += values.entropy[i];
    dlogp[i] = static_cast<float>(-weight);
  }
}

void grpo_loss(const SequenceValues& values, const LossOptions& options, const LossScale& scale, std::span<float> dlogp, LossSums& sums) {
  const double weight = scale.weight(static_cast<double>(values.logp.size()));
  for (std::size_t i = 0; i < values.logp.size(); ++i) {
    const double logp = values.logp[i], old = values.logp_old[i];
    const double ref = values.logp_ref.empty() ? 0 : values.logp_ref[i];
    const TokenLoss token = grpo_token(logp, old, ref, values.advantage, options);
    dlogp[i] = static_cast<float>(weight * token.dlogp);
    sums.tokens += 1;
    sums.loss += weight * token.value;
    sums.entropy += values.entropy[i];
    sums.ratio += token.ratio;
    sums.ratio_min = std::min(sums.ratio_min, token.ratio);
    sums.ratio_max = std::max(sums.ratio_max, token.ratio);
    sums.clipped_low += token.clipped_low;
    sums.clipped_high += token.clipped_high;
    sums.clipped_dual += token.clipped_dual;
    const double diff = std::abs(logp - old);
    sums.logp_diff += diff;
    sums.logp_diff_max = std::max(sums.logp_diff_max, diff);
    if (!values.logp_ref.empty()) {
      sums.kl += kl_k3(logp, ref);
      sums.kl_tokens += 1;
    }
  }
}

}  // namespace laconic::learner
