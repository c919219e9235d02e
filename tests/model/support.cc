#include "tests/model/support.h"

#include <unistd.h>

#include <cstdlib>

#include "base/philox.h"
#include "model/init.h"

namespace laconic::model {

fs::path golden_folder() {
  const char* source = std::getenv("LACONIC_SOURCE");
  return fs::path(source ? source : ".") / "tests" / "golden";
}

const std::vector<std::string>& golden_models() {
  static const std::vector<std::string> names = {
      "models/groups_yarn",   "models/half_split",          "models/tied_mscale",  // deepseek_v3
      "families/deepseek_v2", "families/deepseek_v2_lite", "families/deepseek_v32", "families/llama3_scaled", "families/smollm2",
      "families/qwen2",       "families/qwen3",             "families/qwen3_yarn", "families/deepseek_v3_fp8", "families/qwen3_moe",     "families/olmoe"};
  return names;
}

std::string test_name(const std::string& golden_model) { return fs::path(golden_model).filename().string(); }

fs::path scratch_folder(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("laconic-test-" + std::to_string(::getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

Config small_config() {
  Config c;
  c.vocab_size = 330;
  c.hidden_size = 40;
  c.num_hidden_layers = 3;
  c.intermediate_size = 72;
  c.first_k_dense_replace = 1;
  c.num_attention_heads = 3;
  c.q_lora_rank = 20;
  c.kv_lora_rank = 26;
  c.qk_nope_head_dim = 14;
  c.qk_rope_head_dim = 6;
  c.v_head_dim = 10;
  c.n_routed_experts = 12;
  c.n_shared_experts = 1;
  c.num_experts_per_tok = 3;
  c.moe_intermediate_size = 22;
  c.n_group = 4;
  c.topk_group = 2;
  c.routed_scaling_factor = 2.5;
  c.max_position_embeddings = 512;
  c.initializer_range = 0.15;
  c.eos_token_ids = {1};
  return c;
}

TensorMap random_weights(const Config& config, std::uint64_t seed) {
  TensorMap tensors = initial_weights(config, seed, DType::kBF16);
  PhiloxStream stream(seed, 1);
  for (auto& [name, tensor] : tensors) {
    if (tensor.shape.size() != 1) continue;
    std::vector<float> values = to_floats(tensor);
    for (float& value : values) value += static_cast<float>(0.1 * stream.normal());
    if (tensor.dtype == DType::kF32) {
      tensor = tensor_of(tensor.shape, values);
      continue;
    }
    std::vector<bf16> rounded;
    for (const float value : values) rounded.push_back(to_bf16(value));
    tensor = tensor_of(tensor.shape, rounded);
  }
  return tensors;
}

std::vector<std::int32_t> random_tokens(const Config& config, std::uint64_t seed, int count) {
  PhiloxStream stream(seed, 2);
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back(static_cast<std::int32_t>(stream.below(static_cast<std::uint32_t>(config.sampled_ids()))));
  return tokens;
}

TestCache::TestCache(const Config& config, std::int64_t pages) : data_(kv_bytes(config, pages) / sizeof(bf16), bf16{0x7fc0}), pages_(pages) {}

}  // namespace laconic::model
