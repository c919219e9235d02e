// A tiny fresh model inside a run named tiny-1: nothing it says is right.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/recipe.h"
#include "pipeline/sources.h"
#include "trajectory/store.h"

namespace laconic::cli {

struct Said {
  int code;
  std::string out, err;
};

inline Said say(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_words(words);
  std::fflush(stdout);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

class TinyRun : public testing::Test {
 protected:
  static inline fs::path folder;  // of the model

  static void SetUpTestSuite() {
    std::string name = (fs::temp_directory_path() / "laconic-tiny-run-XXXXXX").string();
    const fs::path runs = ::mkdtemp(name.data());
    folder = runs / "tiny-1" / "initial";
    fs::create_directories(runs / "tiny-1");
    const std::string toml =
        "seed = 5\n[model]\nhidden_size = 32\nlayers = 2\ndense_layers = 1\nintermediate_size = 64\nheads = 2\nkv_lora_rank = 16\n"
        "qk_nope_head_dim = 8\nqk_rope_head_dim = 8\nv_head_dim = 8\nexperts = 4\nexperts_per_token = 2\nmoe_intermediate_size = 16\n"
        "positions = 96\nvocab_size = 300\ntokenizer_chains = 100\n[run.eval]\nproblems = 12\ntemperature = 1.0\n"
        "[[stage]]\ntype = \"rl\"\nsteps = 1\nsampling.max_tokens = 24\n";
    const pipeline::Recipe recipe = pipeline::parse_recipe(toml, "tiny.toml");
    pipeline::make_initial_model(recipe, *pipeline::make_source(recipe.stages[0].data, 4), 4, folder);
    write_file_durably(runs / "tiny-1" / "recipe.toml", toml);
    trajectory::Store::create(runs / "tiny-1" / "laconic.db");
  }
  static void TearDownTestSuite() { fs::remove_all(folder.parent_path().parent_path()); }

  static std::string runs() { return folder.parent_path().parent_path().string(); }
};

}  // namespace laconic::cli
