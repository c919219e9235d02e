#include "cli/model_access.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/run_access.h"
#include "cli/terminal.h"
#include "model/checkpoint.h"
#include "model/forward.h"
#include "pipeline/plan.h"
#include "pipeline/run_checkpoint.h"
#include "rollout/page_pool.h"

namespace laconic::cli {

fs::path model_folder(const std::string& runs, const std::string& model) {
  if (fs::exists(fs::path(model) / "config.json") || fs::is_regular_file(model)) return model;
  if (fs::is_directory(model) && !fs::exists(fs::path(runs) / model) && !fs::exists(fs::path(model) / "recipe.toml"))
    throw UsageError("`" + model + "` is neither a checkpoint (no config.json) nor a run (no recipe.toml)", "",
                     "name a Hugging Face folder, a GGUF file, or a run (`laconic runs list`)");
  if (const fs::path path = model; !fs::exists(path) && (path.has_parent_path() || path.extension() == ".gguf") && !fs::exists(fs::path(runs) / path))
    throw UsageError("there is no folder or file `" + model + "`", "command line", "name a Hugging Face folder, a GGUF file, or a run (`laconic runs list`)");
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

namespace {

// Memory of the cache is committed when a page is first taken: a wish too large costs nothing but addresses.
std::int64_t cache_bytes(const model::Config& config, CacheWish wish, const rollout::EngineOptions& options) {
  const std::int64_t pages = rollout::PagePool::pages_for(wish.tokens) * std::min<std::int64_t>(wish.samples, options.max_batch);
  const auto half = static_cast<std::int64_t>(pipeline::available_memory_mb() * 1e6 / 2);
  return std::max(options.kv_bytes, std::min(pages * static_cast<std::int64_t>(model::kv_bytes(config, 1)), half));
}

// Gigabytes take their time: a line on a terminal while they do, gone afterwards.
class LiveLine {
 public:
  explicit LiveLine(const std::string& text) {
    if (live_) fmt::print(stderr, "\r{}\x1b[K", shortened(printable(text, true), terminal_width(STDERR_FILENO) - 1));
  }
  ~LiveLine() {
    if (live_) std::fputs("\r\x1b[K", stderr);
  }
  LiveLine(const LiveLine&) = delete;

 private:
  bool live_ = is_terminal(STDERR_FILENO);
};

}  // namespace

Sampler load_sampler(const fs::path& folder, int threads, CacheWish wish) {
  const LiveLine line("loading " + folder.string());
  const model::Checkpoint checkpoint = as_usage([&] { return model::load_checkpoint(folder); });
  Sampler sampler;
  sampler.team = std::make_unique<ThreadTeam>(threads > 0 ? threads : usable_cores());
  model::ModelPtr model = model::pack_model(checkpoint.config, checkpoint.tensors);
  rollout::EngineOptions options;
  options.kv_bytes = cache_bytes(checkpoint.config, wish, options);
  sampler.engine = std::make_unique<rollout::Engine>(std::move(model), *sampler.team, options);
  return sampler;
}

}  // namespace laconic::cli
