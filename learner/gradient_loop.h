// The loop over the blocks in reverse, in the type of its tensors. A seam header: includes torch.
#pragma once

#include <span>

#include "learner/blocks.h"
#include "learner/micro_batch.h"
#include "learner/router_loss.h"

namespace laconic::learner {

// Adds the micro-batch's gradient to the leaves' .grad. block_inputs: [2·layers + 1, rows, hidden];
// expert_ids: [rows][moe_layers][top_k]; dlogp: [targets]. Tensors of one type. Returns the auxiliary loss.
double accumulate_gradient(const BlockContext& context, const MicroBatch& micro, const at::Tensor& block_inputs,
                         std::span<const std::uint16_t> expert_ids, const at::Tensor& dlogp, const RouterLoss& auxiliary = {});

}  // namespace laconic::learner
