#include "model/family/mathematics_keys.h"

#include <algorithm>

#include <fmt/format.h>

namespace laconic::model {
namespace {

// A key and the value with which it changes nothing, as JSON; null always changes nothing.
struct Neutral { const char* key; const char* value; };

constexpr Neutral kTable[] = {
    // projections with biases
    {"attention_bias", "false"}, {"attention_out_bias", "false"}, {"attention_qkv_bias", "false"}, {"bias", "false"}, {"lm_head_bias", "false"},
    {"mlp_bias", "false"}, {"qkv_bias", "false"}, {"use_bias", "false"}, {"use_qkv_bias", "false"},
    // who attends to whom
    {"attention_chunk_size", "null"}, {"attn_output_gate", "false"}, {"attention_sinks", "false"}, {"full_attention_interval", "1"}, {"global_attn_every_n_layers", "1"},
    {"index_head_dim", "null"}, {"index_n_heads", "null"}, {"index_topk", "0"}, {"is_causal", "true"},
    {"is_encoder_decoder", "false"}, {"add_cross_attention", "false"}, {"layer_types", "null"}, {"max_window_layers", "null"}, {"num_kv_shared_layers", "0"},
    {"sliding_window", "null"}, {"sliding_window_pattern", "null"}, {"use_sliding_window", "false"}, {"layers_block_type", "null"},
    {"hybrid_override_pattern", "null"}, {"attn_layer_period", "1"}, {"attn_type_list", "null"},
    // scales, limits and norms
    {"attention_multiplier", "null"}, {"attn_logit_softcapping", "null"}, {"attn_temperature_tuning", "false"}, {"clip_qkv", "null"}, {"embedding_multiplier", "1"},
    {"final_logit_softcapping", "null"}, {"logit_scale", "1"}, {"logit_softcapping", "null"}, {"logits_scaling", "1"}, {"lm_head_multiplier", "1"},
    {"qk_layernorm", "false"}, {"qk_norm", "false"}, {"query_pre_attn_scalar", "null"}, {"residual_multiplier", "1"}, {"scale_depth", "null"},
    {"scale_emb", "1"}, {"swiglu_limit", "null"}, {"use_qk_norm", "false"}, {"use_post_norm", "false"}, {"norm_after", "false"}, {"use_parallel_residual", "false"},
    {"parallel_attn", "false"}, {"apply_residual_connection_post_layernorm", "false"},
    // position
    {"alibi", "false"}, {"mrope_section", "null"}, {"no_rope_layers", "null"}, {"no_rope_layer_interval", "null"}, {"nope_layer_interval", "null"},
    {"partial_rotary_factor", "1"}, {"position_embedding_type", "\"rope\""}, {"rope_interleave", "null"}, {"rope_local_base_freq", "null"},
    {"rope_percent", "1"}, {"rope_scaling", "null"}, {"rotary_dim", "null"}, {"rotary_emb_base", "null"}, {"rotary_pct", "1"}, {"use_dynamic_ntk", "false"}, {"use_logn_attn", "false"}, {"use_mrope", "false"},
    // mixtures and low ranks in a family without them
    {"decoder_sparse_step", "1"}, {"first_k_dense_replace", "null"}, {"interleave_moe_layer_step", "1"}, {"kv_lora_rank", "null"}, {"mlp_only_layers", "[]"},
    {"moe_intermediate_size", "null"}, {"moe_layer_freq", "1"}, {"n_routed_experts", "0"}, {"n_shared_experts", "0"}, {"num_experts", "0"}, {"num_local_experts", "0"},
    {"num_shared_experts", "0"}, {"q_lora_rank", "null"}, {"router_bias", "false"}, {"routed_scaling_factor", "1"}, {"scoring_func", "null"},
    {"shared_expert_intermediate_size", "0"}, {"topk_method", "null"}, {"zero_expert_num", "0"},
    // state-space and linear-attention layers
    {"linear_conv_kernel_dim", "null"}, {"linear_num_key_heads", "null"}, {"linear_num_value_heads", "null"}, {"mamba_d_state", "null"}, {"ssm_cfg", "null"}, {"state_size", "null"},
    // other activations, weights and heads than the ones written here
    {"activation_function", "\"silu\""}, {"ffn_activation", "\"silu\""}, {"hidden_activation", "\"silu\""}, {"quantization", "null"},
    {"quantization_config", "null"}, {"text_config", "null"}, {"thinker_config", "null"}, {"vision_config", "null"}, {"audio_config", "null"},
};

}  // namespace

void refuse_unread_mathematics(const Fields& fields, const std::string& model_type) {
  for (const Neutral& neutral : kTable) {
    if (fields.asked(neutral.key) || !fields.has(neutral.key)) continue;
    const Json off = Json::parse(neutral.value);
    const Json& value = fields.at(neutral.key);
    if (value == off || (off.is_null() && value == Json(false))) continue;
    throw Error(fmt::format("key `{}` is {}, which would change the mathematics; this build implements `{}` without it", neutral.key, shown(value), model_type),
                fields.where());
  }
}

}  // namespace laconic::model
