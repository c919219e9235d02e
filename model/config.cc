#include "model/config.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "kernels/attention.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

constexpr std::int64_t kMaxWidth = std::int64_t{1} << 24;

[[noreturn]] void refuse(const Fields& fields, const char* key, const std::string& supported) {
  throw Error(fmt::format("key `{}{}` is {}; this build implements {} only", fields.path(), key, shown(fields.at(key)), supported),
              fields.where());
}

void require_text(const Fields& fields, const char* key, const std::string& value) {
  if (fields.has(key) && fields.at(key) != Json(value)) refuse(fields, key, "`" + value + "`");
}

void require_absent(const Fields& fields, const char* key) {
  if (fields.has(key) && fields.at(key) != Json(false)) refuse(fields, key, "models without it");
}

// Keys that would change the mathematics in a way forward() does not follow.
void refuse_other_mathematics(const Fields& fields) {
  if (fields.has("architectures") && fields.at("architectures") != Json::array({"DeepseekV3ForCausalLM"}))
    refuse(fields, "architectures", "[\"DeepseekV3ForCausalLM\"]");
  require_text(fields, "hidden_act", "silu");
  require_text(fields, "scoring_func", "sigmoid");
  require_text(fields, "topk_method", "noaux_tc");
  for (const char* key : {"attention_bias", "mlp_bias", "quantization_config", "sliding_window", "use_sliding_window", "index_topk", "logit_softcapping"})
    require_absent(fields, key);
  if (fields.number_or("attention_dropout", 0, 0, 1) != 0) refuse(fields, "attention_dropout", "0");
  if (fields.integer_or("moe_layer_freq", 1, 0, kMaxWidth) != 1) refuse(fields, "moe_layer_freq", "1");
}

void read_rope(const Fields& fields, Config& config) {
  // transformers ≥ 5 keeps everything in rope_parameters; before, rope_theta and rope_scaling.
  const char* key = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  config.rope_theta = fields.number_or("rope_theta", 10000, 1, 1e12);
  if (!fields.has(key)) return;
  const Fields rope = fields.object(key);
  config.rope_theta = rope.number_or("rope_theta", config.rope_theta, 1, 1e12);
  const char* type_key = rope.has("rope_type") ? "rope_type" : "type";
  const std::string type = rope.text_or(type_key, "default");
  if (rope.number_or("partial_rotary_factor", 1, 0, 1) != 1) refuse(rope, "partial_rotary_factor", "1");
  if (type == "default") return;
  if (type != "yarn") refuse(rope, type_key, "`default` and `yarn`");
  if (rope.has("attention_factor")) refuse(rope, "attention_factor", "the factor that follows from mscale");
  if (!rope.boolean_or("truncate", true)) refuse(rope, "truncate", "true");
  kernels::YarnScaling& yarn = config.yarn;
  yarn.enabled = true;
  yarn.factor = rope.number("factor", 1, 1e6);
  yarn.original_positions = rope.number("original_max_position_embeddings", 1, 1e9);
  yarn.beta_fast = rope.number_or("beta_fast", 32, 1e-3, 1e6);
  yarn.beta_slow = rope.number_or("beta_slow", 1, 1e-3, 1e6);
  yarn.mscale = rope.number_or("mscale", 1, 0, 100);
  yarn.mscale_all_dim = rope.number_or("mscale_all_dim", 0, 0, 100);
  // With one of the two absent the published code and transformers disagree unless mscale is 1.
  if (yarn.mscale_all_dim == 0 && yarn.mscale != 1) refuse(rope, "mscale", "1 when mscale_all_dim is absent or 0");
  if (yarn.mscale == 0) refuse(rope, "mscale", "values above 0");
}

void read_moe(const Fields& fields, Config& config) {
  config.n_routed_experts = fields.integer("n_routed_experts", 2, kernels::kMaxExperts);
  config.n_shared_experts = fields.integer("n_shared_experts", 1, 1024);
  config.num_experts_per_tok = fields.integer("num_experts_per_tok", 1, config.n_routed_experts);
  config.moe_intermediate_size = fields.integer("moe_intermediate_size", 1, kMaxWidth);
  config.n_group = static_cast<int>(fields.integer("n_group", 1, config.n_routed_experts));
  config.topk_group = static_cast<int>(fields.integer("topk_group", 1, config.n_group));
  config.norm_topk_prob = fields.boolean_or("norm_topk_prob", true);
  config.routed_scaling_factor = fields.number("routed_scaling_factor", 0, 1e6);
  if (config.n_routed_experts % config.n_group != 0) throw fields.error("n_group", "a divisor of n_routed_experts");
  const std::int64_t group = config.n_routed_experts / config.n_group;
  if (group < 2) throw fields.error("n_group", "at least two experts a group");
  if (config.num_experts_per_tok > config.topk_group * group)
    throw fields.error("num_experts_per_tok", fmt::format("at most the {} experts of the kept groups", config.topk_group * group));
}

