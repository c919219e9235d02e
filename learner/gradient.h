// The gradient of a micro-batch: a loop over the blocks in reverse, each recomputed in fp32 under
// grad at the input that the forward pass kept. Without torch in sight: the seam to the rest.
//
// The gradient is that of the unrounded fp32 block at the published bf16 weights and the kernels'
// inputs, taken straight through to the fp32 masters; routing and sampled support are fixed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_team.h"
#include "learner/lora.h"
#include "learner/micro_batch.h"
#include "learner/parameters.h"
#include "learner/router_loss.h"

namespace laconic::learner {

class Gradient {
 public:
  // `weights`: the published weights widened to fp32; `gradients`: added to. Both layout.size() long,
  // both outlive this object and never move. Sets ATen's thread count to 1 (functions.h).
  Gradient(const model::Config& config, const ParameterLayout& layout, ThreadTeam& team, std::vector<float>& weights, std::vector<float>& gradients);
  // The weights frozen, the gradient of their adapters: `values` and `gradients` in adapters.parameters(),
  // which outlives this object too.
  Gradient(const model::Config& config, const ParameterLayout& layout, ThreadTeam& team, std::vector<float>& weights, const AdapterLayout& adapters,
           std::vector<float>& values, std::vector<float>& gradients);
  ~Gradient();

  // block_inputs: fp32 [2·layers + 1][rows][hidden] (model/forward.h); expert_ids: [rows][moe_layers]
  // [top_k] as used; dlogp: d loss / d log-prob per target. Returns the auxiliary loss of the
  // micro-batch's rows, 0 without one. selected: [layers][rows][selected_words] of sparse attention
  // (MicroValues), or empty; the selection is taken as it was made, and the indexer gets no gradient.
  double accumulate(const MicroBatch& micro, const float* block_inputs, std::span<const std::uint16_t> expert_ids, std::span<const float> dlogp,
                    const RouterLoss& auxiliary = {}, std::span<const std::uint32_t> selected = {}, std::int64_t selected_words = 0);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For the fingerprint.
struct TorchFacts {
  std::string version, cpu_capability;
};
TorchFacts torch_facts();

}  // namespace laconic::learner
