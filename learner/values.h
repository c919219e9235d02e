// The values of a micro-batch: THE forward pass on packed sequences, the same bits that rollout got.
#pragma once

#include <cstdint>
#include <vector>

#include "base/thread_team.h"
#include "learner/micro_batch.h"
#include "model/forward.h"

namespace laconic::learner {

struct MicroValues {
  std::vector<float> logp, entropy;       // per target
  std::vector<std::uint16_t> expert_ids;  // [rows][moe_layers][top_k], as used
  // Sparse attention, with keep_inputs: [layers][rows][selected_words] of ForwardArgs::selected. Empty when
  // every row attends to all of its sequence so far.
  std::vector<std::uint32_t> selected;
  std::int64_t selected_words = 0;
};

// Owns the scratch of scoring: KV pages, workspace, the kept block inputs. One caller at a time.
class Scorer {
 public:
  Scorer(const model::Config& config, ThreadTeam& team);

  // `forced`: route as the micro-batch recorded (where it did). `keep_inputs`: fill block_inputs().
  MicroValues score(const model::Model& model, const MicroBatch& micro, bool forced, bool keep_inputs);

  // Of the last score() that kept them: fp32 [2·layers + 1][rows][hidden]. Valid until the next.
  const float* block_inputs() const { return block_inputs_.data(); }

 private:
  const model::Config& config_;
  ThreadTeam& team_;
  model::Workspace workspace_;
  std::vector<bf16> kv_;
  std::vector<float> block_inputs_;
};

}  // namespace laconic::learner
