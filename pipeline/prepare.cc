#include "pipeline/prepare.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/run_folder.h"

namespace laconic::pipeline {
namespace {

// The newest run named after the recipe: "arithmetic-3".
std::string newest_run_of(const fs::path& runs, const std::string& recipe) {
  std::string newest;
  for (const std::string& name : list_runs(runs)) {
    const bool counted = name.size() > recipe.size() + 1 && name.compare(0, recipe.size() + 1, recipe + "-") == 0 &&
                         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(recipe.size()) + 1, name.end(), [](unsigned char c) { return std::isdigit(c); });
    if (counted) newest = name;
  }
  if (newest.empty())
    throw Error("there is no run of recipe `" + recipe + "` in `" + runs.string() + "` to resume", "", "leave out --resume to start one, or name a run: `laconic runs list`");
  return newest;
}

void resolve_resume(const TrainRequest& request, Prepared& out) {
  std::string name = request.name;
  if (name.empty()) name = newest_run_of(request.runs, load_recipe(request.recipe, request.overrides).name);
  const fs::path run = find_run(request.runs, name);
  out.runs = run.parent_path();
  out.name = run.filename().string();
  out.recipe = load_recipe(run / "recipe.toml");
  if (!request.recipe.empty() || !request.overrides.empty()) {
    const Recipe asked = load_recipe(request.recipe.empty() ? run / "recipe.toml" : request.recipe, request.overrides);
    const auto differences = recipe_differences(out.recipe, asked);
    if (!differences.empty()) {
      std::string list;
      for (const std::string& line : differences) list += "\n    " + line;
      throw Error("the recipe differs from the one that run `" + out.name + "` was made with:" + list, run.string(),
                  "`laconic train --resume " + out.name + "` continues it as it is; `--fork " + out.name + "` starts a new run from its newest checkpoint");
    }
  }
  out.fingerprint = parse_fingerprint(read_file(run / "environment.json"), (run / "environment.json").string());
}

void resolve_new(const TrainRequest& request, Prepared& out) {
  out.runs = request.runs;
  if (!request.fork.empty()) out.fork = find_run(request.runs, request.fork);
  out.recipe = load_recipe(request.recipe.empty() && !out.fork.empty() ? out.fork / "recipe.toml" : request.recipe, request.overrides);
  out.name = request.name.empty() ? free_run_name(out.runs, out.recipe.name) : request.name;
  if (!request.dry_run) RunFolder::check_free(out.runs, out.name);
}

struct PlannedModel {
  model::Config config;
  model::ChatTemplate chat;
};

PlannedModel planned_model(const Recipe& recipe) {
  if (recipe.model.path.empty()) return {fresh_config(recipe.model, recipe.model.vocab_size), fresh_chat(recipe.model)};
  if (!fs::exists(recipe.model.path))
    throw Error("`model.path` is `" + recipe.model.path + "`, and there is no such folder or file here or beside the recipe", recipe.where("model.path", "the recipe"),
                "model.path=FOLDER on the command line names the checkpoint");
  const Prompts prompts(recipe.model.path, recipe.model.chat, recipe.model.positions, {.thinking = recipe.model.thinking});  // reads config and tokenizer: both are there
  return {prompts.config(), prompts.chat()};
}

void check_positions(const Recipe& recipe, const model::Config& config) {
  if (recipe.run.eval.max_tokens >= config.max_position_embeddings)
    throw Error(fmt::format("`run.eval.max_tokens` is {}, but the model has {} positions for prompt and answer", recipe.run.eval.max_tokens, config.max_position_embeddings),
                recipe.where("run.eval.max_tokens", "the recipe"));
  for (const Stage& stage : recipe.stages)
    if (stage.type == StageType::kRl && stage.sampling.max_tokens >= config.max_position_embeddings)
      throw Error(fmt::format("`{}.sampling.max_tokens` is {}, but the model has {} positions for prompt and answer", stage.name, stage.sampling.max_tokens, config.max_position_embeddings),
                  recipe.where(stage.name + ".sampling.max_tokens", "the recipe"));
}

}  // namespace

void check_router(const Recipe& recipe, const model::Config& config) {
  for (const Stage& stage : recipe.stages) {
    const std::string coefficient = stage.name + ".router.aux_loss_coef", bias = stage.name + ".router.bias_update";
    if (stage.router.aux_loss_coef > 0 && config.moe_layers() == 0)
      throw Error(fmt::format("`{}` is {}, but the model (`{}`) has no router", coefficient, stage.router.aux_loss_coef, config.model_type),
                  recipe.where(coefficient, "the recipe"), "leave `" + coefficient + "` out");
    if (stage.router.bias_update == "always" && (config.moe_layers() == 0 || !config.has_selection_bias()))
      throw Error(fmt::format("`{}` is \"always\", but the model (`{}`) has no selection bias", bias, config.model_type), recipe.where(bias, "the recipe"),
                  config.moe_layers() == 0 ? "leave `" + bias + "` out" : "`" + coefficient + "` levels the load of a softmax gate");
  }
}

Prepared prepare(const TrainRequest& request) {
  Prepared out;
  out.resume = request.resume;
  if (request.resume) resolve_resume(request, out);
  else resolve_new(request, out);
  const auto [config, chat] = planned_model(out.recipe);
  out.verifier = settled(out.recipe.verifier.spec, chat, {.thinking = out.recipe.model.thinking});
  out.judges = std::make_shared<Judges>(out.verifier);
  out.sources = open_sources(out.recipe, *out.judges);
  check_positions(out.recipe, config);
  check_router(out.recipe, config);
  out.plan = make_plan(out.recipe, config, machine_cores());
  if (request.resume) out.plan.cores.learner = out.fingerprint.learner_threads;
  out.plan_text = plan_text(out.plan, out.recipe, config, out.name);
  try {
    check_plan(out.plan, out.recipe, config, out.runs, available_memory_mb());
  } catch (const Error& error) {
    if (!request.dry_run) throw;
    out.too_large = render(error);
  }
  const Fingerprint here = make_fingerprint(out.plan.cores.learner, "");  // checks LACONIC_ISA
  if (request.dry_run) return out;

  std::string torch = "in this process";
  if (request.launcher) {
    out.launcher = request.launcher;
  } else {
    auto processes = std::make_unique<ProcessLauncher>();
    torch = processes->learner_version();
    out.owned_launcher = std::move(processes);
    out.launcher = out.owned_launcher.get();
  }
  if (request.resume) {
    check_fingerprint(out.fingerprint, torch, out.name);
  } else {
    out.fingerprint = here;
    out.fingerprint.torch = torch;
  }
  return out;
}

}  // namespace laconic::pipeline
