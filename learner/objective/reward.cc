#include "learner/objective/reward.h"

#include <algorithm>

#include "learner/objective/objective.h"

namespace laconic::learner {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

std::optional<double> unshaped_score(const Trajectory& sample) {
  if (!sample.judged) return std::nullopt;
  return counted_score(sample.judgement.outcome, sample.judgement.score);
}

bool is_correct(const Trajectory& sample) { return sample.judged && sample.judgement.outcome == Outcome::kPass; }

std::vector<double> length_lambdas(std::span<const std::int32_t> lengths) {
  std::vector<double> lambdas(lengths.size(), 0.0);
  if (lengths.empty()) return lambdas;
  const auto [low, high] = std::minmax_element(lengths.begin(), lengths.end());
  if (*low == *high) return lambdas;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    lambdas[i] = 0.5 - static_cast<double>(lengths[i] - *low) / static_cast<double>(*high - *low);
  return lambdas;
}

double length_weight_at(const ObjectiveOptions& options, int step) {
  if (options.length_reward == "none") return 0;
  if (options.length_warmup_steps <= 0) return options.length_weight;
  return options.length_weight * std::min(1.0, static_cast<double>(step) / options.length_warmup_steps);
}

bool has_signal(const Group& group) {
  std::optional<double> first;
  for (const Trajectory& sample : group.samples)
    if (const auto score = unshaped_score(sample)) {
      if (first && *score != *first) return true;
      first = score;
    }
  return false;
}

void shape_rewards(Group& group, const ObjectiveOptions& options, int step) {
  std::vector<Trajectory*> rated;  // those the length reward compares
  std::vector<std::int32_t> lengths;
  for (Trajectory& sample : group.samples) {
    sample.reward = sample.reward_length = 0;
    const auto score = unshaped_score(sample);
    if (!score) continue;
    sample.reward = *score * (sample.stop == StopReason::kEndToken ? 1.0 : options.truncation_factor);
    if (is_correct(sample) && sample.stop == StopReason::kEndToken) {
      rated.push_back(&sample);
      lengths.push_back(sample.response_length());
    }
  }
  const double weight = length_weight_at(options, step);
  if (weight == 0) return;
  const std::vector<double> lambdas = length_lambdas(lengths);
  for (std::size_t i = 0; i < rated.size(); ++i) {
    rated[i]->reward_length = weight * lambdas[i];
    rated[i]->reward += rated[i]->reward_length;
  }
}

}  // namespace laconic::learner
