// What the tests of this folder share: golden paths, small random models, one-call scoring.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/thread_team.h"
#include "model/forward.h"

namespace laconic::model {

fs::path golden_folder();        // tests/golden
// The tiny checkpoints below it that transformers wrote, one or more of every family.
const std::vector<std::string>& golden_models();
// Their names as names of tests.
std::string test_name(const std::string& golden_model);
fs::path scratch_folder(const std::string& name);  // a fresh empty folder below the system's temporary one

// Two MoE layers after a dense one, groups, q-LoRA: every code path of forward() at sizes that are not
// multiples of a vector.
Config small_config();

// initial_weights with norms and selection bias perturbed too, rounded to bf16.
TensorMap random_weights(const Config& config, std::uint64_t seed);

std::vector<std::int32_t> random_tokens(const Config& config, std::uint64_t seed, int count);

// A cache that owns its memory; every page starts as NaN so that reading an unwritten row shows.
class TestCache {
 public:
  TestCache(const Config& config, std::int64_t pages);
  KvCache view() { return {data_.data(), pages_}; }

 private:
  std::vector<bf16> data_;
  std::int64_t pages_;
};

}  // namespace laconic::model
