// Whether an exported folder, read back from disk, is the checkpoint that it was made from.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/export_folder.h"

namespace laconic::cli {

struct ExportCheck {
  std::string what;                      // "tensors", "log-probs", …
  std::int64_t compared = 0, equal = 0;  // bit for bit
  std::string unit, note;                // note: what they are of; the first difference
  bool holds() const { return compared > 0 && compared == equal; }
};

// Tensors element by element in the stored type, config, tokenizer, and the log-probs of up to `trajectories` of
// the run's own newest samples (of seeded random ids where no run is) by the one forward pass.
// Holds one packed model at a time. `progress`: one line about what is under way.
std::vector<ExportCheck> verify_export(const ExportSource& source, const fs::path& exported, int trajectories, const std::function<void(const std::string&)>& progress);

}  // namespace laconic::cli
