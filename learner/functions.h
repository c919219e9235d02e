// Differentiable operations of the gradient blocks that ATen has not, or only as chains of small
// kernels. Each has a hand-written backward (first derivatives only), takes fp32 or fp64 tensors on
// the CPU, runs on `team`, and gives the same bits for any number of its threads. ATen itself is kept
// to one thread: its OpenMP team beside ours would fight for the same cores, many times a block.
// A seam header: one of the few that include torch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_team.h"
#include "learner/routing.h"

namespace laconic::learner {

// y = w ⊙ x · rsqrt(mean(x²) + eps) by row. x: [rows, dim], unit column stride; w: [dim].
at::Tensor rms_norm(ThreadTeam& team, const at::Tensor& x, const at::Tensor& w, double eps);

// y = x·Wᵀ. x: [rows, inputs]; w: [outputs, inputs]; both contiguous.
at::Tensor linear(ThreadTeam& team, const at::Tensor& x, const at::Tensor& w);

// silu(gate)·up; gate_up: [rows, 2·width], gate in columns [0, width) → [rows, width].
at::Tensor swiglu(ThreadTeam& team, const at::Tensor& gate_up);

// Sequences packed without padding: sequence i is rows [starts[i], starts[i + 1]).
struct Sequences {
  std::vector<std::int64_t> starts;
  std::int64_t count() const { return static_cast<std::int64_t>(starts.size()) - 1; }
};

// cos and sin by position in the sequence: [positions, rope/2] each, of the tensors' type.
struct Rotation {
  at::Tensor cos, sin;
  bool interleaved = true;  // pairs (2i, 2i+1), or (i, i + rope/2)
};

struct AttentionShape {
  int heads = 0, nope = 0, rope = 0, value = 0;
  double scale = 1;
};

// Sparse attention: bit i of words[row · ld + w] says whether the row attends to position 32 w + i of its
// sequence; words up to its own position count. Without words: to all of them.
struct Selected {
  const std::uint32_t* words = nullptr;
  std::int64_t ld = 0;
};

// Causal multi-head latent attention in expanded form (DeepSeek-V2 report §2.1).
// q: [rows, heads·(nope + rope)], each head [nope | rope], not yet rotated; kv: [rows, heads·(nope +
// value)], each head [key | value]; k_rope: [rows, rope], shared by the heads, not yet rotated.
// → [rows, heads·value]. `selected` is kept by the caller until the backward pass is over.
at::Tensor latent_attention(ThreadTeam& team, const at::Tensor& q, const at::Tensor& kv, const at::Tensor& k_rope,
                            std::shared_ptr<const Sequences> sequences, const Rotation& rotation, const AttentionShape& shape,
                            const Selected& selected = {});

struct GroupedShape {
  int heads = 0, kv_heads = 0, dim = 0;  // query head h uses KV head h / (heads / kv_heads)
  double scale = 1;
};

// Causal grouped-query attention (Ainslie et al. 2023). q: [rows, heads·dim]; k, v: [rows, kv_heads·dim],
// queries and keys not yet rotated → [rows, heads·dim].
at::Tensor grouped_attention(ThreadTeam& team, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             std::shared_ptr<const Sequences> sequences, const Rotation& rotation, const GroupedShape& shape);

// Σ_slots weights[t, s] · down_e( silu(gate_e x_t) · up_e x_t ), e = the plan's expert of (t, s).
// x: [tokens, hidden]; weights: [tokens, top_k]; gate_up: [experts, 2·width, hidden]; down: [experts,
// hidden, width].
at::Tensor routed_experts(ThreadTeam& team, const at::Tensor& x, const at::Tensor& weights, const at::Tensor& gate_up,
                          const at::Tensor& down, std::shared_ptr<const RoutePlan> plan);

// Log-prob of targets[r] under softmax(x W^T · inverse_temperature), over all rows of W, or only over
// the row's kept ids: kept_ids[kept_offsets[r] … kept_offsets[r + 1]); an empty set keeps all.
struct Targets {
  std::vector<std::int32_t> ids;                      // [rows]
  std::vector<std::int64_t> kept_offsets;             // empty, or [rows + 1]
  std::vector<std::int32_t> kept_ids;
  double inverse_temperature = 1;
};
at::Tensor target_logprob(ThreadTeam& team, const at::Tensor& x, const at::Tensor& w, std::shared_ptr<const Targets> targets);

}  // namespace laconic::learner
