// The adapters as leaves of the gradient: A and B views of one flat array, their .grad of another. A
// seam header: includes torch.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "base/thread_team.h"
#include "learner/lora.h"

namespace laconic::learner {

// Rows [first, first + b.size(0)) of a product's output, whose weight is adapted by scale·b·a.
struct LowRank {
  std::int64_t first = 0;
  at::Tensor a, b;  // [rank, inputs], [outputs, rank]; contiguous
};

// `y` itself, whose gradient dy also reaches the adapters: with P its columns that a part covers,
// da = scale·(dy_P·b)ᵀ·x and db = scale·dy_Pᵀ·(x·aᵀ). x: [rows, inputs] and y: [rows, outputs],
// contiguous; y was made from the merged weight. Bits as in functions.h.
at::Tensor with_low_rank_gradient(ThreadTeam& team, const at::Tensor& y, const at::Tensor& x, std::vector<LowRank> parts, double scale);

class AdapterLeaves {
 public:
  // `values`, `gradients`: 1-d tensors of layout.parameters().size() elements, fp32 or fp64; kept, as are
  // both layouts.
  AdapterLeaves(const ParameterLayout& model, const AdapterLayout& layout, const at::Tensor& values, const at::Tensor& gradients);

  // y = x·Wᵀ of the named matrix (for a fused group: of its first tensor's name), with the gradient of
  // the adapters that lie in it.
  at::Tensor attach(ThreadTeam& team, const std::string& name, const at::Tensor& x, const at::Tensor& y) const;

 private:
  const ParameterLayout& model_;
  const AdapterLayout& layout_;
  std::vector<at::Tensor> a_, b_;  // as layout.adapters()
};

}  // namespace laconic::learner
