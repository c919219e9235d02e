// Asking a model the problems of an evaluation, at one think budget or several.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/data/problem.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/judges.h"
#include "rollout/engine.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::cli {

struct EvalPlan {
  std::vector<pipeline::Problem> problems;
  std::vector<wire::ThinkBudget> budgets;  // by falling limit, an unlimited one first
  wire::Sampling sampling;
  int samples = 1;
  std::int64_t seed = 0;
};

struct EvalRun {
  std::vector<std::vector<trajectory::Group>> groups;  // [budget][problem], judged, without expert ids and kept sets
  std::int64_t tokens = 0;                             // sampled in all
  int reused = 0;                                      // groups that a smaller budget took over as they are
  double seconds = 0;
};

// A group whose samples all end their thinking within a smaller budget is the same at that budget, bit for bit
// (rollout/engine.h): it is not sampled again. Progress with an estimate of the time left goes to stderr. nullopt:
// interrupted.
std::optional<EvalRun> run_eval(const EvalPlan& plan, rollout::Engine& engine, pipeline::Judges& judges, const pipeline::Prompts& prompts);

}  // namespace laconic::cli
