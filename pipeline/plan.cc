#include "pipeline/plan.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "learner/objective/lora_targets.h"
#include "model/forward.h"

namespace laconic::pipeline {
namespace {

constexpr double kMb = 1e6;
// Resident memory of a role that has loaded nothing yet.
constexpr double kHubBaseMb = 40, kRolloutBaseMb = 30, kVerifierBaseMb = 15, kLearnerBaseMb = 350;

int largest_lag(const Recipe& recipe) {
  int lag = 0;
  for (const Stage& stage : recipe.stages) lag = std::max(lag, stage.lag);
  return lag;
}

// Most tokens of one batch.
double batch_tokens(const Stage& stage, const model::Config& config) {
  if (stage.type == StageType::kSft) return static_cast<double>(stage.batch) * static_cast<double>(config.max_position_embeddings);
  return static_cast<double>(stage.objective.prompts_per_step) * stage.objective.group_size * stage.sampling.max_tokens;
}

double kv_mb_per_sequence(const model::Config& config, std::int64_t tokens) {
  return static_cast<double>(model::kv_bytes(config, (tokens + 31) / 32)) / kMb;
}

// Of one stage: an adapter [outputs, inputs] has rank·(outputs + inputs). Throws Error on targets that
// the model has not.
std::int64_t adapter_parameters(const Recipe& recipe, const Stage& stage, const model::Config& config) {
  std::vector<std::string> names;
  std::map<std::string, std::int64_t> extents;
  for (const model::TensorSpec& spec : model::tensor_specs(config)) {
    names.push_back(spec.name);
    for (const std::int64_t extent : spec.shape) extents[spec.name] += extent;
  }
  std::int64_t count = 0;
  for (const std::string& name : learner::lora_tensors(stage.lora, names, recipe.where(stage.name + ".lora.targets", "the recipe"))) count += stage.lora.rank * extents[name];
  return count;
}

// Floats a row that differentiating the widest block holds: its activations, what its functions keep for
// the backward pass, and the gradients of both (learner/blocks.cc).
double block_floats(const model::Config& c) {
  const double hidden = static_cast<double>(c.hidden_size), query = static_cast<double>(c.query_width());
  const double keys = c.is_latent() ? static_cast<double>(c.num_attention_heads) * (c.qk_nope_head_dim + c.v_head_dim) : static_cast<double>(c.cache_width());
  const double attention = 8 * query + 3 * keys;
  const double dense = 6 * static_cast<double>(c.first_k_dense_replace > 0 ? c.intermediate_size : 0);
  const double width = static_cast<double>(c.moe_intermediate_size);
  const double experts = static_cast<double>(c.num_experts_per_tok) * (3 * hidden + 6 * width) + 6 * static_cast<double>(c.n_shared_experts) * width + 4 * static_cast<double>(c.n_routed_experts);
  return 6 * hidden + std::max({attention, dense, c.moe_layers() > 0 ? experts : 0.0});
}

}  // namespace

int machine_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return 1;
}

CoreBudget core_budget(const Recipe& recipe, int machine) {
  CoreBudget budget;
  budget.cores = recipe.run.cores > 0 ? std::min(recipe.run.cores, machine) : machine;
  const bool overlap = largest_lag(recipe) > 0;
  const int learner = overlap ? std::max(1, budget.cores / 2) : budget.cores;
  const int rollout = overlap ? std::max(1, budget.cores - learner) : budget.cores;
  budget.learner = recipe.learner.threads > 0 ? recipe.learner.threads : learner;
  budget.rollout = recipe.rollout.threads > 0 ? recipe.rollout.threads : std::max(1, rollout / recipe.rollout.workers);
  return budget;
}

Plan make_plan(const Recipe& recipe, const model::Config& config, int machine) {
  Plan plan;
  plan.parameters = model::count_parameters(config);
  plan.cores = core_budget(recipe, machine);
  const double total = static_cast<double>(plan.parameters.total), packed = 2 * total / kMb;
  bool all_weights = false;
  for (const Stage& stage : recipe.stages) {
    if (stage.lora.rank == 0) all_weights = true;
    else plan.adapters = std::max(plan.adapters, adapter_parameters(recipe, stage, config));
  }
  const double trained = all_weights ? total : static_cast<double>(plan.adapters);
  const double copies = recipe.has_rl() || plan.adapters > 0 ? 2 : 1;  // the stage's first weights are kept: KL, the adapters' base
  int micro_tokens = 0;
  for (const Stage& stage : recipe.stages)
    micro_tokens = std::max(micro_tokens, static_cast<int>(std::min<double>(stage.optimizer.micro_tokens, batch_tokens(stage, config))));
  // The residual stream entering each block is kept in fp32; the backward pass recomputes one block at
  // a time; logits are chunked.
  const double row = 4.0 * static_cast<double>(micro_tokens), residual = row * static_cast<double>(config.hidden_size);
  plan.memory = {
      {"rollout: weights, packed bf16 (two versions while they change)", recipe.rollout.workers * 2 * packed},
      {"rollout: KV pages", static_cast<double>(recipe.rollout.workers) * recipe.rollout.kv_mb * 1.048576},
      {"learner: fp32 masters, gradients, Adam moments" + std::string(all_weights ? "" : " of the adapters"), 16 * trained / kMb},
      {"learner: weights, published bf16" + std::string(copies > 1 ? " (current and the stage's first)" : ""), copies * packed},
      {"learner: a version's file, before it is written", packed},
      {"learner: weights, widened to fp32 for the gradient", 2 * packed},
      {"learner: weights, packed bf16" + std::string(recipe.has_rl() ? " (current and reference)" : ""), (recipe.has_rl() ? 2 : 1) * packed},
      {"learner: activations kept", residual * static_cast<double>(2 * config.layers() + 1) / kMb},
      {"learner: one block recomputed", row * block_floats(config) / kMb},
      {"processes themselves", kHubBaseMb + recipe.rollout.workers * kRolloutBaseMb + recipe.verifier.workers * kVerifierBaseMb + kLearnerBaseMb},
  };
  for (const PlanPart& part : plan.memory) plan.memory_mb += part.mb;
  plan.checkpoint_mb = copies * packed + 12 * trained / kMb;  // published bf16, fp32 masters, Adam
  const double checkpoints = recipe.run.checkpoint_keep + static_cast<double>(recipe.stages.size()) + 2;  // the best, and one being written
  double tokens = 0;
  for (const Stage& stage : recipe.stages)
    if (stage.type == StageType::kRl) tokens += batch_tokens(stage, config) * stage.steps;
  // A stored token: id, log-prob, entropy, text; expert ids live until the next checkpoint.
  plan.disk_mb = checkpoints * plan.checkpoint_mb + (largest_lag(recipe) + 2) * packed + 4 * total / kMb + tokens * 14 / kMb + 10;
  return plan;
}

