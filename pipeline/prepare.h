// From a request to everything that can be known and checked before a run folder exists.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/fingerprint.h"
#include "pipeline/judges.h"
#include "pipeline/plan.h"
#include "pipeline/recipe.h"
#include "pipeline/sources.h"
#include "pipeline/supervisor.h"
#include "pipeline/train.h"

namespace laconic::pipeline {

struct Prepared {
  Recipe recipe;
  fs::path runs;
  std::string name;
  bool resume = false;
  fs::path fork;                   // the run to fork from, or empty
  Sources sources;
  verifiers::VerifierSpec verifier;  // settled by the model's chat template
  std::shared_ptr<Judges> judges;
  Plan plan;
  std::string plan_text;
  std::string too_large;           // a dry run shows a plan that cannot be; otherwise that is an Error
  Fingerprint fingerprint;         // of the run (resume), or of this machine
  std::unique_ptr<RoleLauncher> owned_launcher;
  RoleLauncher* launcher = nullptr;  // null after a dry run's preparation
};

// Throws Error naming what is wrong with recipe, data, machine or plan. Writes and starts nothing
// (asks `laconic-learner --version`).
Prepared prepare(const TrainRequest& request);

// Throws Error when a stage's `router` keys ask for what the model's gate has not.
void check_router(const Recipe& recipe, const model::Config& config);

}  // namespace laconic::pipeline
