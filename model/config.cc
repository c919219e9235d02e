#include "model/config.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "model/family/family.h"
#include "model/family/mathematics_keys.h"

namespace laconic::model {
namespace {

// Keys that would change the mathematics of any family in a way forward() does not follow.
void refuse_other_mathematics(const Fields& fields, const Family& family) {
  const Json architectures = Json::array({family.architecture});
  if (fields.has("architectures") && fields.at("architectures") != architectures) refuse(fields, "architectures", architectures.dump());
  require_text(fields, "hidden_act", "silu");
  if (fields.number_or("attention_dropout", 0, 0, 1) != 0) refuse(fields, "attention_dropout", "0");
  if (fields.has("layer_types"))
    for (const Json& type : fields.at("layer_types"))
      if (type != family.layer_type) refuse(fields, "layer_types", fmt::format("`{}` in every layer", family.layer_type));
  // Code that comes with a checkpoint is known where it is the family's own.
  if (!fields.has("auto_map")) return;
  const std::string code = fields.object("auto_map").text_or("AutoModelForCausalLM", family.architecture);
  if (!code.ends_with(family.architecture)) refuse(fields, "auto_map", fmt::format("`{}`", family.architecture));
}

// Weights in FP8 with a factor for each 128×128 block. They are decoded when they are read, and what is
// computed from them is computed as from bf16 ones: activations are not quantised.
void check_quantization(const Fields& fields) {
  if (!fields.has("quantization_config")) return;
  const Fields quantization = fields.object("quantization_config");
  if (quantization.text("quant_method") != "fp8") refuse(quantization, "quant_method", "`fp8`");
  const Json block = {Tensor::kScaleBlock, Tensor::kScaleBlock};
  if (quantization.at("weight_block_size") != block) refuse(quantization, "weight_block_size", block.dump());
  require_text(quantization, "fmt", "e4m3");
  require_text(quantization, "activation_scheme", "dynamic");
}

void read_llama3(const Fields& rope, Config& config) {
  kernels::Llama3Scaling& scaling = config.llama3;
  scaling.enabled = true;
  scaling.factor = rope.number("factor", 1, 1e6);
  scaling.low = rope.number("low_freq_factor", 1e-3, 1e6);
  scaling.high = rope.number("high_freq_factor", 1e-3, 1e6);
  scaling.original_positions = rope.number("original_max_position_embeddings", 1, 1e9);
  if (scaling.high <= scaling.low) throw rope.error("high_freq_factor", "a number above low_freq_factor");
}

void read_yarn(const Fields& rope, Config& config) {
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

void read_rope(const Fields& fields, Config& config) {
  // transformers ≥ 5 keeps everything in rope_parameters; before, rope_theta and rope_scaling.
  const char* key = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (fields.has("rope_parameters") && fields.has("rope_scaling") && fields.at("rope_scaling") != fields.at("rope_parameters"))
    refuse(fields, "rope_scaling", "null, or the value of rope_parameters, where both are given");
  config.rope_theta = fields.number_or("rope_theta", 10000, 1, 1e12);
  if (!fields.has(key)) return;
  const Fields rope = fields.object(key);
  config.rope_theta = rope.number_or("rope_theta", config.rope_theta, 1, 1e12);
  const char* type_key = rope.has("rope_type") ? "rope_type" : "type";
  const std::string type = rope.text_or(type_key, "default");
  if (rope.number_or("partial_rotary_factor", 1, 0, 1) != 1) refuse(rope, "partial_rotary_factor", "1");
  if (rope.has("mrope_section")) refuse(rope, "mrope_section", "one position a token");
  if (type == "llama3" && !config.is_latent()) read_llama3(rope, config);
  else if (type == "yarn") read_yarn(rope, config);
  else if (type != "default") refuse(rope, type_key, config.is_latent() ? "`default` and `yarn`" : "`default`, `llama3` and `yarn`");
  // One program heeds a key here that another does not know (attn_factor): nothing is passed over.
  pass_over(rope, {"type", "finetuned"});
  for (const auto& [name, value] : fields.at(key).items())
    if (!value.is_null() && !rope.asked(name)) refuse(rope, name.c_str(), "scalings without it");
}

void read_tokens(const Fields& fields, Config& config) {
  const std::int64_t last = config.vocab_size - 1;
  config.bos_token_id = static_cast<std::int32_t>(fields.integer_or("bos_token_id", -1, -1, last));
  config.token_count = fields.integer_or("token_count", 0, 0, config.vocab_size);
  config.eos_token_ids = fields.token_ids("eos_token_id", config.vocab_size);
}

}  // namespace

kernels::GateShape Config::gate() const {
  return {.experts = static_cast<int>(n_routed_experts), .top_k = static_cast<int>(num_experts_per_tok), .score = gate_score,
          .groups = n_group, .kept_groups = topk_group, .group_best = gate_score == kernels::GateScore::kSigmoid ? 2 : 1, .normalise = norm_topk_prob, .scaling = static_cast<float>(routed_scaling_factor)};
}

float Config::softmax_scale() const {
  if (!is_latent()) return static_cast<float>(1 / std::sqrt(static_cast<double>(head_dim)));
  const double m = yarn.enabled && yarn.mscale_all_dim != 0 ? kernels::yarn_mscale(yarn.factor, yarn.mscale_all_dim) : 1;
  return static_cast<float>(m * m / std::sqrt(static_cast<double>(qk_nope_head_dim + qk_rope_head_dim)));
}

float Config::index_scale() const { return static_cast<float>(1 / std::sqrt(static_cast<double>(index_n_heads) * index_head_dim)); }

Config parse_config(const std::string& json_text, const std::string& where) {
  const Json json = parse_json(json_text, where);
  const Fields fields(json, where);
  Config config;
  config.model_type = fields.text("model_type");
  const Family& family = family_named(config.model_type, where);
  refuse_other_mathematics(fields, family);
  check_quantization(fields);

  config.vocab_size = fields.integer("vocab_size", 2, kMaxWidth);
  config.hidden_size = fields.integer("hidden_size", 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_hidden_layers", 1, 1024);
  config.intermediate_size = fields.integer("intermediate_size", 1, kMaxWidth);
  config.num_attention_heads = static_cast<int>(fields.integer("num_attention_heads", 1, 4096));
  family.read(fields, config);

  read_rope(fields, config);
  config.max_position_embeddings = fields.integer("max_position_embeddings", 1, std::int64_t{1} << 24);
  config.rms_norm_eps = fields.number("rms_norm_eps", 0, 1);
  config.tie_word_embeddings = fields.boolean_or("tie_word_embeddings", false);
  config.initializer_range = fields.number_or("initializer_range", 0.02, 0, 10);
  read_tokens(fields, config);
  refuse_unread_mathematics(fields, config.model_type);
  return config;
}

Config read_config(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  return parse_config(read_file(file), file.string());
}

}  // namespace laconic::model
