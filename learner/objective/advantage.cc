// Advantages. With r the shaped reward, over the counted samples of a group:
//
//   group_mean               a = r − mean                       Dr. GRPO, arXiv 2503.20783
//   group_std                a = (r − mean) / (std + 1e-6)      GRPO, arXiv 2402.03300; std with n − 1
//   leave_one_out            a = n/(n − 1) · (r − mean)         RLOO, arXiv 2402.14740
//   group_mean_batch_whiten  a = r − mean, then A = (a − m) / sqrt(v + 1e-8)   REINFORCE++-baseline,
//       arXiv 2501.03262, as DLER uses it: m and the unbiased v are over all response tokens of the
//       batch that carry loss, so that a sample weighs as many times as it has tokens.
//
// What leaves the statistics and the loss: absent samples; with dynamic_sampling, groups without
// signal. Without dynamic_sampling such a group stays: its a is 0 where all rewards are equal (and a
// length reward may make them differ), it counts in the whitening and in the loss's normaliser.
// With mask_truncated, samples cut at the limit leave the loss and the whitening, but stay in their
// group's mean: what they earned is a fact about the prompt.
#include <algorithm>
#include <cmath>

#include "learner/objective/objective.h"
#include "learner/objective/reward.h"

namespace laconic::learner {
namespace {

using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

constexpr double kStdEpsilon = 1e-6;
constexpr double kWhitenEpsilon = 1e-8;

void group_advantages(std::vector<Trajectory*>& counted, const std::string& kind) {
  const double n = static_cast<double>(counted.size());
  double mean = 0;
  for (const Trajectory* sample : counted) mean += sample->reward;
  mean /= n;
  double scale = 1;
  if (kind == "group_std") {
    double squares = 0;
    for (const Trajectory* sample : counted) squares += (sample->reward - mean) * (sample->reward - mean);
    scale = 1 / (std::sqrt(n > 1 ? squares / (n - 1) : 0.0) + kStdEpsilon);
  } else if (kind == "leave_one_out") {
    scale = n > 1 ? n / (n - 1) : 0;  // one sample has nobody to be compared with
  }
  for (Trajectory* sample : counted) sample->advantage = scale * (sample->reward - mean);
}

void whiten(const std::vector<Trajectory*>& samples) {
  double tokens = 0, mean = 0, squares = 0;
  for (const Trajectory* sample : samples) {
    tokens += sample->response_length();
    mean += sample->response_length() * sample->advantage;
  }
  if (tokens == 0) return;
  mean /= tokens;
  for (const Trajectory* sample : samples)
    squares += sample->response_length() * (sample->advantage - mean) * (sample->advantage - mean);
  const double variance = tokens > 1 ? squares / (tokens - 1) : 0;
  for (Trajectory* sample : samples) sample->advantage = (sample->advantage - mean) / std::sqrt(variance + kWhitenEpsilon);
}

}  // namespace

void compute_advantages(std::vector<Group*>& groups, const ObjectiveOptions& options) {
  // Sums run in ticket order, so that the bits do not depend on the order of arrival.
  std::vector<Group*> ordered = groups;
  std::sort(ordered.begin(), ordered.end(), [](const Group* a, const Group* b) { return a->ticket < b->ticket; });
  std::vector<Trajectory*> in_loss;
  for (Group* group : ordered) {
    std::vector<Trajectory*> counted;
    for (Trajectory& sample : group->samples) {
      sample.advantage = 0;
      sample.in_loss = false;
      if (unshaped_score(sample)) counted.push_back(&sample);
    }
    if (counted.empty() || (options.dynamic_sampling && !has_signal(*group))) continue;
    group_advantages(counted, options.advantage);
    for (Trajectory* sample : counted) {
      const bool masked = options.mask_truncated && sample->stop == StopReason::kLength;
      sample->in_loss = !masked && sample->response_length() > 0;
      if (sample->in_loss) in_loss.push_back(sample);
    }
  }
  if (options.advantage == "group_mean_batch_whiten") whiten(in_loss);
  for (Group* group : ordered)
    for (Trajectory& sample : group->samples) sample.advantage = sample.in_loss ? sample.advantage + 0.0 : 0.0;  // no −0
}

}  // namespace laconic::learner
