#include "model/gguf/names.h"

#include <charconv>

namespace laconic::model {
namespace {

struct TensorName {
  std::string_view hugging_face, gguf;
  bool rotary_rows = false;
};

constexpr TensorName kWhole[] = {
    {"model.embed_tokens.weight", "token_embd.weight"},
    {"model.norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
};

// After "model.layers.N." and "blk.N.". `*` is the expert, which GGUF files keep as the outermost extent.
constexpr TensorName kPerLayer[] = {
    {"input_layernorm.weight", "attn_norm.weight"},
    {"post_attention_layernorm.weight", "ffn_norm.weight"},
    {"self_attn.q_proj.weight", "attn_q.weight", true},
    {"self_attn.q_proj.bias", "attn_q.bias", true},
    {"self_attn.k_proj.weight", "attn_k.weight", true},
    {"self_attn.k_proj.bias", "attn_k.bias", true},
    {"self_attn.v_proj.weight", "attn_v.weight"},
    {"self_attn.v_proj.bias", "attn_v.bias"},
    {"self_attn.o_proj.weight", "attn_output.weight"},
    {"self_attn.q_norm.weight", "attn_q_norm.weight"},
    {"self_attn.k_norm.weight", "attn_k_norm.weight"},
    {"self_attn.q_a_proj.weight", "attn_q_a.weight"},
    {"self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight"},
    {"self_attn.q_b_proj.weight", "attn_q_b.weight"},
    {"self_attn.kv_a_proj_with_mqa.weight", "attn_kv_a_mqa.weight"},
    {"self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight"},
    {"self_attn.kv_b_proj.weight", "attn_kv_b.weight"},
    {"mlp.gate_proj.weight", "ffn_gate.weight"},
    {"mlp.up_proj.weight", "ffn_up.weight"},
    {"mlp.down_proj.weight", "ffn_down.weight"},
    {"mlp.gate.weight", "ffn_gate_inp.weight"},
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
    {"mlp.experts.*.gate_proj.weight", "ffn_gate_exps.weight"},
    {"mlp.experts.*.up_proj.weight", "ffn_up_exps.weight"},
    {"mlp.experts.*.down_proj.weight", "ffn_down_exps.weight"},
    {"mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight"},
    {"mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight"},
    {"mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight"},
};

constexpr GgufKey kCommon[] = {
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"block_count", "num_hidden_layers"},
    {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps", KeyKind::kNumber},
    {"rope.freq_base", "rope_theta", KeyKind::kNumber, false},
};

constexpr GgufKey kGrouped[] = {
    {"attention.head_count_kv", "num_key_value_heads", KeyKind::kInteger, false},
    {"attention.key_length", "head_dim", KeyKind::kInteger, false},
};

constexpr GgufKey kExperts[] = {
    {"expert_count", "num_experts"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_weights_norm", "norm_topk_prob", KeyKind::kBoolean, false},
};

constexpr GgufKey kExpertWidth[] = {{"expert_feed_forward_length", "moe_intermediate_size"}};

constexpr GgufKey kDeepseek[] = {
    {"leading_dense_block_count", "first_k_dense_replace", KeyKind::kInteger, false},
    {"attention.q_lora_rank", "q_lora_rank", KeyKind::kInteger, false},
    {"attention.kv_lora_rank", "kv_lora_rank"},
    {"rope.dimension_count", "qk_rope_head_dim"},
    {"expert_count", "n_routed_experts", KeyKind::kInteger, false},  // these: not of models without experts
    {"expert_used_count", "num_experts_per_tok", KeyKind::kInteger, false},
    {"expert_shared_count", "n_shared_experts", KeyKind::kInteger, false},
    {"expert_feed_forward_length", "moe_intermediate_size", KeyKind::kInteger, false},
    {"expert_weights_scale", "routed_scaling_factor", KeyKind::kNumber, false},
    {"expert_weights_norm", "norm_topk_prob", KeyKind::kBoolean, false},
    {"expert_group_count", "n_group", KeyKind::kInteger, false},
    {"expert_group_used_count", "topk_group", KeyKind::kInteger, false},
};

constexpr GgufKey kOwn[] = {
    {"laconic.initializer_range", "initializer_range", KeyKind::kNumber, false},
    {"laconic.router_aux_loss_coef", "router_aux_loss_coef", KeyKind::kNumber, false},
};

}  // namespace

std::span<const GgufKey> own_gguf_keys() { return kOwn; }

const std::vector<GgufArchitecture>& gguf_architectures() {
  static const std::vector<GgufArchitecture> all = {
      {"llama", {"llama"}, {kCommon, kGrouped}, true},
      {"qwen2", {"qwen2"}, {kCommon, kGrouped}},
      {"qwen3", {"qwen3"}, {kCommon, kGrouped}},
      {"qwen3moe", {"qwen3_moe"}, {kCommon, kGrouped, kExperts, kExpertWidth}, false, true},
      {"olmoe", {"olmoe"}, {kCommon, kGrouped, kExperts}},
      {"deepseek2", {"deepseek_v3", "deepseek_v2"}, {kCommon, kDeepseek}},
  };
  return all;
}

const GgufArchitecture* gguf_architecture_of(std::string_view model_type) {
  for (const GgufArchitecture& architecture : gguf_architectures())
    for (const char* type : architecture.model_types)
      if (type == model_type) return &architecture;
  return nullptr;
}

GgufPlace gguf_place(const std::string& name) {
  for (const TensorName& row : kWhole)
    if (row.hugging_face == name) return {std::string(row.gguf)};
  constexpr std::string_view kLayers = "model.layers.", kExpertsOf = "mlp.experts.";
  if (!name.starts_with(kLayers)) return {};
  const std::size_t dot = name.find('.', kLayers.size());
  if (dot == std::string::npos) return {};
  std::string rest = name.substr(dot + 1);
  GgufPlace place;
  if (rest.starts_with(kExpertsOf)) {
    const char* begin = rest.data() + kExpertsOf.size();
    const auto [end, failed] = std::from_chars(begin, rest.data() + rest.size(), place.expert);
    if (failed != std::errc{}) return {};
    rest = std::string(kExpertsOf) + "*" + end;
  }
  for (const TensorName& row : kPerLayer)
    if (row.hugging_face == rest) {
      place.tensor = "blk." + name.substr(kLayers.size(), dot + 1 - kLayers.size()) + std::string(row.gguf);
      place.rotary_rows = row.rotary_rows;
      return place;
    }
  return {};
}

}  // namespace laconic::model
