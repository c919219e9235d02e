#include "learner/balance.h"

#include <algorithm>
#include <numeric>

namespace laconic::learner {

ExpertLoad::ExpertLoad(std::int64_t moe_layers, std::int64_t experts)
    : layers_(moe_layers), experts_(experts), counts_(static_cast<std::size_t>(moe_layers * experts)) {}

void ExpertLoad::add(std::span<const std::uint16_t> ids, std::int64_t top_k) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t layer = static_cast<std::int64_t>(i) / top_k % layers_;
    ++counts_[layer * experts_ + ids[i]];
  }
}

void ExpertLoad::add(const ExpertLoad& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

void ExpertLoad::update(std::vector<float>& biases, double rate) const {
  const float step = static_cast<float>(rate);
  for (std::int64_t layer = 0; layer < layers_; ++layer) {
    const std::int64_t* counts = counts_.data() + layer * experts_;
    const std::int64_t total = std::accumulate(counts, counts + experts_, std::int64_t{0});
    for (std::int64_t e = 0; e < experts_; ++e) {
      const std::int64_t excess = counts[e] * experts_ - total;  // sign of load − mean, exact
      biases[layer * experts_ + e] += excess > 0 ? -step : excess < 0 ? step : 0.0f;
    }
  }
}

ExpertLoad::Violation ExpertLoad::violation() const {
  Violation violation;
  for (std::int64_t layer = 0; layer < layers_; ++layer) {
    const std::int64_t* counts = counts_.data() + layer * experts_;
    const std::int64_t total = std::accumulate(counts, counts + experts_, std::int64_t{0});
    if (total == 0) continue;
    const double worst = static_cast<double>(*std::max_element(counts, counts + experts_)) * static_cast<double>(experts_) / static_cast<double>(total) - 1;
    violation.mean += worst / static_cast<double>(layers_);
    violation.worst = std::max(violation.worst, worst);
  }
  return violation;
}

}  // namespace laconic::learner
