#include "pipeline/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace laconic::pipeline {
namespace {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

constexpr double kZ = 1.959963984540054;  // of 95 %, two-sided

std::optional<double> score_of(const Trajectory& sample) {
  return sample.judged ? counted_score(sample.judgement.outcome, sample.judgement.score) : std::nullopt;
}

// A problem with at least one verdict.
struct Answered {
  int counted = 0, correct = 0;
  double score = 0;  // sum
};

// Student's two-sided 95 % quantile by Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5).
double student(double freedom) {
  const double z = kZ, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, v = freedom;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

double effective_answers(const std::vector<Answered>& problems, double p, double answers) {
  const auto n = static_cast<double>(problems.size());
  if (answers == n || n < 2 || p <= 0 || p >= 1) return n;
  double squares = 0;
  for (const Answered& a : problems) squares += (a.score - p * a.counted) * (a.score - p * a.counted);
  const double variance = n / (n - 1) * squares / (answers * answers);
  const double effective = std::min(answers, variance > 0 ? p * (1 - p) / variance : answers);
  const double t = student(n - 1);
  return effective * kZ * kZ / (t * t);
}

void set_interval(EvalResult& result, double n) {
  const double p = result.accuracy, z2 = kZ * kZ;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  result.accuracy_low = std::max(0.0, centre - half);
  result.accuracy_high = std::min(1.0, centre + half);
}

std::vector<std::pair<int, double>> pass_curve(const std::vector<Answered>& problems, int samples) {
  std::vector<std::pair<int, double>> curve;
  for (int k = 1; k <= samples; k = k < samples ? std::min(2 * k, samples) : samples + 1) {
    double sum = 0, with_enough = 0;
    for (const Answered& a : problems) {
      if (a.counted < k) continue;
      sum += pass_at_k(a.counted, a.correct, k);
      ++with_enough;
    }
    if (with_enough > 0) curve.emplace_back(k, sum / with_enough);
  }
  return curve;
}

}  // namespace

double pass_at_k(int n, int c, int k) {
  double none = 1;  // Π (n − c − i) / (n − i): no correct one among k drawn without replacement
  for (int i = 0; i < k; ++i) none *= static_cast<double>(std::max(0, n - c - i)) / (n - i);
  return 1 - none;
}

double accuracy_within(const std::vector<Group>& groups, int tokens) {
  double counted = 0, right = 0;
  for (const Group& group : groups)
    for (const Trajectory& sample : group.samples) {
      const auto score = score_of(sample);
      if (!score) continue;
      ++counted;
      if (sample.stop == StopReason::kEndToken && sample.response_length() <= tokens) right += *score;
    }
  return counted > 0 ? right / counted : std::numeric_limits<double>::quiet_NaN();
}

EvalResult evaluate_groups(const std::vector<Group>& groups) {
  EvalResult result;
  result.problems = static_cast<int>(groups.size());
  double score = 0, tokens = 0, tokens_correct = 0, tokens_wrong = 0, correct = 0, passed = 0, cut = 0, forced = 0, all = 0;
  std::vector<Answered> answered;
  int outcomes[kOutcomeCount] = {};
  for (const Group& group : groups) {
    result.samples = std::max(result.samples, static_cast<int>(group.samples.size()));
    Answered own;
    for (const Trajectory& sample : group.samples) {
      ++all;
      tokens += sample.response_length();
      cut += sample.stop == StopReason::kLength;
      forced += sample.forced_length() > 0;
      if (sample.judged) ++outcomes[static_cast<int>(sample.judgement.outcome)];
      const auto one = score_of(sample);
      if (!one) continue;
      const bool right = sample.judgement.outcome == Outcome::kPass;
      ++own.counted;
      own.correct += right;
      own.score += *one;
      (right ? tokens_correct : tokens_wrong) += sample.response_length();
    }
    if (own.counted == 0) continue;
    answered.push_back(own);
    result.counted += own.counted;
    score += own.score;
    correct += own.correct;
    passed += own.correct > 0;
  }
  result.absent = static_cast<int>(all) - result.counted;
  if (result.counted > 0) {
    result.accuracy = score / result.counted;
    result.pass_at_k = passed / static_cast<double>(answered.size());
    set_interval(result, effective_answers(answered, result.accuracy, result.counted));
  }
  if (all > 0) {
    result.mean_tokens = tokens / all;
    result.truncated = cut / all;
    result.forced = forced / all;
  }
  if (correct > 0) {
    result.tokens_per_correct = tokens / correct;
    result.tokens_correct = tokens_correct / correct;
  }
  if (result.counted > correct) result.tokens_wrong = tokens_wrong / (result.counted - correct);
  for (int i = 0; i < kOutcomeCount; ++i)
    if (outcomes[i] > 0) result.outcomes.emplace_back(static_cast<Outcome>(i), outcomes[i]);
  result.pass_at = pass_curve(answered, result.samples);
  return result;
}

}  // namespace laconic::pipeline
