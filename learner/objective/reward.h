// Reward shaping: from a verdict to the number the advantage is computed from.
//
// For a counted sample with unshaped score s (the verifier's, or 0 by the table of outcomes):
//   reward = s · (stop == end token ? 1 : truncation_factor) + reward_length
// An answer that was cut at the token limit keeps only truncation_factor of its score: DLER's "stop
// properly" rule (arXiv 2510.15110, released code), 0.1 there; 1 switches it off, 0 is the plain rule
// that an unfinished answer earns nothing.
//
// reward_length, for length_reward = "group_relative" (Kimi k1.5, arXiv 2501.12599 §2.3.3):
//   λ = 0.5 − (L − min L) / (max L − min L), min and max over the group's correct finished samples
//   reward_length = weight(step) · λ for these samples; 0 for all others
// Wrong answers never gain from being short; a cut answer has no length of its own. It is 0 for all
// when fewer than two samples are correct and finished, or when these are equally long.
// weight(step) = length_weight · min(1, step / length_warmup_steps).
//
// Absent samples get no reward at all: both fields are 0 and `in_loss` will be false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learner/objective/options.h"
#include "trajectory/record.h"

namespace laconic::learner {

// The unshaped score; nullopt: not judged, or judged with an outcome that does not count.
std::optional<double> unshaped_score(const trajectory::Trajectory& sample);

// Judged `pass`. Partial scores are not "correct".
bool is_correct(const trajectory::Trajectory& sample);

// λ of each length among `lengths`; all 0 when they are fewer than two or all equal.
std::vector<double> length_lambdas(std::span<const std::int32_t> lengths);

double length_weight_at(const ObjectiveOptions& options, int step);

}  // namespace laconic::learner
