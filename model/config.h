// A model's architecture, read from a Hugging Face config.json (old and new key spellings).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "kernels/moe.h"
#include "kernels/rope.h"
#include "model/weights/tensor.h"

namespace laconic::model {

enum class AttentionKind : std::uint8_t { kLatent, kGrouped };
enum class HeadNorm : std::uint8_t { kNone, kPerHead, kWhole };  // RMSNorm of queries and keys before rotation

// Blocks that families (model/family/family.h) are made of. Names follow config.json, where it has them.
struct Config {
  std::string model_type = "deepseek_v3";
  std::int64_t vocab_size = 0, hidden_size = 0, num_hidden_layers = 0;
  std::int64_t intermediate_size = 0;       // dense layers' FFN width
  std::int64_t first_k_dense_replace = 0;   // layers [0, this) are dense
  int num_attention_heads = 0;
  AttentionKind attention = AttentionKind::kLatent;
  // Grouped-query attention
  int num_key_value_heads = 0, head_dim = 0;
  bool qkv_bias = false;
  HeadNorm qk_norm = HeadNorm::kNone;
  // Latent attention (MLA)
  std::int64_t q_lora_rank = 0;             // 0 = null: one q_proj
  std::int64_t kv_lora_rank = 0;
  int qk_nope_head_dim = 0, qk_rope_head_dim = 0, v_head_dim = 0;
  // Sparse attention (DeepSeek-V3.2): each query attends to the index_topk keys that the indexer scores
  // highest. All 0 = none: every key.
  int index_n_heads = 0, index_head_dim = 0, index_topk = 0;
  // MoE
  std::int64_t n_routed_experts = 0, n_shared_experts = 0, num_experts_per_tok = 0, moe_intermediate_size = 0;
  kernels::GateScore gate_score = kernels::GateScore::kSigmoid;
  int n_group = 1, topk_group = 1;
  bool norm_topk_prob = true;
  double routed_scaling_factor = 1;
  double router_aux_loss_coef = 0;          // config.json's wish; the learner follows its recipe
  // Position, norm, head
  double rope_theta = 10000;
  kernels::YarnScaling yarn;
  kernels::Llama3Scaling llama3;
  bool rope_interleave = true;
  std::int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  bool tie_word_embeddings = false;
  double initializer_range = 0.006;
  std::int32_t bos_token_id = 0;
  std::vector<std::int32_t> eos_token_ids;
  // Ids ≥ this are padding rows of the embedding: never sampled, never summed. 0 = vocab_size.
  // load_checkpoint sets it from the tokenizer.
  std::int64_t token_count = 0;

  // The two latent norms (q_a_layernorm, kv_a_layernorm) keep this epsilon whatever rms_norm_eps is:
  // so in the published inference code and in transformers.
  static constexpr double kLatentNormEps = 1e-6;
  static constexpr double kIndexNormEps = 1e-6;  // and so does the indexer's k_norm

  std::int64_t sampled_ids() const { return token_count ? token_count : vocab_size; }
  std::int64_t layers() const { return num_hidden_layers; }
  std::int64_t moe_layers() const { return num_hidden_layers - first_k_dense_replace; }
  bool is_moe(std::int64_t layer) const { return layer >= first_k_dense_replace; }
  kernels::GateShape gate() const;
  float softmax_scale() const;  // (query width)^(−1/2); latent: · m², YaRN's correction
  float index_scale() const;    // (index_n_heads · index_head_dim)^(−1/2)
  bool is_latent() const { return attention == AttentionKind::kLatent; }
  bool is_sparse() const { return index_topk > 0; }
  bool has_selection_bias() const { return gate_score == kernels::GateScore::kSigmoid; }
  int rope_dim() const { return is_latent() ? qk_rope_head_dim : head_dim; }
  std::int64_t query_width() const { return std::int64_t{num_attention_heads} * (is_latent() ? qk_nope_head_dim + qk_rope_head_dim : head_dim); }
  // Latent attention: [latent | rope], the key of all heads.
  std::int64_t latent_width() const { return kv_lora_rank + qk_rope_head_dim; }
  // A token's row of the cache: [latent | rope | index key], or [keys | values].
  std::int64_t cache_width() const { return is_latent() ? latent_width() + index_head_dim : std::int64_t{2} * num_key_value_heads * head_dim; }
};

// Throws Error naming the file and key: missing keys, unsupported architecture or a key whose value
// would change the mathematics in a way this build does not implement.
Config read_config(const fs::path& folder);
Config parse_config(const std::string& json_text, const std::string& where);
// What transformers reads back as the same model. Written in the older key spelling, which every version
// of it (and other engines) reads. Deterministic.
std::string config_json(const Config& config, DType weights = DType::kBF16);

// Learned parameters (the selection bias is not one). active: those one token meets: top_k of the
// routed experts, the head, and one row of the embedding table.
struct ParameterCount { std::int64_t total = 0, active = 0; };
ParameterCount count_parameters(const Config& config);

// Every tensor the architecture has: HF name → shape, in name order.
struct TensorSpec { std::string name; std::vector<std::int64_t> shape; bool fp32 = false; };
std::vector<TensorSpec> tensor_specs(const Config& config);

}  // namespace laconic::model
