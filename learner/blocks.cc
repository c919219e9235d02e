#include "learner/blocks.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include "base/error.h"
#include "model/rope_table.h"

namespace laconic::learner {
using at::Tensor;

LeafParameters::LeafParameters(const model::Config& c, const ParameterLayout& layout, Tensor weights, Tensor gradients)
    : weights_(std::move(weights)), gradients_(std::move(gradients)) {
  const auto fused_ffn = [&](const std::string& at, std::int64_t width) {
    add(at + "gate_proj.weight", layout.offset_of(at + "gate_proj.weight"), {2 * width, c.hidden_size});
    add(at + "down_proj.weight", layout.offset_of(at + "down_proj.weight"), {c.hidden_size, width});
  };
  for (const Parameter& p : layout.by_name())
    if (p.name.find(".mlp.") == std::string::npos || p.name.ends_with(".mlp.gate.weight")) add(p.name, p.offset, p.shape);
  // Padding rows of the embedding are no part of the distribution.
  add("head", layout.offset_of(c.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight"), {c.sampled_ids(), c.hidden_size});
  for (std::int64_t l = 0; l < c.layers(); ++l) {
    const std::string at = layer_prefix(l) + "mlp.";
    if (!c.is_moe(l)) {
      fused_ffn(at, c.intermediate_size);
      continue;
    }
    if (c.n_shared_experts > 0) fused_ffn(at + "shared_experts.", c.n_shared_experts * c.moe_intermediate_size);
    add(at + "experts", layout.offset_of(at + "experts.0.gate_proj.weight"), {c.n_routed_experts, 2 * c.moe_intermediate_size, c.hidden_size});
    add(at + "experts.down", layout.offset_of(at + "experts.0.down_proj.weight"), {c.n_routed_experts, c.hidden_size, c.moe_intermediate_size});
  }
}

void LeafParameters::add(const std::string& name, std::int64_t offset, std::vector<std::int64_t> shape) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) elements *= extent;
  Tensor leaf = weights_.narrow(0, offset, elements).view(shape).detach();
  if (gradients_.defined()) {
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = gradients_.narrow(0, offset, elements).view(shape).detach();  // accumulated in place
  }
  leaves_.emplace(name, std::move(leaf));
}

const Tensor& LeafParameters::operator[](const std::string& name) const {
  const auto found = leaves_.find(name);
  if (found == leaves_.end()) throw Error("the gradient has no parameter `" + name + "`", "learner/blocks.cc");
  return found->second;
}

Rotation make_rotation(const model::Config& c, std::int64_t positions, at::ScalarType type) {
  const kernels::RopeTable table = model::rope_table(c, positions);
  const auto copy = [&](const float* values) {
    return at::from_blob(const_cast<float*>(values), {positions, table.dim() / 2}, at::kFloat).clone().to(type);
  };
  return {copy(table.cos(0)), copy(table.sin(0)), c.rope_interleave};
}

Tensor project(const BlockContext& k, const std::string& name, const Tensor& x) {
  const Tensor y = linear(k.team, x, k.parameters[name]);
  return k.adapters ? k.adapters->attach(k.team, name, x, y) : y;
}

namespace {

Tensor latent_mixed(const BlockContext& k, std::int64_t layer, const std::string& at, const Tensor& normed) {
  const model::Config& c = k.config;
  constexpr double kEps = model::Config::kLatentNormEps;
  Tensor q;
  if (c.q_lora_rank == 0) {
    q = project(k, at + "q_proj.weight", normed);
  } else {
    const Tensor latent = project(k, at + "q_a_proj.weight", normed);
    q = project(k, at + "q_b_proj.weight", rms_norm(k.team, latent, k.parameters[at + "q_a_layernorm.weight"], kEps));
  }
  const auto parts = project(k, at + "kv_a_proj_with_mqa.weight", normed).split_with_sizes({c.kv_lora_rank, c.qk_rope_head_dim}, 1);
  const Tensor latent = rms_norm(k.team, parts[0], k.parameters[at + "kv_a_layernorm.weight"], kEps);
  const Tensor kv = project(k, at + "kv_b_proj.weight", latent);
  const AttentionShape shape{c.num_attention_heads, c.qk_nope_head_dim, c.qk_rope_head_dim, c.v_head_dim, c.softmax_scale()};
  const std::int64_t rows = normed.size(0);
  const Selected selected = k.selected.words ? Selected{k.selected.words + layer * rows * k.selected.ld, k.selected.ld} : Selected{};
  return latent_attention(k.team, q, kv, parts[1].contiguous(), k.sequences, k.rotation, shape, selected);
}

// A projection with the bias that some families give queries, keys and values.
Tensor biased(const BlockContext& k, const std::string& projection, const Tensor& x) {
  const Tensor y = project(k, projection + ".weight", x);
  return k.config.qkv_bias ? y.add(k.parameters[projection + ".bias"]) : y;
}

// RMSNorm of queries or keys: each head on its own, or all of a row as one vector.
Tensor normed_heads(const BlockContext& k, const std::string& norm, const Tensor& x) {
  if (k.config.qk_norm == model::HeadNorm::kNone) return x;
  const Tensor& w = k.parameters[norm + ".weight"];
  return rms_norm(k.team, x.view({-1, w.size(0)}), w, k.config.rms_norm_eps).view(x.sizes());
}

Tensor grouped_mixed(const BlockContext& k, const std::string& at, const Tensor& normed) {
  const model::Config& c = k.config;
  const Tensor query = normed_heads(k, at + "q_norm", biased(k, at + "q_proj", normed));
  const Tensor key = normed_heads(k, at + "k_norm", biased(k, at + "k_proj", normed));
  const Tensor value = biased(k, at + "v_proj", normed);
  const GroupedShape shape{c.num_attention_heads, c.num_key_value_heads, c.head_dim, c.softmax_scale()};
  return grouped_attention(k.team, query, key, value, k.sequences, k.rotation, shape);
}

}  // namespace

Tensor attention_block(const BlockContext& k, std::int64_t layer, const Tensor& x) {
  const std::string prefix = layer_prefix(layer), at = prefix + "self_attn.";
  const Tensor normed = rms_norm(k.team, x, k.parameters[prefix + "input_layernorm.weight"], k.config.rms_norm_eps);
  return project(k, at + "o_proj.weight", k.config.is_latent() ? latent_mixed(k, layer, at, normed) : grouped_mixed(k, at, normed));
}

namespace {

Tensor ffn(const BlockContext& k, const std::string& at, const Tensor& normed) {
  return project(k, at + "down_proj.weight", swiglu(k.team, project(k, at + "gate_proj.weight", normed)));
}

}  // namespace

Tensor dense_block(const BlockContext& k, std::int64_t layer, const Tensor& x) {
  const std::string prefix = layer_prefix(layer);
  return ffn(k, prefix + "mlp.", rms_norm(k.team, x, k.parameters[prefix + "post_attention_layernorm.weight"], k.config.rms_norm_eps));
}

namespace {

// The router's input and its scores of all experts.
std::pair<Tensor, Tensor> router_scores(const BlockContext& k, std::int64_t layer, const Tensor& x) {
  const std::string prefix = layer_prefix(layer);
  const Tensor normed = rms_norm(k.team, x, k.parameters[prefix + "post_attention_layernorm.weight"], k.config.rms_norm_eps);
  const Tensor logits = project(k, prefix + "mlp.gate.weight", normed);
  return {normed, k.config.gate_score == kernels::GateScore::kSigmoid ? at::sigmoid(logits) : at::softmax(logits, 1)};
}

}  // namespace

Tensor moe_block(const BlockContext& k, std::int64_t layer, const Tensor& x, const Tensor& ids, std::shared_ptr<const RoutePlan> plan) {
  const model::Config& c = k.config;
  const std::string at = layer_prefix(layer) + "mlp.";
  const auto [normed, scores] = router_scores(k, layer, x);
  Tensor weights = scores.gather(1, ids);  // selection is fixed; the weights of the selected come from the current scores
  if (c.norm_topk_prob) weights = weights.div(weights.sum(1, true).add(1e-20));
  weights = weights.mul(c.routed_scaling_factor);
  const Tensor routed = routed_experts(k.team, normed, weights.contiguous(), k.parameters[at + "experts"], k.parameters[at + "experts.down"], std::move(plan));
  if (c.n_shared_experts == 0) return routed;
  return routed.add(ffn(k, at + "shared_experts.", normed));
}

Tensor router_loss(const BlockContext& k, std::int64_t layer, const Tensor& x, const Tensor& weights) {
  const auto [normed, scores] = router_scores(k, layer, x);
  return scores.div(scores.sum(1, true)).mul(weights).sum();
}

Tensor head_block(const BlockContext& k, const Tensor& x, std::shared_ptr<const Targets> targets) {
  const Tensor normed = rms_norm(k.team, x, k.parameters["model.norm.weight"], k.config.rms_norm_eps);
  return target_logprob(k.team, normed, k.parameters["head"], std::move(targets));
}

}  // namespace laconic::learner