void read_tokens(const Fields& fields, Config& config) {
  const std::int64_t last = config.vocab_size - 1;
  config.bos_token_id = static_cast<std::int32_t>(fields.integer_or("bos_token_id", -1, -1, last));
  config.token_count = fields.integer_or("token_count", 0, 0, config.vocab_size);
  if (!fields.has("eos_token_id")) return;
  const Json& eos = fields.at("eos_token_id");
  const Json list = eos.is_array() ? eos : Json::array({eos});
  for (const Json& id : list) {
    const Json one = {{"eos_token_id", id}};
    config.eos_token_ids.push_back(static_cast<std::int32_t>(Fields(one, fields.where()).integer("eos_token_id", 0, last)));
  }
}

}  // namespace

kernels::GateShape Config::gate() const {
  return {static_cast<int>(n_routed_experts), static_cast<int>(num_experts_per_tok), n_group, topk_group, norm_topk_prob,
          static_cast<float>(routed_scaling_factor)};
}

float Config::softmax_scale() const {
  const double m = yarn.enabled && yarn.mscale_all_dim != 0 ? kernels::yarn_mscale(yarn.factor, yarn.mscale_all_dim) : 1;
  return static_cast<float>(m * m / std::sqrt(static_cast<double>(qk_nope_head_dim + qk_rope_head_dim)));
}

Config parse_config(const std::string& json_text, const std::string& where) {
  const Json json = parse_json(json_text, where);
  const Fields fields(json, where);
  Config config;
  config.model_type = fields.text("model_type");
  if (config.model_type != "deepseek_v3") refuse(fields, "model_type", "`deepseek_v3`");
  refuse_other_mathematics(fields);

  config.vocab_size = fields.integer("vocab_size", 2, kMaxWidth);
  config.hidden_size = fields.integer("hidden_size", 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_hidden_layers", 1, 1024);
  config.intermediate_size = fields.integer("intermediate_size", 1, kMaxWidth);
  config.first_k_dense_replace = fields.integer("first_k_dense_replace", 0, config.num_hidden_layers);

  config.num_attention_heads = static_cast<int>(fields.integer("num_attention_heads", 1, 4096));
  if (fields.integer_or("num_key_value_heads", config.num_attention_heads, 1, 4096) != config.num_attention_heads)
    refuse(fields, "num_key_value_heads", "a value equal to num_attention_heads");
  // null means one q_proj; absent would mean 1536 elsewhere, so it is not guessed here.
  if (!json.contains("q_lora_rank")) throw fields.error("q_lora_rank", "an integer or null");
  config.q_lora_rank = fields.integer_or("q_lora_rank", 0, 1, kMaxWidth);
  config.kv_lora_rank = fields.integer("kv_lora_rank", 1, kMaxWidth);
  config.qk_nope_head_dim = static_cast<int>(fields.integer("qk_nope_head_dim", 1, 65536));
  config.qk_rope_head_dim = static_cast<int>(fields.integer("qk_rope_head_dim", 2, 65536));
  config.v_head_dim = static_cast<int>(fields.integer("v_head_dim", 1, 65536));
  if (config.kv_lora_rank + config.qk_rope_head_dim > kernels::kMaxAttentionWidth)
    throw fields.error("kv_lora_rank", fmt::format("at most {} together with qk_rope_head_dim", kernels::kMaxAttentionWidth));
  if (config.qk_rope_head_dim % 2 != 0) throw fields.error("qk_rope_head_dim", "an even number");
  if (config.moe_layers() > 0) read_moe(fields, config);

  read_rope(fields, config);
  config.rope_interleave = fields.boolean_or("rope_interleave", true);
  config.max_position_embeddings = fields.integer("max_position_embeddings", 1, std::int64_t{1} << 24);
  config.rms_norm_eps = fields.number_or("rms_norm_eps", 1e-6, 0, 1);
  config.tie_word_embeddings = fields.boolean_or("tie_word_embeddings", false);
  config.initializer_range = fields.number_or("initializer_range", 0.02, 0, 10);
  read_tokens(fields, config);
  return config;
}

Config read_config(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  return parse_config(read_file(file), file.string());
}

}  // namespace laconic::model
