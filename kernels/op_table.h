// The seam between ops and instruction sets: one table of plain functions per level, all giving the
// same bits (docs/numerics.md). An op's .cc file checks, splits work between threads and calls the
// table of active_isa(); the functions here run in one thread on plain pointers.
//
// The tables are filled in ops_<isa>.cc, compiled with that instruction set's flags. Those files
// hold no STL and nothing with external inline linkage, or the linker could choose their copy for
// every caller and break machines without that instruction set.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/block_sizes.h"

namespace laconic::kernels {

// y[yr][n] (=|+=) Σ_k x[xr][k]·w[n][k] for rows r and the panels [panel_begin, panel_end).
struct GemmTask {
  const bf16* x = nullptr;     // exactly one of x, x_f32
  const float* x_f32 = nullptr;
  std::int64_t ldx = 0;
  const std::int32_t* x_rows = nullptr;  // row r of the task is row x_rows[r] of x; null: r
  std::int64_t rows = 0;
  const bf16* w = nullptr;     // PackedMatrix::panel(0)
  std::int64_t n = 0, k = 0;
  std::int64_t panel_begin = 0, panel_end = 0;
  float* y = nullptr;
  std::int64_t ldy = 0;
  const std::int32_t* y_rows = nullptr;  // null: r
  bool add = false;
};

// Queries [first, first + count) of one slice with `heads` heads of one KV head; count · heads ≤
// kAttentionRows.
inline constexpr int kAttentionRows = 32;
struct AttentionTask {
  const bf16* q = nullptr;     // of the first query's first head
  std::int64_t ldq = 0;        // between queries; heads are `key` apart
  bf16* out = nullptr;
  std::int64_t ldout = 0;      // between queries; heads are `value` apart
  const std::int32_t* pages = nullptr;
  const bf16* keys = nullptr;    // the KV head's key in row 0 of page 0
  const bf16* values = nullptr;  // its value there
  std::int64_t width = 0;        // between cached rows
  int key = 0, value = 0, heads = 0;
  std::int32_t position = 0, count = 0;  // of the first query; queries
  float scale = 0;
};

// One query with `heads` ≤ kAttentionRows heads of one KV head over the selected positions.
struct SparseAttentionTask {
  const bf16* q = nullptr;     // of the first head; heads are `key` apart
  bf16* out = nullptr;         // heads are `value` apart
  const std::int32_t* pages = nullptr;
  const bf16* keys = nullptr;    // the KV head's key in row 0 of page 0
  const bf16* values = nullptr;  // its value there
  std::int64_t width = 0;        // between cached rows
  int key = 0, value = 0, heads = 0;
  const std::uint32_t* selected = nullptr;  // [blocks]: bit i of word b is position b · kPageTokens + i; not all zero
  std::int32_t blocks = 0;
  float scale = 0;
};

// Index scores of `count` queries against the kPageTokens keys of one page.
struct IndexTask {
  const bf16* q = nullptr;         // of the first query's first head
  std::int64_t ldq = 0;            // between queries; heads are `dim` apart
  const float* weights = nullptr;  // of the first query
  std::int64_t ldw = 0;            // between queries
  const bf16* keys = nullptr;      // the page's first
  std::int64_t width = 0;          // between cached rows
  int heads = 0, dim = 0, count = 0;
  float scale = 1;                 // of the weights
  float* scores = nullptr;         // [count][kPageTokens]
};

// One vocabulary block of one row: ids first … first + count − 1, count ≤ kVocabBlock.
struct VocabTask {
  const float* logits = nullptr;  // of id `first`; −inf excludes an id
  std::int32_t first = 0, count = 0;
  float inverse_temperature = 1;
  bool pick = false, noise = false;  // pick: look for the best id; noise: Gumbel noise added first
  std::uint64_t key = 0;
  std::uint32_t draw = 0, sample = 0, position = 0;
};

// m = max z, Σ exp(z − m), Σ exp(z − m)·(z − m), and the best (noisy) id seen; id −1: none.
struct VocabStats {
  float max = 0, sum = 0, weighted = 0, best = 0;
  std::int32_t best_id = -1;
};

struct OpTable {
  void (*gemm)(const GemmTask& task);
  void (*round_row)(const float* x, std::int64_t n, bf16* y);
  void (*add_row)(const float* x, std::int64_t n, float* y);
  void (*fma_row)(float weight, const float* x, std::int64_t n, float* y);  // y ← fma(weight, x, y)
  void (*norm_row)(const float* x, std::int64_t dim, const float* w, float eps, bf16* rounded, float* full);
  void (*layer_norm_row)(const float* x, std::int64_t dim, const float* w, const float* b, float eps, float* y);
  void (*rope_vector)(const float* x, const float* cos, const float* sin, int half, bool interleaved, bf16* out);
  void (*swiglu_row)(const float* gate, const float* up, std::int64_t width, bf16* out);
  void (*sigmoid_row)(const float* x, std::int64_t n, float* y);
  void (*exp_row)(const float* x, std::int64_t n, float* y);
  void (*log_row)(const float* x, std::int64_t n, float* y);
  void (*attention)(const AttentionTask& task);
  void (*sparse_attention)(const SparseAttentionTask& task);
  void (*index_page)(const IndexTask& task);
  VocabStats (*vocab_block)(const VocabTask& task);
  // `total` ← total merged with the next block (ascending order; a block with max −inf adds nothing).
  void (*vocab_merge)(VocabStats* total, const VocabStats& block);
  // Log-probability of scaled logit `z`, and entropy, from the merged sums.
  void (*vocab_finish)(const VocabStats& total, float z, float* logprob, float* entropy);
};

const OpTable& ops();  // of active_isa()

extern const OpTable kOpsScalar;
#ifdef LACONIC_X86_KERNELS
extern const OpTable kOpsAvx2, kOpsAvx512;
#endif

}  // namespace laconic::kernels
