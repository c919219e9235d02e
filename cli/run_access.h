// Where a run is and how to open its store for reading.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "trajectory/store.h"

namespace laconic::cli {

// A run's name, its path, or "latest". Throws UsageError.
fs::path run_path(const std::string& runs, const std::string& run);

trajectory::Store open_store(const fs::path& run);

// Process id of the hub that is writing the run now; nullopt: nobody is. Only looks.
std::optional<int> running_hub(const fs::path& run);

// The folder whose tokenizer.json reads this run's token ids; empty when there is none.
fs::path tokenizer_folder(const fs::path& run);

}  // namespace laconic::cli
