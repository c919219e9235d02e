#include "model/config.h"
#include "model/family/family.h"

namespace laconic::model {

std::string config_json(const Config& config, DType weights) {
  const Family& family = family_named(config.model_type, "config.json");
  Json json = {
      {"architectures", Json::array({family.architecture})},
      {"attention_dropout", 0.0},
      {"bos_token_id", config.bos_token_id < 0 ? Json() : Json(config.bos_token_id)},
      {"hidden_act", "silu"},
      {"hidden_size", config.hidden_size},
      {"initializer_range", config.initializer_range},
      {"intermediate_size", config.intermediate_size},
      {"max_position_embeddings", config.max_position_embeddings},
      {"model_type", config.model_type},
      {"num_attention_heads", config.num_attention_heads},
      {"num_hidden_layers", config.num_hidden_layers},
      {"rms_norm_eps", config.rms_norm_eps},
      {"rope_scaling", nullptr},
      {"rope_theta", config.rope_theta},
      {"tie_word_embeddings", config.tie_word_embeddings},
      {"torch_dtype", weights == DType::kF32 ? "float32" : weights == DType::kF16 ? "float16" : "bfloat16"},
      {"use_cache", true},
      {"vocab_size", config.vocab_size},
  };
  if (config.eos_token_ids.size() == 1) json["eos_token_id"] = config.eos_token_ids[0];
  else json["eos_token_id"] = config.eos_token_ids.empty() ? Json() : Json(config.eos_token_ids);
  if (config.token_count != 0) json["token_count"] = config.token_count;
  if (const kernels::Llama3Scaling& scaling = config.llama3; scaling.enabled) {
    json["rope_scaling"] = {
        {"rope_type", "llama3"},
        {"factor", scaling.factor},
        {"low_freq_factor", scaling.low},
        {"high_freq_factor", scaling.high},
        {"original_max_position_embeddings", static_cast<std::int64_t>(scaling.original_positions)},
    };
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
  family.write(config, json);
  return json.dump(2) + "\n";
}

}  // namespace laconic::model
