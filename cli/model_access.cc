#include "cli/model_access.h"

#include "cli/command.h"
#include "cli/run_access.h"
#include "model/checkpoint.h"
#include "model/forward.h"
#include "pipeline/run_checkpoint.h"

namespace laconic::cli {

fs::path model_folder(const std::string& runs, const std::string& model) {
  if (fs::exists(fs::path(model) / "config.json") || fs::is_regular_file(model)) return model;
  if (fs::is_directory(model) && !fs::exists(fs::path(runs) / model) && !fs::exists(fs::path(model) / "recipe.toml"))
    throw UsageError("`" + model + "` is neither a checkpoint (no config.json) nor a run (no recipe.toml)", "",
                     "name a Hugging Face folder, a GGUF file, or a run (`laconic runs list`)");
  const fs::path run = run_path(runs, model);
  const auto checkpoints = pipeline::list_checkpoints(run);
  if (!checkpoints.empty()) return checkpoints.back().folder;
  if (fs::exists(run / "initial" / "config.json")) return run / "initial";
  throw UsageError("the run `" + model + "` has no checkpoint yet", run.string(), "wait for its first checkpoint, or lower run.checkpoint_every");
}

fs::path recipe_of_model(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  for (fs::path at = whole; at.has_relative_path(); at = at.parent_path())
    if (fs::exists(at / "recipe.toml") && fs::exists(at / "laconic.db")) return at / "recipe.toml";
  return {};
}

Sampler load_sampler(const fs::path& folder, int threads) {
  const model::Checkpoint checkpoint = as_usage([&] { return model::load_checkpoint(folder); });
  Sampler sampler;
  sampler.team = std::make_unique<ThreadTeam>(threads > 0 ? threads : usable_cores());
  sampler.engine = std::make_unique<rollout::Engine>(model::pack_model(checkpoint.config, checkpoint.tensors), *sampler.team, rollout::EngineOptions{});
  return sampler;
}

}  // namespace laconic::cli
