#include "model/json_fields.h"
#include "model/config.h"

namespace laconic::model {

std::string config_json(const Config& config, DType weights) {
  Json json = {
      {"architectures", Json::array({"DeepseekV3ForCausalLM"})},
      {"attention_bias", false},
      {"attention_dropout", 0.0},
      {"bos_token_id", config.bos_token_id < 0 ? Json() : Json(config.bos_token_id)},
      {"first_k_dense_replace", config.first_k_dense_replace},
      {"hidden_act", "silu"},
      {"hidden_size", config.hidden_size},
      {"initializer_range", config.initializer_range},
      {"intermediate_size", config.intermediate_size},
      {"kv_lora_rank", config.kv_lora_rank},
      {"max_position_embeddings", config.max_position_embeddings},
      {"model_type", config.model_type},
      {"moe_layer_freq", 1},
      {"num_attention_heads", config.num_attention_heads},
      {"num_hidden_layers", config.num_hidden_layers},
      {"num_key_value_heads", config.num_attention_heads},
      {"num_nextn_predict_layers", 0},
      {"q_lora_rank", config.q_lora_rank == 0 ? Json() : Json(config.q_lora_rank)},
      {"qk_nope_head_dim", config.qk_nope_head_dim},
      {"qk_rope_head_dim", config.qk_rope_head_dim},
      {"rms_norm_eps", config.rms_norm_eps},
      {"rope_interleave", config.rope_interleave},
      {"rope_scaling", nullptr},
      {"rope_theta", config.rope_theta},
      {"scoring_func", "sigmoid"},
      {"tie_word_embeddings", config.tie_word_embeddings},
      {"topk_method", "noaux_tc"},
      {"torch_dtype", weights == DType::kF32 ? "float32" : weights == DType::kF16 ? "float16" : "bfloat16"},
      {"use_cache", true},
      {"v_head_dim", config.v_head_dim},
      {"vocab_size", config.vocab_size},
  };
  if (config.eos_token_ids.size() == 1) json["eos_token_id"] = config.eos_token_ids[0];
  else json["eos_token_id"] = config.eos_token_ids.empty() ? Json() : Json(config.eos_token_ids);
  if (config.token_count != 0) json["token_count"] = config.token_count;
  if (config.moe_layers() > 0) {
    json["n_routed_experts"] = config.n_routed_experts;
    json["n_shared_experts"] = config.n_shared_experts;
    json["num_experts_per_tok"] = config.num_experts_per_tok;
    json["moe_intermediate_size"] = config.moe_intermediate_size;
    json["n_group"] = config.n_group;
    json["topk_group"] = config.topk_group;
    json["norm_topk_prob"] = config.norm_topk_prob;
    json["routed_scaling_factor"] = config.routed_scaling_factor;
  }
  if (const kernels::YarnScaling& yarn = config.yarn; yarn.enabled) {
    json["rope_scaling"] = {
        {"type", "yarn"},
        {"rope_type", "yarn"},
        {"factor", yarn.factor},
        {"original_max_position_embeddings", static_cast<std::int64_t>(yarn.original_positions)},
        {"beta_fast", yarn.beta_fast},
        {"beta_slow", yarn.beta_slow},
        {"mscale", yarn.mscale},
        {"mscale_all_dim", yarn.mscale_all_dim},
    };
  }
  return json.dump(2) + "\n";
}

}  // namespace laconic::model
