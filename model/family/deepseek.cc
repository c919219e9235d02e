// DeepSeek-V2 and V2-Lite (arXiv 2405.04434): latent attention, softmax gate, groups by their best expert.
// DeepSeek-V3 and R1 (arXiv 2412.19437): latent attention, sigmoid gate with a selection bias.
#include "model/family/deepseek.h"

#include <fmt/format.h>

#include "kernels/attention.h"

namespace laconic::model {

void read_latent(const Fields& fields, Config& config) {
  if (fields.integer_or("num_key_value_heads", config.num_attention_heads, 1, 4096) != config.num_attention_heads)
    refuse(fields, "num_key_value_heads", "a value equal to num_attention_heads");
  // null means one q_proj; absent would mean 1536 elsewhere, so it is not guessed here.
  if (!fields.holds("q_lora_rank")) throw fields.error("q_lora_rank", "an integer or null");
  config.attention = AttentionKind::kLatent;
  config.q_lora_rank = fields.integer_or("q_lora_rank", 0, 1, kMaxWidth);
  config.kv_lora_rank = fields.integer("kv_lora_rank", 1, kMaxWidth);
  config.qk_nope_head_dim = static_cast<int>(fields.integer("qk_nope_head_dim", 1, 65536));
  config.qk_rope_head_dim = static_cast<int>(fields.integer("qk_rope_head_dim", 2, 65536));
  config.v_head_dim = static_cast<int>(fields.integer("v_head_dim", 1, 65536));
  if (config.kv_lora_rank + config.qk_rope_head_dim > kernels::kMaxAttentionWidth)
    throw fields.error("kv_lora_rank", fmt::format("at most {} together with qk_rope_head_dim", kernels::kMaxAttentionWidth));
  if (config.qk_rope_head_dim % 2 != 0) throw fields.error("qk_rope_head_dim", "an even number");
  config.rope_interleave = fields.boolean_or("rope_interleave", true);
}

void write_latent(const Config& config, Json& json) {
  json["attention_bias"] = false;
  json["kv_lora_rank"] = config.kv_lora_rank;
  json["num_key_value_heads"] = config.num_attention_heads;
  json["q_lora_rank"] = config.q_lora_rank == 0 ? Json() : Json(config.q_lora_rank);
  json["qk_nope_head_dim"] = config.qk_nope_head_dim;
  json["qk_rope_head_dim"] = config.qk_rope_head_dim;
  json["rope_interleave"] = config.rope_interleave;
  json["v_head_dim"] = config.v_head_dim;
}

void read_deepseek_experts(const Fields& fields, Config& config) {
  if (fields.integer_or("moe_layer_freq", 1, 0, kMaxWidth) != 1) refuse(fields, "moe_layer_freq", "1");
  config.first_k_dense_replace = fields.integer("first_k_dense_replace", 0, config.num_hidden_layers);
  if (config.moe_layers() == 0)
    return pass_over(fields, {"n_routed_experts", "n_shared_experts", "moe_intermediate_size", "routed_scaling_factor", "topk_method"});
  config.n_routed_experts = fields.integer("n_routed_experts", 2, kernels::kMaxExperts);
  config.n_shared_experts = fields.integer("n_shared_experts", 1, 1024);
  config.num_experts_per_tok = fields.integer("num_experts_per_tok", 1, config.n_routed_experts);
  config.moe_intermediate_size = fields.integer("moe_intermediate_size", 1, kMaxWidth);
  config.routed_scaling_factor = fields.number("routed_scaling_factor", 0, 1e6);
  config.router_aux_loss_coef = fields.number_or("aux_loss_alpha", 0, 0, 1e6);
}

void read_expert_groups(const Fields& fields, Config& config, std::int64_t smallest_group) {
  config.n_group = static_cast<int>(fields.integer("n_group", 1, config.n_routed_experts));
  config.topk_group = static_cast<int>(fields.integer("topk_group", 1, config.n_group));
  if (config.n_routed_experts % config.n_group != 0) throw fields.error("n_group", "a divisor of n_routed_experts");
  const std::int64_t group = config.n_routed_experts / config.n_group;
  if (group < smallest_group) throw fields.error("n_group", "at least two experts a group");
  if (config.num_experts_per_tok > config.topk_group * group)
    throw fields.error("num_experts_per_tok", fmt::format("at most the {} experts of the kept groups", config.topk_group * group));
}

void write_deepseek_experts(const Config& config, Json& json) {
  json["first_k_dense_replace"] = config.first_k_dense_replace;
  json["moe_layer_freq"] = 1;
  if (config.moe_layers() == 0) return;
  json["n_routed_experts"] = config.n_routed_experts;
  json["n_shared_experts"] = config.n_shared_experts;
  json["num_experts_per_tok"] = config.num_experts_per_tok;
  json["moe_intermediate_size"] = config.moe_intermediate_size;
  json["n_group"] = config.n_group;
  json["topk_group"] = config.topk_group;
  json["norm_topk_prob"] = config.norm_topk_prob;
  json["routed_scaling_factor"] = config.routed_scaling_factor;
  if (config.router_aux_loss_coef != 0) json["aux_loss_alpha"] = config.router_aux_loss_coef;
}

void read_deepseek_v3(const Fields& fields, Config& config) {
  require_text(fields, "scoring_func", "sigmoid");
  require_text(fields, "topk_method", "noaux_tc");
  config.gate_score = kernels::GateScore::kSigmoid;
  read_latent(fields, config);
  read_deepseek_experts(fields, config);
  if (config.moe_layers() == 0) return;
  config.norm_topk_prob = fields.boolean_or("norm_topk_prob", true);
  read_expert_groups(fields, config, 2);  // a group's score is the sum of two
}

void write_deepseek_v3(const Config& config, Json& json) {
  write_latent(config, json);
  write_deepseek_experts(config, json);
  json["num_nextn_predict_layers"] = 0;
  json["scoring_func"] = "sigmoid";
  json["topk_method"] = "noaux_tc";
}

namespace {

constexpr const char* kGreedy = "greedy";                      // V2-Lite: the best experts of all
constexpr const char* kGroupLimited = "group_limited_greedy";  // V2: of the groups whose best expert is best

void read_deepseek_v2(const Fields& fields, Config& config) {
  require_text(fields, "scoring_func", "softmax");
  config.gate_score = kernels::GateScore::kSoftmax;
  read_latent(fields, config);
  if (!config.rope_interleave) refuse(fields, "rope_interleave", "true");  // the family has no such key
  read_deepseek_experts(fields, config);
  config.norm_topk_prob = false;
  if (config.moe_layers() == 0) return;
  // The published code divides by the sum and then does not scale; transformers does neither.
  if (fields.boolean_or("norm_topk_prob", false)) refuse(fields, "norm_topk_prob", "false");
  const std::string method = fields.text_or("topk_method", kGreedy);
  if (method == kGroupLimited) read_expert_groups(fields, config, 1);
  else if (method != kGreedy) refuse(fields, "topk_method", fmt::format("`{}` and `{}`", kGreedy, kGroupLimited));
}

void write_deepseek_v2(const Config& config, Json& json) {
  write_latent(config, json);
  json.erase("rope_interleave");
  write_deepseek_experts(config, json);
  json["scoring_func"] = "softmax";
  json["topk_method"] = config.n_group == 1 ? kGreedy : kGroupLimited;
}

}  // namespace

const Family kDeepseekV2 = {"deepseek_v2", "DeepseekV2ForCausalLM", read_deepseek_v2, write_deepseek_v2};
const Family kDeepseekV3 = {"deepseek_v3", "DeepseekV3ForCausalLM", read_deepseek_v3, write_deepseek_v3};

}  // namespace laconic::model
