// From judged groups to a learner batch. No torch; used by the hub. Pure functions: the same groups
// in the same order give the same batch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "learner/objective/options.h"
#include "trajectory/batch.h"
#include "trajectory/record.h"

namespace laconic::learner {

// Does the group teach anything? Judged on the unshaped scores of the counted samples: at least two
// counted, and not all equal.
bool has_signal(const trajectory::Group& group);

// Fills reward and reward_length of every counted sample. Absent samples get none.
void shape_rewards(trajectory::Group& group, const ObjectiveOptions& options, int step);

// Fills advantage and in_loss of every sample of the step's groups (already shaped).
void compute_advantages(std::vector<trajectory::Group*>& groups, const ObjectiveOptions& options);

// The batch of a step: every sample with in_loss, in ticket order.
trajectory::Batch assemble_rl_batch(const std::vector<const trajectory::Group*>& groups, int stage, int step, float temperature);

// reward (unshaped, shaped), accuracy, tokens (mean, of correct, p90), groups without signal,
// outcome shares, truncation rate, … by their metric names (docs/recipes.md lists them).
std::map<std::string, double> group_metrics(const std::vector<const trajectory::Group*>& groups);

}  // namespace laconic::learner
