#include "cli/run_access.h"

#include <fstream>

#include "cli/command.h"
#include "pipeline/run_checkpoint.h"
#include "pipeline/run_folder.h"

namespace laconic::cli {

fs::path run_path(const std::string& runs, const std::string& run) {
  if (run != "latest") return as_usage([&] { return pipeline::find_run(runs, run); });
  const auto names = pipeline::list_runs(runs);
  if (names.empty()) throw UsageError("there is no run in `" + runs + "`", "", "`laconic train recipes/arithmetic.toml` makes one");
  return fs::path(runs) / names.back();
}

trajectory::Store open_store(const fs::path& run) { return trajectory::Store::open_reader(run / "laconic.db"); }

std::optional<int> running_hub(const fs::path& run) {
  // The lock itself is not touched: a try, however short, could make a starting hub fail.
  std::ifstream lock(run / "lock");
  int pid = 0;
  if (!(lock >> pid) || pid <= 0) return std::nullopt;
  std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
  std::string command;
  if (!std::getline(name, command) || command.rfind("laconic", 0) != 0) return std::nullopt;  // gone, or its number reused
  return pid;
}

fs::path tokenizer_folder(const fs::path& run) {
  if (fs::exists(run / "initial" / "tokenizer.json")) return run / "initial";
  const auto checkpoints = pipeline::list_checkpoints(run);
  if (!checkpoints.empty() && fs::exists(checkpoints.back().folder / "tokenizer.json")) return checkpoints.back().folder;
  return {};
}

}  // namespace laconic::cli
