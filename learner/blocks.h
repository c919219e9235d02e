// The model's blocks in ATen under grad, each a function of its input and its parameters without the
// residual: value(block) = input + block(input). The same code runs in fp32 (training) and fp64
// (its tests). A seam header: one of the few that include torch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "base/thread_team.h"
#include "learner/adapter_leaves.h"
#include "learner/functions.h"
#include "learner/parameters.h"
#include "model/config.h"

namespace laconic::learner {

// Leaves of the gradient: views into one flat buffer of weights, whose .grad are views of one flat
// buffer of gradients with the same layout.
class LeafParameters {
 public:
  // `weights`, `gradients`: 1-d tensors of layout.size() elements, fp32 or fp64; kept. Undefined
  // gradients freeze the weights: they have none.
  LeafParameters(const model::Config& config, const ParameterLayout& layout, at::Tensor weights, at::Tensor gradients);

  // A tensor, or a fused group by the name of its first tensor: "….gate_proj.weight" of an FFN is
  // [2·width, hidden]; "….mlp.experts" is [E, 2·width, hidden]; "….mlp.experts.down" [E, hidden, width];
  // "head" is the sampled ids' rows of lm_head, or of the embedding when tied.
  const at::Tensor& operator[](const std::string& name) const;
  const at::Tensor& gradients() const { return gradients_; }

 private:
  void add(const std::string& name, std::int64_t offset, std::vector<std::int64_t> shape);

  at::Tensor weights_, gradients_;
  std::unordered_map<std::string, at::Tensor> leaves_;
};

// What a block needs besides input and parameters.
struct BlockContext {
  ThreadTeam& team;
  const model::Config& config;
  const LeafParameters& parameters;
  std::shared_ptr<const Sequences> sequences;
  Rotation rotation;
  const AdapterLeaves* adapters = nullptr;  // of frozen weights; null: none
  Selected selected;                        // sparse attention: of all layers, [layers][rows]
};

// cos and sin of positions [0, positions), the kernels' own table, in `type`.
Rotation make_rotation(const model::Config& config, std::int64_t positions, at::ScalarType type);

// x times the transpose of the named matrix (for a fused group: of its first tensor's name). Every
// matrix product of the blocks but the routed experts' and the head's goes through it.
at::Tensor project(const BlockContext& context, const std::string& name, const at::Tensor& x);

// x: [rows, hidden] → [rows, hidden].
at::Tensor attention_block(const BlockContext& context, std::int64_t layer, const at::Tensor& x);
at::Tensor dense_block(const BlockContext& context, std::int64_t layer, const at::Tensor& x);
// `ids`: int64 [rows, top_k], the experts used, the same as in `plan`.
at::Tensor moe_block(const BlockContext& context, std::int64_t layer, const at::Tensor& x, const at::Tensor& ids, std::shared_ptr<const RoutePlan> plan);
// Σ_rows Σ_e weights[row, e] · p[row, e], p the router's scores over their sum: an auxiliary loss whose
// weights router_loss.h gives. weights: [rows, experts], or [1, experts] for all rows → a scalar.
at::Tensor router_loss(const BlockContext& context, std::int64_t layer, const at::Tensor& x, const at::Tensor& weights);
// Log-prob of each row's target: [rows].
at::Tensor head_block(const BlockContext& context, const at::Tensor& x, std::shared_ptr<const Targets> targets);

}  // namespace laconic::learner
