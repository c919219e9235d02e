// Families with grouped-query attention: Llama (SmolLM2), Qwen2 and Qwen2.5, Qwen3, Qwen3-MoE, OLMoE.
// They differ in biases, in the norms of queries and keys, and in what their FFN is.
#include <fmt/format.h>

#include "kernels/attention.h"
#include "model/family/family.h"

namespace laconic::model {
namespace {

void read_grouped(const Fields& fields, Config& config, std::int64_t default_head_dim = 0) {
  config.attention = AttentionKind::kGrouped;
  config.rope_interleave = false;
  config.num_key_value_heads = static_cast<int>(fields.integer_or("num_key_value_heads", config.num_attention_heads, 1, 4096));
  if (config.num_attention_heads % config.num_key_value_heads != 0) throw fields.error("num_key_value_heads", "a divisor of num_attention_heads");
  if (default_head_dim == 0 && !fields.has("head_dim") && config.hidden_size % config.num_attention_heads != 0)
    throw fields.error("num_attention_heads", "a divisor of hidden_size");
  const std::int64_t usual = default_head_dim ? default_head_dim : config.hidden_size / config.num_attention_heads;
  config.head_dim = static_cast<int>(fields.integer_or("head_dim", usual, 2, kernels::kMaxAttentionWidth));
  if (config.head_dim % 2 != 0) throw fields.error("head_dim", "an even number");
  config.first_k_dense_replace = config.num_hidden_layers;  // all dense, unless read_experts says otherwise
}

// A window that is switched off may still have a size.
void refuse_windows(const Fields& fields) {
  require_absent(fields, "use_sliding_window");
  pass_over(fields, {"sliding_window", "max_window_layers"});
}

void read_experts(const Fields& fields, Config& config, const char* width_key) {
  config.gate_score = kernels::GateScore::kSoftmax;
  config.first_k_dense_replace = 0;
  const char* count = fields.has("num_experts") ? "num_experts" : "num_local_experts";  // the newer spelling
  config.n_routed_experts = fields.integer(count, 1, kernels::kMaxExperts);
  config.n_shared_experts = 0;
  config.num_experts_per_tok = fields.integer("num_experts_per_tok", 1, config.n_routed_experts);
  config.moe_intermediate_size = fields.integer(width_key, 1, kMaxWidth);
  config.norm_topk_prob = fields.boolean_or("norm_topk_prob", false);
  config.router_aux_loss_coef = fields.number_or("router_aux_loss_coef", 0, 0, 1e6);
}

void write_grouped(const Config& config, Json& json, bool has_key) {
  json["num_key_value_heads"] = config.num_key_value_heads;
  // The older families have no such key where the usual width is meant.
  if (!has_key && config.head_dim * config.num_attention_heads == config.hidden_size) return;
  json["head_dim"] = config.head_dim;
}

void write_experts(const Config& config, Json& json) {
  json["num_experts"] = config.n_routed_experts;
  json["num_experts_per_tok"] = config.num_experts_per_tok;
  json["norm_topk_prob"] = config.norm_topk_prob;
  json["router_aux_loss_coef"] = config.router_aux_loss_coef;
}

void read_llama(const Fields& fields, Config& config) {
  read_grouped(fields, config);
}

void write_llama(const Config& config, Json& json) {
  write_grouped(config, json, true);
  json["attention_bias"] = false;
  json["mlp_bias"] = false;
}

void read_qwen2(const Fields& fields, Config& config) {
  refuse_windows(fields);
  read_grouped(fields, config);
  config.qkv_bias = true;  // hard-wired in the architecture: there is no key
}

void write_qwen2(const Config& config, Json& json) {
  write_grouped(config, json, false);
  json["use_sliding_window"] = false;
}

void read_qwen3(const Fields& fields, Config& config) {
  refuse_windows(fields);
  read_grouped(fields, config, 128);
  config.qk_norm = HeadNorm::kPerHead;
}

void write_qwen3(const Config& config, Json& json) {
  write_grouped(config, json, true);
  json["attention_bias"] = false;
  json["use_sliding_window"] = false;
}

void read_qwen3_moe(const Fields& fields, Config& config) {
  refuse_windows(fields);
  if (fields.integer_or("decoder_sparse_step", 1, 0, kMaxWidth) != 1) refuse(fields, "decoder_sparse_step", "1");
  if (fields.has("mlp_only_layers") && !fields.at("mlp_only_layers").empty()) refuse(fields, "mlp_only_layers", "an empty list");
  read_grouped(fields, config);
  config.qk_norm = HeadNorm::kPerHead;
  read_experts(fields, config, "moe_intermediate_size");
}

void write_qwen3_moe(const Config& config, Json& json) {
  write_qwen3(config, json);
  write_experts(config, json);
  json["moe_intermediate_size"] = config.moe_intermediate_size;
  json["decoder_sparse_step"] = 1;
  json["mlp_only_layers"] = Json::array();
}

void read_olmoe(const Fields& fields, Config& config) {
  read_grouped(fields, config);
  config.qk_norm = HeadNorm::kWhole;
  read_experts(fields, config, "intermediate_size");
}

void write_olmoe(const Config& config, Json& json) {
  write_grouped(config, json, false);
  write_experts(config, json);
  json["attention_bias"] = false;
  json["intermediate_size"] = config.moe_intermediate_size;
}

}  // namespace

const Family kLlama = {"llama", "LlamaForCausalLM", read_llama, write_llama};
const Family kQwen2 = {"qwen2", "Qwen2ForCausalLM", read_qwen2, write_qwen2};
const Family kQwen3 = {"qwen3", "Qwen3ForCausalLM", read_qwen3, write_qwen3};
const Family kQwen3Moe = {"qwen3_moe", "Qwen3MoeForCausalLM", read_qwen3_moe, write_qwen3_moe};
const Family kOlmoe = {"olmoe", "OlmoeForCausalLM", read_olmoe, write_olmoe};

}  // namespace laconic::model
