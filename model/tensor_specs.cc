#include <algorithm>

#include <fmt/format.h>

#include "model/config.h"

namespace laconic::model {
namespace {

class SpecList {
 public:
  void add(std::string name, std::vector<std::int64_t> shape, bool fp32 = false) {
    specs_.push_back({std::move(name), std::move(shape), fp32});
  }
  void swiglu(const std::string& prefix, std::int64_t hidden, std::int64_t width) {
    add(prefix + "gate_proj.weight", {width, hidden});
    add(prefix + "up_proj.weight", {width, hidden});
    add(prefix + "down_proj.weight", {hidden, width});
  }
  std::vector<TensorSpec> sorted() {
    std::sort(specs_.begin(), specs_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(specs_);
  }

 private:
  std::vector<TensorSpec> specs_;
};

void add_grouped_attention(const Config& c, const std::string& layer, SpecList& specs) {
  const std::string at = layer + "self_attn.";
  const std::int64_t q = c.query_width(), kv = std::int64_t{c.num_key_value_heads} * c.head_dim;
  specs.add(at + "q_proj.weight", {q, c.hidden_size});
  specs.add(at + "k_proj.weight", {kv, c.hidden_size});
  specs.add(at + "v_proj.weight", {kv, c.hidden_size});
  specs.add(at + "o_proj.weight", {c.hidden_size, q});
  if (c.qkv_bias) {
    specs.add(at + "q_proj.bias", {q});
    specs.add(at + "k_proj.bias", {kv});
    specs.add(at + "v_proj.bias", {kv});
  }
  if (c.qk_norm != HeadNorm::kNone) {
    const bool whole = c.qk_norm == HeadNorm::kWhole;
    specs.add(at + "q_norm.weight", {whole ? q : c.head_dim});
    specs.add(at + "k_norm.weight", {whole ? kv : c.head_dim});
  }
}

void add_latent_attention(const Config& c, const std::string& layer, SpecList& specs) {
  const std::string at = layer + "self_attn.";
  const std::int64_t heads = c.num_attention_heads, q_width = c.query_width();
  if (c.q_lora_rank == 0) {
    specs.add(at + "q_proj.weight", {q_width, c.hidden_size});
  } else {
    specs.add(at + "q_a_proj.weight", {c.q_lora_rank, c.hidden_size});
    specs.add(at + "q_a_layernorm.weight", {c.q_lora_rank});
    specs.add(at + "q_b_proj.weight", {q_width, c.q_lora_rank});
  }
  specs.add(at + "kv_a_proj_with_mqa.weight", {c.kv_lora_rank + c.qk_rope_head_dim, c.hidden_size});
  specs.add(at + "kv_a_layernorm.weight", {c.kv_lora_rank});
  specs.add(at + "kv_b_proj.weight", {heads * (c.qk_nope_head_dim + c.v_head_dim), c.kv_lora_rank});
  specs.add(at + "o_proj.weight", {c.hidden_size, heads * c.v_head_dim});
  if (!c.is_sparse()) return;
  const std::int64_t dim = c.index_head_dim;
  specs.add(at + "indexer.wq_b.weight", {c.index_n_heads * dim, c.q_lora_rank});
  specs.add(at + "indexer.wk.weight", {dim, c.hidden_size});
  specs.add(at + "indexer.k_norm.weight", {dim});
  specs.add(at + "indexer.k_norm.bias", {dim});
  specs.add(at + "indexer.weights_proj.weight", {c.index_n_heads, c.hidden_size});
}

void add_moe(const Config& c, const std::string& layer, SpecList& specs) {
  const std::string at = layer + "mlp.";
  specs.add(at + "gate.weight", {c.n_routed_experts, c.hidden_size});
  if (c.has_selection_bias()) specs.add(at + "gate.e_score_correction_bias", {c.n_routed_experts}, true);
  if (c.n_shared_experts > 0) specs.swiglu(at + "shared_experts.", c.hidden_size, c.n_shared_experts * c.moe_intermediate_size);
  for (std::int64_t e = 0; e < c.n_routed_experts; ++e)
    specs.swiglu(fmt::format("{}experts.{}.", at, e), c.hidden_size, c.moe_intermediate_size);
}

}  // namespace

std::vector<TensorSpec> tensor_specs(const Config& c) {
  SpecList specs;
  specs.add("model.embed_tokens.weight", {c.vocab_size, c.hidden_size});
  specs.add("model.norm.weight", {c.hidden_size});
  if (!c.tie_word_embeddings) specs.add("lm_head.weight", {c.vocab_size, c.hidden_size});
  for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) {
    const std::string layer = fmt::format("model.layers.{}.", l);
    specs.add(layer + "input_layernorm.weight", {c.hidden_size});
    specs.add(layer + "post_attention_layernorm.weight", {c.hidden_size});
    if (c.is_latent()) add_latent_attention(c, layer, specs);
    else add_grouped_attention(c, layer, specs);
    if (c.is_moe(l)) add_moe(c, layer, specs);
    else specs.swiglu(layer + "mlp.", c.hidden_size, c.intermediate_size);
  }
  return specs.sorted();
}

ParameterCount count_parameters(const Config& c) {
  ParameterCount count;
  for (const TensorSpec& spec : tensor_specs(c)) {
    if (spec.fp32) continue;  // the selection bias is moved by load balancing, not learned
    std::int64_t elements = 1;
    for (const std::int64_t extent : spec.shape) elements *= extent;
    count.total += elements;
  }
  const std::int64_t expert = 3 * c.hidden_size * c.moe_intermediate_size;
  count.active = count.total - c.moe_layers() * (c.n_routed_experts - c.num_experts_per_tok) * expert;
  if (!c.tie_word_embeddings) count.active -= (c.vocab_size - 1) * c.hidden_size;
  return count;
}

}  // namespace laconic::model
