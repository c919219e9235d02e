#include "pipeline/run_checkpoint.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

RunCheckpoint parse(const fs::path& folder) {
  const fs::path file = folder / "run.json";
  try {
    const auto json = nlohmann::json::parse(read_file(file));
    RunCheckpoint checkpoint;
    checkpoint.stage = json.at("stage");
    checkpoint.stage_name = json.at("stage_name");
    checkpoint.step = json.at("step");
    checkpoint.stage_done = json.at("stage_done");
    for (const auto& item : json.at("versions"))
      checkpoint.versions.push_back({item.at("stage"), item.at("version"), item.at("file"), item.at("sha256")});
    checkpoint.folder = folder;
    return checkpoint;
  } catch (const nlohmann::json::exception& error) {
    throw Error("a checkpoint's run state cannot be read: " + std::string(error.what()), file.string(),
                "delete `" + folder.string() + "` to resume from the checkpoint before it");
  }
}

}  // namespace

std::string checkpoint_folder_name(const std::string& stage, int step) { return fmt::format("{}-{:06d}", stage, step); }

std::string run_checkpoint_json(const RunCheckpoint& checkpoint) {
  nlohmann::ordered_json json;
  json["stage"] = checkpoint.stage;
  json["stage_name"] = checkpoint.stage_name;
  json["step"] = checkpoint.step;
  json["stage_done"] = checkpoint.stage_done;
  json["versions"] = nlohmann::ordered_json::array();
  for (const PublishedWeights& weights : checkpoint.versions)
    json["versions"].push_back({{"stage", weights.stage}, {"version", weights.version}, {"file", weights.file}, {"sha256", weights.hash}});
  return json.dump(1) + "\n";
}

std::vector<RunCheckpoint> list_checkpoints(const fs::path& run) {
  std::vector<RunCheckpoint> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", ignored))
    if (fs::is_regular_file(entry.path() / "run.json") && entry.path().extension() != ".tmp") found.push_back(parse(entry.path()));
  std::sort(found.begin(), found.end(), [](const RunCheckpoint& a, const RunCheckpoint& b) {
    return std::pair(a.stage, a.step) < std::pair(b.stage, b.step);
  });
  return found;
}

std::vector<std::string> retain_checkpoints(const fs::path& run, int keep, const std::vector<std::string>& spared) {
  const std::vector<RunCheckpoint> all = list_checkpoints(run);
  std::vector<std::string> deleted;
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < all.size(); ++i) {
    const std::string name = all[i].folder.filename().string();
    if (all[i].stage_done || std::find(spared.begin(), spared.end(), name) != spared.end()) continue;
    fs::remove(all[i].folder / "run.json");  // first: from now on it is not a checkpoint
    fs::remove_all(all[i].folder);
    deleted.push_back(name);
  }
  std::vector<fs::path> halves;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", ignored))
    if (!fs::exists(entry.path() / "run.json") || entry.path().extension() == ".tmp") halves.push_back(entry.path());
  for (const fs::path& half : halves) {
    fs::remove_all(half);
    deleted.push_back(half.filename().string());
  }
  return deleted;
}

}  // namespace laconic::pipeline
