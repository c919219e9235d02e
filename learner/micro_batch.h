// A share of a batch that goes through one forward and backward: whole sequences, packed without
// padding. A sequence of n tokens has n − 1 rows: its last token is only ever a target.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/head.h"
#include "model/config.h"
#include "trajectory/batch.h"

namespace laconic::learner {

struct MicroBatch {
  std::vector<std::int32_t> sequences;        // indices into the batch, ascending
  std::vector<std::int64_t> row_starts;       // [sequences + 1] rows of each
  std::vector<std::int32_t> tokens;           // [rows] fed tokens
  std::vector<std::uint16_t> forced_experts;  // [rows][moe_layers][top_k], or empty
  // Targets: the tokens that carry loss, in row order.
  std::vector<std::int64_t> target_starts;    // [sequences + 1] targets of each
  std::vector<std::int64_t> target_rows;      // the row that predicts it
  std::vector<std::int32_t> target_ids;
  std::vector<float> logp_old;                // behaviour log-probs, empty for sft
  std::vector<std::int64_t> kept_offsets;     // [targets + 1] or empty: the sampled support
  std::vector<std::int32_t> kept_ids;
  float temperature = 1;

  std::int64_t rows() const { return static_cast<std::int64_t>(tokens.size()); }
  std::int64_t targets() const { return static_cast<std::int64_t>(target_rows.size()); }
  std::vector<kernels::HeadRow> head_rows() const;  // spans point into this object
};

// Throws Error saying what is wrong with the batch: sizes that do not match, ids out of range, a
// loss on a sequence's first token, log-probs or advantages that are not finite.
void check_batch(const trajectory::Batch& batch, const model::Config& config);

// Where a sequence's tokens start, and where its rows start (of expert_ids): prefix sums, [n + 1].
struct BatchIndex {
  std::vector<std::int64_t> token_starts, row_starts, loss_tokens;  // loss_tokens: [n]
  explicit BatchIndex(const trajectory::Batch& batch);
  std::int64_t sequences() const { return static_cast<std::int64_t>(loss_tokens.size()); }
};

MicroBatch pack(const trajectory::Batch& batch, const BatchIndex& index, std::vector<std::int32_t> sequences, const model::Config& config);

// Splits [begin, end) into runs of at most `micro_tokens` rows (one sequence may exceed it alone).
std::vector<std::vector<std::int32_t>> split_sequences(const BatchIndex& index, std::int64_t begin, std::int64_t end, std::int64_t micro_tokens);

}  // namespace laconic::learner
