// The recipe: everything a run is a function of, besides its initial weights and its fingerprint.
//
// A TOML file: top-level keys, the tables below, and a list of [[stage]]. Each key is declared once,
// in the struct that holds it; parsing, validation, overrides, docs/recipes.md and "did you mean"
// come from that declaration. A path in a recipe is relative to the working directory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/options.h"
#include "learner/objective/options.h"
#include "pipeline/data/source.h"
#include "verifiers/spec.h"

namespace laconic::pipeline {

// Where the run starts: a checkpoint folder, or fresh weights of these sizes.
struct ModelOptions {
  std::string path;                  // empty: from scratch
  std::string chat = "auto";         // template around prompts (model/chat/chat.h)
  bool thinking = true;              // false: answers without a <think> block, as the template asks for them
  std::int64_t hidden_size = 256, layers = 8, dense_layers = 1, intermediate_size = 512;
  int heads = 8;
  std::int64_t q_lora_rank = 0, kv_lora_rank = 64;
  int qk_nope_head_dim = 32, qk_rope_head_dim = 16, v_head_dim = 32;
  std::int64_t experts = 32, shared_experts = 1, experts_per_token = 4, moe_intermediate_size = 96;
  std::int64_t positions = 0;  // 0: the checkpoint's own
  std::int64_t fresh_positions() const { return positions > 0 ? positions : 512; }
  double rope_theta = 10000, routed_scaling_factor = 1.0, initializer_range = 0.02;
  std::int64_t vocab_size = 512;     // of the tokenizer trained on the task's chains
  int tokenizer_chains = 2000;       // chains it is trained on
  void declare(OptionSet& set);
};

struct RolloutOptions {
  int workers = 1, threads = 0;      // threads 0: from the core budget
  int kv_mb = 256, prefill_tokens = 512, max_batch = 512;
  double deadline_s = 600;
  void declare(OptionSet& set);
};

struct LearnerOptions {
  int threads = 0;                   // 0: from the core budget; fixed in the fingerprint
  double deadline_s = 1800;
  void declare(OptionSet& set);
};

struct VerifierOptions {
  verifiers::VerifierSpec spec;      // which one, and its own settings
  int workers = 1;
  double deadline_s = 30;            // of one group's samples
  int attempts = 3;                  // infra errors are retried until then
  void declare(OptionSet& set);
};

struct EvalOptions {
  int every = 0;                     // RL steps; 0: before and after only
  int problems = 200, samples = 1, max_tokens = 0;  // max_tokens 0: the stage's
  double temperature = 0;
  void declare(OptionSet& set);
};

struct RunOptions {
  int checkpoint_every = 50, checkpoint_keep = 3;
  bool keep_expert_ids = false;      // expert ids and kept sets outlive their step's checkpoint
  int cores = 0;                     // core budget; 0: all
  double max_absent = 0.1;           // share of a step's samples without a verdict that stops the run
  EvalOptions eval;
  void declare(OptionSet& set);
};

struct SamplingOptions {
  double temperature = 1.0, top_p = 1.0;
  int top_k = 0, max_tokens = 256;
  void declare(OptionSet& set);
};

enum class StageType { kSft, kRl };

struct Stage {
  StageType type = StageType::kSft;
  std::string name;                  // unique; default: its type
  int steps = 100;
  int batch = 32;                    // sft: chains per step
  bool reset_optimizer = true;       // forget Adam's moments of the stage before
  int lag = 0;                       // rl: tickets of step t sample from version max(0, t − lag)
  SamplingOptions sampling;          // rl
  learner::ObjectiveOptions objective;  // rl
  learner::LossOptions loss;         // rl
  learner::OptimizerOptions optimizer;
  learner::LoraOptions lora;
  learner::RouterOptions router;
  DataOptions data;                  // which problems
  void declare(OptionSet& set);      // of its type's keys only; not `type`
};

struct Recipe {
  std::string name;                  // default: the file's stem
  std::int64_t seed = 0;
  ModelOptions model;
  RolloutOptions rollout;
  LearnerOptions learner;
  VerifierOptions verifier;
  RunOptions run;
  std::vector<Stage> stages;
  std::map<std::string, std::string> set_at;  // key → "file:line" or "command line"; absent: the default
  void declare(OptionSet& set);      // all but the stages

  std::string where(const std::string& key, const std::string& fallback) const;  // for errors about a key

  bool has_rl() const;
};

std::string name_of(StageType type);  // "sft", "rl"

// Overrides are "key=value"; a stage's keys are addressed by its name (or type when that is unique):
// "seed=3", "rollout.workers=2", "sft.steps=40", "rl.optimizer.lr=1e-4"; "rl.data=FILE" is short for
// "rl.data.source=FILE". Throws Error naming file:line,
// or "command line", and the nearest valid key.
Recipe load_recipe(const fs::path& path, const std::vector<std::string>& overrides = {});
Recipe parse_recipe(const std::string& text, const std::string& file, const std::vector<std::string>& overrides = {});

// Relations between keys that no single declaration can state; parse_recipe calls it.
void check_recipe(const Recipe& recipe, const std::string& file);

// Every key with its value; parses back to the same recipe.
std::string resolved_toml(const Recipe& recipe);

// Keys whose values differ, as "rl.steps: 40 → 60" lines; empty when the recipes are equal.
std::vector<std::string> recipe_differences(const Recipe& before, const Recipe& after);

// docs/recipes.md, from the declarations.
std::string recipe_docs_markdown();

// The learner's keys of a stage (`optimizer.*`, `lora.*`, `loss.*`, `objective.*`, `sampling.max_tokens`) as a
// JSON object of dotted names.
std::string learner_options_json(const Stage& stage);

}  // namespace laconic::pipeline
