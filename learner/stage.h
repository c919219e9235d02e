// What a stage tells the learner: its type, its schedule, its options.
#pragma once

#include <cstdint>
#include <string>

#include "base/options.h"
#include "learner/objective/options.h"

namespace laconic::learner {

struct StageOptions {
  LossOptions loss;            // "loss.…", rl only
  OptimizerOptions optimizer;  // "optimizer.…"
  ObjectiveOptions objective;  // "objective.…": group_size and prompts_per_step, for the constant aggregation
  LoraOptions lora;            // "lora.…"
  RouterOptions router;        // "router.…"
  int max_tokens = 256;        // "sampling.max_tokens": the same
  void declare(OptionSet& set);
};

enum class StageKind { kSft, kRl };
std::string name_of(StageKind kind);                     // "sft", "rl"
StageKind stage_kind_named(const std::string& name);     // throws Error with the valid names

struct StageStart {
  std::int32_t stage = 0;
  StageKind kind = StageKind::kSft;
  std::string options_json = "{}";  // dotted names → values; what is left out keeps its default
  std::int64_t total_steps = 1;
  bool reset_optimizer = true;
  std::uint64_t seed = 0;      // of the run: initial adapters follow from it
};

// Throws Error naming an unknown key (and the nearest valid one), a wrong type or range.
StageOptions parse_stage_options(const std::string& options_json);

}  // namespace laconic::learner
