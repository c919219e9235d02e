// Small judged groups for the objective's tests.
#pragma once

#include <vector>

#include "learner/objective/objective.h"
#include "learner/objective/reward.h"

namespace laconic::learner {

struct Spec {
  Outcome outcome = Outcome::kPass;
  std::int32_t length = 1;
  bool cut = false;
  double score = -1;  // −1: 1 for pass, 0 otherwise
};

inline trajectory::Group group_of(const std::vector<Spec>& specs, int draw = 0) {
  trajectory::Group group;
  group.ticket = {0, WorkKind::kTrain, 4, 0, draw, Ticket::kGroup};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Spec& spec = specs[i];
    trajectory::Trajectory t;
    t.ticket = group.ticket.of_sample(static_cast<std::int32_t>(i));
    t.tokens.assign(static_cast<std::size_t>(2 + spec.length), 7);
    t.spans = {{trajectory::Source::kUser, -1, 0, 2}, {trajectory::Source::kModel, 0, 2, spec.length}};
    t.logprob.assign(static_cast<std::size_t>(spec.length), -0.5f);
    t.entropy = t.logprob;
    t.stop = spec.cut ? trajectory::StopReason::kLength : trajectory::StopReason::kEndToken;
    t.judged = true;
    t.judgement.outcome = spec.outcome;
    t.judgement.score = spec.score >= 0 ? spec.score : spec.outcome == Outcome::kPass;
    group.samples.push_back(t);
  }
  return group;
}

// Passes and fails of length 1 each.
inline trajectory::Group binary_group(const std::vector<int>& correct, int draw = 0) {
  std::vector<Spec> specs;
  for (int c : correct) specs.push_back({c ? Outcome::kPass : Outcome::kFail});
  return group_of(specs, draw);
}

inline std::vector<double> advantages(const trajectory::Group& group) {
  std::vector<double> values;
  for (const auto& sample : group.samples) values.push_back(sample.advantage);
  return values;
}

inline void learn(std::vector<trajectory::Group*> groups, const ObjectiveOptions& options, int step = 1) {
  for (trajectory::Group* group : groups) shape_rewards(*group, options, step);
  compute_advantages(groups, options);
}

}  // namespace laconic::learner
