// Relations between recipe keys that no single declaration can state.
#include <fmt/format.h>

#include "base/error.h"
#include "learner/objective/lora_targets.h"
#include "pipeline/data/generator.h"
#include "pipeline/recipe.h"

namespace laconic::pipeline {
namespace {

void check_model(const Recipe& recipe, const std::string& file) {
  const ModelOptions& m = recipe.model;
  if (!m.path.empty()) {
    for (const auto& [key, where] : recipe.set_at)
      if (key.rfind("model.", 0) == 0 && key != "model.path" && key != "model.chat" && key != "model.thinking" && key != "model.positions")
        throw Error("`" + key + "` and `model.path` are both set, but a checkpoint brings its own sizes", where,
                    "remove one of the two");
    return;
  }
  const auto where = [&](const char* key) { return recipe.where(std::string("model.") + key, file); };
  if (m.dense_layers > m.layers)
    throw Error(fmt::format("`model.dense_layers` is {}, more than the {} layers there are", m.dense_layers, m.layers), where("dense_layers"));
  if (m.experts_per_token > m.experts)
    throw Error(fmt::format("`model.experts_per_token` is {}, more than the {} experts there are", m.experts_per_token, m.experts),
                where("experts_per_token"));
  if (m.qk_rope_head_dim % 2 != 0)
    throw Error(fmt::format("`model.qk_rope_head_dim` is {}, but rotation turns pairs: it must be even", m.qk_rope_head_dim), where("qk_rope_head_dim"));
}

void check_rl(const Recipe& recipe, const Stage& stage, const std::string& file) {
  const auto key = [&](const char* leaf) { return stage.name + "." + leaf; };
  const SamplingOptions& sampling = stage.sampling;
  if (sampling.top_p < 1 && (sampling.top_k < 1 || sampling.top_k > 1024))
    throw Error(fmt::format("`{}` is {}, but training with top_p below 1 keeps each token's kept set, and needs `{}` from 1 to 1024 (it is {})",
                            key("sampling.top_p"), sampling.top_p, key("sampling.top_k"), sampling.top_k),
                recipe.where(key("sampling.top_p"), file), fmt::format("add `{}=64`, or set `{}=1`", key("sampling.top_k"), key("sampling.top_p")));
  if (stage.objective.group_size < 2)
    throw Error(fmt::format("`{}` is {}, but an advantage compares at least 2 answers", key("objective.group_size"), stage.objective.group_size),
                recipe.where(key("objective.group_size"), file));
  if (recipe.model.path.empty() && sampling.max_tokens >= recipe.model.fresh_positions())
    throw Error(fmt::format("`{}` is {}, but the model has {} positions for prompt and answer", key("sampling.max_tokens"), sampling.max_tokens, recipe.model.fresh_positions()),
                recipe.where(key("sampling.max_tokens"), file), "raise `model.positions` or lower `" + key("sampling.max_tokens") + "`");
}

// Adapters begin at zero with every stage that has them: there are no moments to carry over, into it or
// out of it.
void check_lora(const Recipe& recipe, std::size_t index, const std::string& file) {
  const Stage& stage = recipe.stages[index];
  learner::check_lora_targets(stage.lora, recipe.where(stage.name + ".lora.targets", file));
  const std::string key = stage.name + ".reset_optimizer";
  if (stage.reset_optimizer || (stage.lora.rank == 0 && (index == 0 || recipe.stages[index - 1].lora.rank == 0))) return;
  throw Error("`" + key + "` is false, but Adam's moments of adapters end with their stage, and fresh adapters have none", recipe.where(key, file), "leave `" + key + "` out");
}

// A problem held out by one stage and drawn by another would be measured after it was trained on.
void check_heldout(const Recipe& recipe, const std::string& file) {
  std::map<std::string, std::pair<std::string, double>> first;  // generator → stage, fraction
  for (const Stage& stage : recipe.stages)
    for (const auto& [generator, fraction] : heldout_fractions(stage.data)) {
      const auto [found, added] = first.try_emplace(generator, stage.name, fraction);
      if (added || found->second.second == fraction) continue;
      const std::string key = stage.name + ".data." + generator + ".heldout_fraction";
      throw Error(fmt::format("`{}` is {} but `{}`'s is {}: one stage would train on what the other holds out", key, fraction, found->second.first, found->second.second),
                  recipe.where(key, file), "give both stages the same fraction");
    }
}

}  // namespace

void check_recipe(const Recipe& recipe, const std::string& file) {
  check_model(recipe, file);
  check_heldout(recipe, file);
  if (recipe.model.chat == "plain" && recipe.verifier.spec.reasoning == "think")
    throw Error("`verifier.reasoning` is \"think\", but `model.chat = \"plain\"` has no <think> block: every answer would be no_answer",
                recipe.where("verifier.reasoning", recipe.where("model.chat", file)), "leave `verifier.reasoning` out");
  for (std::size_t i = 0; i < recipe.stages.size(); ++i) check_lora(recipe, i, file);
  for (const Stage& stage : recipe.stages)
    if (stage.type == StageType::kRl) check_rl(recipe, stage, file);
  for (const char c : recipe.name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.')
      throw Error("`name` is \"" + recipe.name + "\", but names a folder: letters, digits, `.`, `_` and `-`", recipe.where("name", file));
  const int cores = recipe.run.cores;
  if (cores > 0 && recipe.learner.threads > cores)
    throw Error(fmt::format("`learner.threads` is {}, more than `run.cores` = {}", recipe.learner.threads, cores), recipe.where("learner.threads", file));
}

}  // namespace laconic::pipeline
