// What a step's groups say. Names follow TRL where it has one. A metric without a denominator is
// left out: absent is not zero.
#include <algorithm>
#include <cmath>

#include "learner/objective/objective.h"
#include "learner/objective/reward.h"

namespace laconic::learner {
namespace {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// Sample standard deviation (n − 1); of fewer than two values, 0.
double std_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// The smallest value that at least `share` of the values do not exceed.
double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

std::map<std::string, double> group_metrics(const std::vector<const Group*>& groups) {
  std::vector<double> scores, rewards, length_rewards, lengths, correct_lengths, wrong_lengths, group_stds;
  double samples = 0, judged = 0, correct = 0, cut = 0, in_loss = 0, loss_tokens = 0, tokens = 0;
  double silent = 0, all_correct = 0, all_wrong = 0;
  std::map<Outcome, double> outcomes;
  std::map<std::string, std::vector<double>> beside;  // the numbers beside the verdicts, by name
  for (const Group* group : groups) {
    std::vector<double> own;
    double own_correct = 0;
    for (const Trajectory& sample : group->samples) {
      const double length = sample.response_length();
      ++samples;
      lengths.push_back(length);
      tokens += static_cast<double>(sample.tokens.size());
      cut += sample.stop == StopReason::kLength;
      if (sample.in_loss) {
        ++in_loss;
        loss_tokens += length;
      }
      if (!sample.judged) continue;
      ++judged;
      ++outcomes[sample.judgement.outcome];
      for (const auto& [name, value] : sample.judgement.metrics) beside[name].push_back(value);
      const auto score = unshaped_score(sample);
      if (!score) continue;
      own.push_back(*score);
      scores.push_back(*score);
      rewards.push_back(sample.reward);
      length_rewards.push_back(sample.reward_length);
      own_correct += is_correct(sample);
      (is_correct(sample) ? correct_lengths : wrong_lengths).push_back(length);
    }
    correct += own_correct;
    silent += !has_signal(*group);
    if (own.size() >= 2) group_stds.push_back(std_of(own));
    if (!own.empty()) {
      all_correct += own_correct == static_cast<double>(own.size());
      all_wrong += own_correct == 0;
    }
  }

  std::map<std::string, double> metrics;
  const double group_count = static_cast<double>(groups.size());
  metrics["groups"] = group_count;
  metrics["samples"] = samples;
  metrics["num_tokens"] = tokens;
  metrics["loss_tokens"] = loss_tokens;
  if (group_count > 0) {
    metrics["frac_groups_no_signal"] = silent / group_count;
    metrics["frac_groups_all_correct"] = all_correct / group_count;
    metrics["frac_groups_all_wrong"] = all_wrong / group_count;
  }
  if (samples > 0) {
    metrics["completions/mean_length"] = mean_of(lengths);
    metrics["completions/min_length"] = *std::min_element(lengths.begin(), lengths.end());
    metrics["completions/max_length"] = *std::max_element(lengths.begin(), lengths.end());
    metrics["completions/p90_length"] = quantile(lengths, 0.9);
    metrics["completions/clipped_ratio"] = cut / samples;
    metrics["frac_samples_in_loss"] = in_loss / samples;
    metrics["frac_samples_absent"] = 1 - static_cast<double>(scores.size()) / samples;
  }
  if (!correct_lengths.empty()) metrics["completions/mean_length_correct"] = mean_of(correct_lengths);
  if (!wrong_lengths.empty()) metrics["completions/mean_length_wrong"] = mean_of(wrong_lengths);
  if (!scores.empty()) {
    const double counted = static_cast<double>(scores.size());
    metrics["reward"] = mean_of(scores);
    metrics["reward/shaped"] = mean_of(rewards);
    metrics["reward/length"] = mean_of(length_rewards);
    metrics["accuracy"] = correct / counted;
    // Tokens spent per correct answer, over the counted samples: wrong ones cost too.
    if (correct > 0)
      metrics["tokens_per_correct"] = (mean_of(correct_lengths) * correct +
                                       (wrong_lengths.empty() ? 0 : mean_of(wrong_lengths) * static_cast<double>(wrong_lengths.size()))) /
                                      correct;
  }
  if (!group_stds.empty()) metrics["reward_std"] = mean_of(group_stds);
  if (judged > 0)
    for (int i = 0; i < kOutcomeCount; ++i) {
      const OutcomeRow& row = outcome_rows()[i];
      metrics["outcome/" + std::string(row.name)] = outcomes[row.outcome] / judged;
    }
  for (const auto& [name, values] : beside) metrics["verifier/" + name] = mean_of(values);
  return metrics;
}

}  // namespace laconic::learner