double available_memory_mb() {
  std::ifstream in("/proc/meminfo");
  std::string name, unit;
  double kb = 0;
  while (in >> name >> kb) {
    std::getline(in, unit);
    if (name == "MemAvailable:") return kb / 1000 * 1.024;
  }
  return 0;
}

void check_plan(const Plan& plan, const Recipe& recipe, const model::Config& config, const fs::path& runs, double available_mb) {
  const double one = kv_mb_per_sequence(config, config.max_position_embeddings);
  if (recipe.has_rl() && one > recipe.rollout.kv_mb * 1.048576)
    throw Error(fmt::format("`rollout.kv_mb` is {}, but one sequence of {} tokens needs {:.1f} MB of KV pages", recipe.rollout.kv_mb, config.max_position_embeddings, one),
                recipe.where("rollout.kv_mb", "the recipe"), fmt::format("set `rollout.kv_mb={}` or more", static_cast<int>(one / 1.048576) + 1));
  if (available_mb > 0 && plan.memory_mb > available_mb) {
    const auto largest = std::max_element(plan.memory.begin(), plan.memory.end(), [](const PlanPart& a, const PlanPart& b) { return a.mb < b.mb; });
    throw Error(fmt::format("the plan needs {:.0f} MB of memory, but {:.0f} MB are available; the largest part is {:.0f} MB for {}", plan.memory_mb, available_mb,
                            largest->mb, largest->name),
                "", "lower rollout.kv_mb, optimizer.micro_tokens or the model's sizes; `--dry-run` shows the plan");
  }
  const double free = static_cast<double>(free_bytes(runs)) / kMb;
  if (plan.disk_mb > free)
    throw Error(fmt::format("the plan writes up to {:.0f} MB, but the disk that holds `{}` has {:.0f} MB free", plan.disk_mb, runs.string(), free), "",
                "free some space, or lower run.checkpoint_keep");
}

std::string plan_text(const Plan& plan, const Recipe& recipe, const model::Config& config, const std::string& run) {
  std::string out = "plan of run " + run + "\n";
  out += fmt::format("  parameters    {:.3f} M, {:.3f} M active per token; {} layers, hidden {}, vocabulary {}, {} positions\n", static_cast<double>(plan.parameters.total) / 1e6,
                     static_cast<double>(plan.parameters.active) / 1e6, config.layers(), config.hidden_size, config.vocab_size, config.max_position_embeddings);
  out += fmt::format("  roles         {} rollout × {} threads, {} verifier, learner × {} threads, on {} cores\n", recipe.rollout.workers, plan.cores.rollout,
                     recipe.verifier.workers, plan.cores.learner, plan.cores.cores);
  if (plan.adapters > 0) out += fmt::format("  adapters      {:.3f} M parameters of low rank, merged into every published version\n", static_cast<double>(plan.adapters) / 1e6);
  for (const Stage& stage : recipe.stages) {
    if (stage.type == StageType::kSft)
      out += fmt::format("  stage {:<8}sft, {} steps × {} chains, at most {:.0f} tokens per step\n", stage.name, stage.steps, stage.batch, batch_tokens(stage, config));
    else
      out += fmt::format("  stage {:<8}rl, {} steps × {} prompts × {} answers, at most {:.0f} tokens per step, lag {}\n", stage.name, stage.steps,
                         stage.objective.prompts_per_step, stage.objective.group_size, batch_tokens(stage, config), stage.lag);
  }
  out += fmt::format("  memory        {:.0f} MB in all processes\n", plan.memory_mb);
  for (const PlanPart& part : plan.memory) out += fmt::format("    {:>8.1f} MB  {}\n", part.mb, part.name);
  out += fmt::format("  files         runs/{}: up to {:.0f} MB; checkpoints of {:.1f} MB every {} steps, {} kept\n", run, plan.disk_mb, plan.checkpoint_mb,
                     recipe.run.checkpoint_every, recipe.run.checkpoint_keep);
  return out;
}

}  // namespace laconic::pipeline
