// Expert load and the selection bias that levels it without an auxiliary loss (DeepSeek-V3 report
// §2.1.2): after an optimizer step, b_e −= γ where the load is above the mean, += γ where below.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace laconic::learner {

class ExpertLoad {
 public:
  ExpertLoad(std::int64_t moe_layers, std::int64_t experts);
  // ids: [rows][moe_layers][top_k].
  void add(std::span<const std::uint16_t> ids, std::int64_t top_k);
  void add(const ExpertLoad& other);

  // The sign rule; biases: [moe_layers][experts].
  void update(std::vector<float>& biases, double rate) const;

  // Largest load over mean load − 1 of a layer: averaged over the layers, and the worst layer's. 0
  // without any rows.
  struct Violation { double mean = 0, worst = 0; };
  Violation violation() const;

  std::int64_t layers() const { return layers_; }
  std::int64_t experts() const { return experts_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }  // [moe_layers][experts]

 private:
  std::int64_t layers_, experts_;
  std::vector<std::int64_t> counts_;  // [moe_layers][experts]
};

}  // namespace laconic::learner
