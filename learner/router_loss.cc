#include "learner/router_loss.h"

namespace laconic::learner {

RouterLoss batch_router_loss(const ExpertLoad& load, std::int64_t rows, double coefficient) {
  RouterLoss loss{1, {}};
  const double n = static_cast<double>(rows), scale = coefficient * static_cast<double>(load.experts()) / static_cast<double>(load.layers());
  for (const std::int64_t count : load.counts()) loss.weights.push_back(static_cast<float>(scale * static_cast<double>(count) / n / n));
  return loss;
}

RouterLoss sequence_router_loss(std::span<const std::int64_t> row_starts, std::span<const std::uint16_t> ids, std::int64_t moe_layers,
                                std::int64_t experts, std::int64_t top_k, std::int64_t sequences, double coefficient) {
  RouterLoss loss{static_cast<std::int64_t>(row_starts.size()) - 1, {}};
  const std::int64_t slots = moe_layers * top_k;
  for (std::int64_t s = 0; s < loss.groups; ++s) {
    ExpertLoad load(moe_layers, experts);
    load.add(ids.subspan(row_starts[s] * slots, (row_starts[s + 1] - row_starts[s]) * slots), top_k);
    const double n = static_cast<double>(row_starts[s + 1] - row_starts[s]);
    const double scale = coefficient * static_cast<double>(experts) / static_cast<double>(top_k) / static_cast<double>(sequences);
    for (const std::int64_t count : load.counts()) loss.weights.push_back(static_cast<float>(scale * static_cast<double>(count) / n / n));
  }
  return loss;
}

}  // namespace laconic::learner
