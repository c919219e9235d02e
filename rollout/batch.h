// A planned pass made into one call of the forward pass, and its results given back to the
// sequences: sampled tokens, log-probs, entropies, kept sets, expert ids.
#pragma once

#include <cstdint>
#include <vector>

#include "rollout/scheduler.h"

namespace laconic::rollout {

// One token that a pass sampled for `sequence`, which is the prompt when it is a sample's first.
struct Drawn {
  Sequence* sequence = nullptr;
  std::int32_t sample = 0;
  kernels::HeadResult result;
  const std::int32_t* kept = nullptr;  // result.kept_count ids; valid until the next pass
};

class Batch {
 public:
  // Feeds the planned tokens; each sequence fed to its end draws its next token (a prompt: one for
  // each sample). Advances `fed` and records expert ids. Sequences in order of the plan.
  const std::vector<Drawn>& run(const std::vector<Feed>& feeds, const model::Model& model, ThreadTeam& team, model::KvCache cache);

 private:
  void add_draws(const Feed& feed, std::int64_t last_row);

  model::Workspace workspace_;
  std::vector<model::Slice> slices_;
  std::vector<kernels::HeadRow> head_rows_;
  std::vector<kernels::HeadResult> head_results_;
  std::vector<std::uint16_t> routed_;     // [rows][moe_layers · top_k]
  std::vector<std::int32_t> kept_ids_;    // room of top_k (or kMaxTopK) per truncated head row
  std::vector<Drawn> drawn_;
};

}  // namespace laconic::rollout
