// checkpoints/STAGE-NNNNNN/: the learner's folder (Hugging Face files, optimizer state) with the
// run's own state beside it in run.json, and the published weights that the next steps sample from.
// A folder with a run.json was published whole: everything in it is durable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace laconic::pipeline {

struct PublishedWeights {
  std::int32_t stage = 0, version = 0;
  std::string file;   // name in the checkpoint's `versions/` folder, or path while it is in weights/
  std::string hash;   // SHA-256
};

struct RunCheckpoint {
  std::int32_t stage = 0;   // index of the stage
  std::string stage_name;
  int step = 0;             // batches done in the stage
  bool stage_done = false;  // the stage's last: the next one starts from it
  std::vector<PublishedWeights> versions;  // the last lag + 1, ascending; empty for SFT
  fs::path folder;          // where it was read from; not written
};

std::string checkpoint_folder_name(const std::string& stage, int step);  // "rl-000040"

std::string run_checkpoint_json(const RunCheckpoint& checkpoint);

// All published checkpoints of a run, in (stage, step) order. Any run, read-only.
std::vector<RunCheckpoint> list_checkpoints(const fs::path& run);

// Deletes all but the newest `keep`, ends of stages and folders named in `spared`; and what a killed
// process left half written. Returns the names deleted.
std::vector<std::string> retain_checkpoints(const fs::path& run, int keep, const std::vector<std::string>& spared);

}  // namespace laconic::pipeline
