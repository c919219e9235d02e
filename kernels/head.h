// LM head: logits, log-prob, entropy and Gumbel-max sampling in one pass over the vocabulary.
//
// Vocabulary blocks of kVocabBlock ids, ascending; within a block 16 virtual lanes (lane = id mod
// 16), then a fixed tree; blocks merged ascending by running maximum. z = logit · (1 / temperature)
// (temperature 0: greedy, ties to the lower id; its log-prob and entropy are those of temperature 1).
// Gumbel noise of id v: −log(−log u), u = unit_open(word v % 4 of philox4x32({draw, sample,
// position, v / 4}, key)); the sample is argmax z + noise, ties to the lower id.
// Truncation (top_k > 0 or top_p < 1) takes a second pass over the kept set; excluded entries add exactly zero
// to the same full-vocabulary sums. The kept set: the top_k ids by logit (ties to the lower id), then the
// shortest prefix of them whose probability among them reaches top_p; without top_k the shortest prefix of all
// ids whose probability reaches top_p, of at most kMaxTopK ids. Greedy rows are never truncated. Scoring a
// sampled token with the same temperature and kept set gives the same log-prob and entropy, bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/thread_team.h"
#include "kernels/block_sizes.h"
#include "kernels/packed_matrix.h"

namespace laconic::kernels {

inline constexpr int kMaxTopK = 1024;

struct HeadRow {
  std::int64_t row = 0;        // row of x
  std::int32_t target = -1;    // ≥ 0: score this id; −1: sample
  float temperature = 1;
  float top_p = 1;             // (0, 1]
  std::int32_t top_k = 0;      // 0: all; at most kMaxTopK
  std::uint64_t key = 0;       // Philox key and counter of the draw
  std::uint32_t draw = 0, sample = 0, position = 0;
  std::span<const std::int32_t> kept;  // scoring a truncated sample: the recorded set, ascending ids
  std::int32_t* kept_out = nullptr;    // sampling with truncation: room for top_k (0: kMaxTopK) ids, filled ascending
};

struct HeadResult {
  std::int32_t token = -1;      // −1 when no logit is a number (log-prob and entropy are then NaN)
  std::int32_t kept_count = 0;  // ids written to kept_out
  float logprob = 0;            // of `token` under the sampled distribution
  float entropy = 0;            // of that distribution, nats
};

// Throws Error naming the first row whose fields break the rules above. lm_head calls it too, but
// inside a job an exception ends the process: check what comes from outside before the job.
void check_head_rows(std::span<const HeadRow> rows, std::int64_t vocab);

// Bytes of scratch (64-byte aligned, shared by the team) for `rows` head rows; grows no further
// beyond 64 of them. padded_vocab: w.n().
std::size_t head_scratch_bytes(std::int64_t rows, std::int64_t padded_vocab);

// x: bf16 [*, w.k()], row stride ldx (final norm applied). Ids ≥ `vocab` (padding rows of w) are
// never sampled and never summed. SPMD over rows × blocks; has barriers inside when the team is
// larger than one; does not end in one. results[i] belongs to rows[i].
void lm_head(const Ctx& ctx, const bf16* x, std::int64_t ldx, const PackedMatrix& w, std::int64_t vocab,
             std::span<const HeadRow> rows, void* scratch, HeadResult* results);

}  // namespace laconic::kernels
