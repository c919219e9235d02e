// The whole model as one plain differentiable expression in ATen: no blocks, no hand-written
// backward, no packing; slow and obvious. Routing is given.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <functional>

#include "learner/parameters.h"
#include "model/config.h"

namespace laconic::learner::reference {

using at::Tensor;
using Weights = std::function<Tensor(const std::string&)>;  // by Hugging Face name

inline Tensor norm(const Tensor& x, const Tensor& w, double eps) {
  return x * (x.pow(2).mean(-1, true) + eps).rsqrt() * w;
}

inline Tensor silu_ffn(const Weights& w, const std::string& at, const Tensor& x) {
  const Tensor gate = x.matmul(w(at + "gate_proj.weight").t()), up = x.matmul(w(at + "up_proj.weight").t());
  return (gate * at::sigmoid(gate) * up).matmul(w(at + "down_proj.weight").t());
}

// x: [S, heads, rope]; pairs (2i, 2i + 1), or (i, i + rope/2).
inline Tensor rope(const model::Config& c, const Tensor& x) {
  const std::vector<double> list = c.is_latent() ? kernels::rope_frequencies(c.rope_dim(), c.rope_theta, c.yarn)
                                                 : kernels::rope_frequencies(c.rope_dim(), c.rope_theta, c.llama3);
  const std::int64_t s = x.size(0), half = x.size(2) / 2;
  const Tensor frequencies = at::tensor(list, x.options().requires_grad(false));
  const Tensor angle = at::outer(at::arange(s, frequencies.options()), frequencies).unsqueeze(1);
  if (!c.rope_interleave) {
    const Tensor a = x.narrow(2, 0, half), b = x.narrow(2, half, half);
    return at::cat({a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()}, 2);
  }
  const Tensor pairs = x.reshape({s, x.size(1), half, 2}), a = pairs.select(3, 0), b = pairs.select(3, 1);
  return at::stack({a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()}, 3).reshape(x.sizes());
}

// q, k: [S, heads, width]; v: [S, heads, value] → [S, heads·value].
inline Tensor causal(const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
  const std::int64_t s = q.size(0);
  const Tensor future = at::ones({s, s}, at::kBool).triu(1);
  const Tensor scores = (q.transpose(0, 1).matmul(k.permute({1, 2, 0})) * scale).masked_fill(future, -INFINITY);
  return at::softmax(scores, 2).matmul(v.transpose(0, 1)).transpose(0, 1).reshape({s, -1});
}

inline Tensor latent_attention(const model::Config& c, const Weights& w, const std::string& at, const Tensor& x) {
  const std::int64_t s = x.size(0), heads = c.num_attention_heads, nope = c.qk_nope_head_dim, rope_dim = c.qk_rope_head_dim;
  Tensor q = c.q_lora_rank == 0 ? x.matmul(w(at + "q_proj.weight").t())
                                : norm(x.matmul(w(at + "q_a_proj.weight").t()), w(at + "q_a_layernorm.weight"), 1e-6).matmul(w(at + "q_b_proj.weight").t());
  q = q.reshape({s, heads, nope + rope_dim});
  const Tensor down = x.matmul(w(at + "kv_a_proj_with_mqa.weight").t());
  const Tensor latent = norm(down.narrow(1, 0, c.kv_lora_rank), w(at + "kv_a_layernorm.weight"), 1e-6);
  const Tensor shared = rope(c, down.narrow(1, c.kv_lora_rank, rope_dim).unsqueeze(1));
  const Tensor kv = latent.matmul(w(at + "kv_b_proj.weight").t()).reshape({s, heads, nope + c.v_head_dim});
  const Tensor full_q = at::cat({q.narrow(2, 0, nope), rope(c, q.narrow(2, nope, rope_dim))}, 2);
  const Tensor full_k = at::cat({kv.narrow(2, 0, nope), shared.expand({s, heads, rope_dim})}, 2);
  const double m = c.yarn.enabled && c.yarn.factor > 1 ? 0.1 * c.yarn.mscale_all_dim * std::log(c.yarn.factor) + 1 : 1;
  return causal(full_q, full_k, kv.narrow(2, nope, c.v_head_dim), m * m / std::sqrt(static_cast<double>(nope + rope_dim)));
}

inline Tensor grouped_attention(const model::Config& c, const Weights& w, const std::string& at, const Tensor& x) {
  const std::int64_t s = x.size(0), group = c.num_attention_heads / c.num_key_value_heads;
  const auto heads = [&](const char* part, const char* norm_name, std::int64_t count) {
    Tensor y = x.matmul(w(at + part + "_proj.weight").t());
    if (c.qkv_bias) y = y + w(at + part + "_proj.bias");
    if (norm_name && c.qk_norm == model::HeadNorm::kWhole) y = norm(y, w(at + norm_name), c.rms_norm_eps);
    y = y.reshape({s, count, c.head_dim});
    if (norm_name && c.qk_norm == model::HeadNorm::kPerHead) y = norm(y, w(at + norm_name), c.rms_norm_eps);
    return y;
  };
  const Tensor q = rope(c, heads("q", "q_norm.weight", c.num_attention_heads));
  const Tensor k = rope(c, heads("k", "k_norm.weight", c.num_key_value_heads)).repeat_interleave(group, 1);
  const Tensor v = heads("v", nullptr, c.num_key_value_heads).repeat_interleave(group, 1);
  return causal(q, k, v, 1 / std::sqrt(static_cast<double>(c.head_dim)));
}

inline Tensor attention(const model::Config& c, const Weights& w, std::int64_t layer, const Tensor& x) {
  const std::string at = layer_prefix(layer) + "self_attn.";
  return (c.is_latent() ? latent_attention(c, w, at, x) : grouped_attention(c, w, at, x)).matmul(w(at + "o_proj.weight").t());
}

// [S, experts].
inline Tensor router_scores(const model::Config& c, const Weights& w, std::int64_t layer, const Tensor& x) {
  const Tensor logits = x.matmul(w(layer_prefix(layer) + "mlp.gate.weight").t());
  return c.gate_score == kernels::GateScore::kSigmoid ? at::sigmoid(logits) : at::softmax(logits, 1);
}

// ids: int64 [S, top_k].
inline Tensor moe(const model::Config& c, const Weights& w, std::int64_t layer, const Tensor& x, const Tensor& ids) {
  const std::string at = layer_prefix(layer) + "mlp.";
  const Tensor scores = router_scores(c, w, layer, x);
  std::vector<Tensor> rows;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    const Tensor chosen = scores[t].index_select(0, ids[t]);
    const Tensor weights = (c.norm_topk_prob ? chosen / (chosen.sum() + 1e-20) : chosen) * c.routed_scaling_factor;
    Tensor sum = c.n_shared_experts > 0 ? silu_ffn(w, at + "shared_experts.", x[t].unsqueeze(0)) : at::zeros({1, x.size(1)}, x.options());
    for (std::int64_t s = 0; s < ids.size(1); ++s)
      sum = sum + weights[s] * silu_ffn(w, at + "experts." + std::to_string(ids[t][s].item<std::int64_t>()) + ".", x[t].unsqueeze(0));
    rows.push_back(sum);
  }
  return at::cat(rows, 0);
}

