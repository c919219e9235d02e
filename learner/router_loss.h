// The auxiliary losses that level expert load through the router's gradient.
//
// With p the row's scores over their sum (a softmax gate's scores themselves), f the routing that was
// used (no gradient goes through it), E experts, K of them a token:
//   batch     E · Σ_e f_e·P_e, the mean over MoE layers. f_e: choices of e per row, P_e: mean p, both over
//             all rows of the optimizer step (Switch Transformer, Fedus et al. 2021, eq. 4–6; K when even,
//             as in transformers, which adds up the layers' f and P before the product)
//   sequence  Σ_e f_e·P_e, f_e = E/K · choices of e per row, over one sequence; the mean over sequences,
//             the sum over MoE layers (DeepSeek-V3 report, eq. 17–20; 1 a layer when even)
// Both are linear in p once the routing is known, so rows may come in any packing: a weight per expert.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learner/balance.h"

namespace laconic::learner {

// loss = Σ_rows Σ_e weight[group of the row][layer][e] · p[row][layer][e].
struct RouterLoss {
  std::int64_t groups = 0;     // 0: none; 1: all rows alike; else one per sequence of the micro-batch
  std::vector<float> weights;  // [groups][moe_layers][experts]
};

// `load`: of all `rows` rows of the optimizer step.
RouterLoss batch_router_loss(const ExpertLoad& load, std::int64_t rows, double coefficient);
// Of one micro-batch: row_starts [sequences + 1], ids [rows][moe_layers][top_k]; `sequences`: of the
// optimizer step.
RouterLoss sequence_router_loss(std::span<const std::int64_t> row_starts, std::span<const std::uint16_t> ids, std::int64_t moe_layers,
                                std::int64_t experts, std::int64_t top_k, std::int64_t sequences, double coefficient);

}  // namespace laconic::learner
