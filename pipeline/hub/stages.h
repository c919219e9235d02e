// The stages of a run, and the evaluation between them: each is a loop over steps that survives the
// death of any role, stops cleanly when asked, and continues from the newest checkpoint.
#pragma once

#include <optional>

#include "pipeline/evaluation.h"
#include "pipeline/hub/session.h"
#include "pipeline/hub/stage_learner.h"

namespace laconic::pipeline {

// Runs a stage to its end from `first_step` (batches done already). False: stopped by Ctrl-C, with a
// checkpoint.
bool run_sft_stage(Session& session, int stage, int first_step);
bool run_rl_stage(Session& session, int stage, int first_step);

// Evaluates an announced version on the stage's held-out problems; groups that the store has are not
// sampled again. nullopt: Ctrl-C came first, or the recipe wants no evaluation.
std::optional<EvalResult> evaluate(Session& session, int stage, int step, std::int32_t version, const std::string& weights);

// Which evaluations the store has, into the summary: before, best, after.
void recall_evaluations(Session& session);

// After a step is in the store: its line in metrics.jsonl, TensorBoard and the observer.
void report_step(Session& session, int stage, int step, double seconds, const std::map<std::string, double>& metrics);

}  // namespace laconic::pipeline