// Log-probs of the next tokens of one sequence: tokens [S] are fed, [S] targets come out.
// ids: per MoE layer int64 [S, top_k]. `scores`, unless null, receives each MoE layer's router_scores.
inline Tensor sequence_logprob(const model::Config& c, const Weights& w, const Tensor& tokens, const Tensor& targets, const std::vector<Tensor>& ids, double temperature,
                               std::vector<Tensor>* scores = nullptr) {
  Tensor h = w("model.embed_tokens.weight").index_select(0, tokens);
  for (std::int64_t l = 0; l < c.layers(); ++l) {
    h = h + attention(c, w, l, norm(h, w(layer_prefix(l) + "input_layernorm.weight"), c.rms_norm_eps));
    const Tensor x = norm(h, w(layer_prefix(l) + "post_attention_layernorm.weight"), c.rms_norm_eps);
    if (scores && c.is_moe(l)) scores->push_back(router_scores(c, w, l, x));
    h = h + (c.is_moe(l) ? moe(c, w, l, x, ids[l - c.first_k_dense_replace]) : silu_ffn(w, layer_prefix(l) + "mlp.", x));
  }
  const Tensor logits = norm(h, w("model.norm.weight"), c.rms_norm_eps).matmul(w(c.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight").t()).narrow(1, 0, c.sampled_ids());
  return at::log_softmax(logits / temperature, 1).gather(1, targets.unsqueeze(1)).squeeze(1);
}

}  // namespace laconic::learner::reference
