// AdamW (Loshchilov & Hutter 2019) on flat fp32 arrays: bias-corrected moments, decoupled decay on
// matrices only, gradient clipped to a global norm first.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_team.h"
#include "learner/objective/options.h"
#include "learner/parameters.h"

namespace laconic::learner {

struct AdamState {
  std::vector<float> exp_avg, exp_avg_sq;  // the layout of what is trained
  std::int64_t steps = 0;                  // since the last reset: the bias correction's t
  void reset(std::int64_t size);
};

// Learning rate of a stage's step (0-based) of `total_steps`: linear warm-up from lr/warmup, then
// constant, or linear or cosine to lr · lr_final at the last step.
double learning_rate(const OptimizerOptions& options, std::int64_t step, std::int64_t total_steps);

// Euclidean norm over all parameters: sums in double, blocks of fixed size, parameters in name
// order. The same bits for any number of threads.
double gradient_norm(ThreadTeam& team, const ParameterLayout& layout, const std::vector<float>& gradient);

// One step in place. `gradient_scale` multiplies the gradient (clipping). Element-wise: the same
// bits for any number of threads.
void adamw_step(ThreadTeam& team, const ParameterLayout& layout, const OptimizerOptions& options, double lr,
                double gradient_scale, const std::vector<float>& gradient, std::vector<float>& masters, AdamState& state);

}  // namespace laconic::learner
