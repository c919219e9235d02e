#include "pipeline/fork.h"

#include "base/error.h"
#include "pipeline/run_checkpoint.h"
#include "trajectory/store.h"

namespace laconic::pipeline {
namespace {

bool is_before(std::int32_t stage, std::int32_t step, const RunCheckpoint& checkpoint) {
  return stage < checkpoint.stage || (stage == checkpoint.stage && step < checkpoint.step);
}

}  // namespace

void copy_for_fork(const fs::path& source, const Recipe& recipe, const RunFolder& target) {
  const auto checkpoints = list_checkpoints(source);
  if (checkpoints.empty())
    throw Error("the run `" + source.string() + "` has no checkpoint to fork from", "", "start afresh with `laconic train " + (source / "recipe.toml").string() + "`");
  const RunCheckpoint& newest = checkpoints.back();
  const bool fits = newest.stage < static_cast<int>(recipe.stages.size()) && recipe.stages[static_cast<std::size_t>(newest.stage)].name == newest.stage_name &&
                    recipe.stages[static_cast<std::size_t>(newest.stage)].steps >= newest.step;
  if (!fits)
    throw Error("the recipe has no stage " + std::to_string(newest.stage + 1) + " named `" + newest.stage_name + "` with at least " + std::to_string(newest.step) + " steps",
                source.string(), "fork with the run's own stages: `laconic train --fork " + source.filename().string() + "`");
  if (fs::exists(source / "initial")) fs::copy(source / "initial", target.initial(), fs::copy_options::recursive);
  {
    const auto from = trajectory::Store::open_reader(source / "laconic.db");
    auto to = trajectory::Store::create(target.database());
    for (const auto& step : from.steps())
      if (is_before(step.stage, step.step, newest)) to.save_step(step);
    for (const auto& version : from.versions())
      if (is_before(version.stage, version.step, newest)) to.save_version(version);
    for (const auto& eval : from.evals())
      if (is_before(eval.stage, eval.step, newest)) to.save_eval(eval);
  }
  const fs::path final_path = target.checkpoints() / newest.folder.filename(), temporary = final_path.string() + ".tmp";
  fs::copy(newest.folder, temporary, fs::copy_options::recursive);
  publish_folder(temporary, final_path);
}

}  // namespace laconic::pipeline
