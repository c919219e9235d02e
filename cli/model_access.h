// A model as commands name it, loaded and ready to sample.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "base/thread_team.h"
#include "rollout/engine.h"

namespace laconic::cli {

// A checkpoint folder (one with config.json), a GGUF file, or a run: its newest checkpoint, else its first weights.
// Throws UsageError.
fs::path model_folder(const std::string& runs, const std::string& model);

// The recipe of the run that `folder` lies in; empty when it lies in none.
fs::path recipe_of_model(const fs::path& folder);

// Tokens that the samples in flight may hold together, for the size of the cache.
struct CacheWish {
  std::int64_t samples = 1, tokens = 0;  // how many at once (at most as many as the engine decodes at once), and of each the most
};

struct Sampler {
  std::unique_ptr<ThreadTeam> team;
  std::unique_ptr<rollout::Engine> engine;
};

// `threads` 0: all usable cores. The cache holds what is wished for, as far as half of the memory that is left
// goes; with less, samples wait for each other.
Sampler load_sampler(const fs::path& folder, int threads, CacheWish wish);

}  // namespace laconic::cli
