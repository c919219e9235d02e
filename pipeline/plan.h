// What a recipe will cost, before anything starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/config.h"
#include "pipeline/recipe.h"

namespace laconic::pipeline {

// Who gets how many of the machine's cores. At lag 0 the roles take turns and each may use all (idle
// ones sleep); at lag ≥ 1 they work at once and share.
struct CoreBudget {
  int cores = 1, learner = 1, rollout = 1;  // threads: of the learner; of each rollout worker
};
CoreBudget core_budget(const Recipe& recipe, int machine_cores);
int machine_cores();  // that this process may run on

struct PlanPart {
  std::string name;
  double mb = 0;
};

struct Plan {
  model::ParameterCount parameters;
  std::int64_t adapters = 0;      // parameters of the largest stage with LoRA; 0: there is none
  CoreBudget cores;
  std::vector<PlanPart> memory;   // all processes together, at their peak
  double memory_mb = 0, checkpoint_mb = 0, disk_mb = 0;
};

// `config`: of the model to train (fresh_config, or the checkpoint's).
Plan make_plan(const Recipe& recipe, const model::Config& config, int machine_cores);

// Throws Error when memory (`available_mb`), disk or a KV budget cannot hold the plan.
void check_plan(const Plan& plan, const Recipe& recipe, const model::Config& config, const fs::path& runs, double available_mb);
double available_memory_mb();  // MemAvailable

std::string plan_text(const Plan& plan, const Recipe& recipe, const model::Config& config, const std::string& run);

}  // namespace laconic::pipeline
