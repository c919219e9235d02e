// Sparse attention of DeepSeek-V3.2 (V3.2-Exp report eq. 1): an indexer scores every earlier position
// for a query, and latent attention then reads only the top_k of them.
//
//   I[t][s] = Σ_j w[t][j] · max(0, q[t][j] · k[s])        j over the indexer's heads
//
// The published inference code also turns q and k by a Hadamard matrix and quantises them to FP8. The
// matrix is orthonormal, so it leaves every q · k as it is and only serves the quantisation: both are
// left out here, q and k are bf16.
//
// Arithmetic (docs/numerics.md): each q · k is one fused chain, d ascending; I is one fused chain from
// +0, j ascending, of w · scale rounded once. The order among positions is total (score, then the lower
// position), so the selection is a set that no partition of the work can change. Attention over it
// keeps the blocks of kPageTokens absolute positions and their merge: with every position selected it
// gives the bits of attention().
#pragma once

#include <cstdint>
#include <span>

#include "kernels/attention.h"

namespace laconic::kernels {

struct IndexShape {
  int heads = 0, dim = 0;
  int top_k = 0;             // ≤ kMaxIndexTopk
  std::int64_t keys_at = 0;  // where the index key lies in a cached row
  float scale = 1;           // of the weights: (heads · dim)^(−1/2)
};

// Bit i of words[row · ld + b]: the query of that batch row attends to position b · kPageTokens + i.
// A query at position t has words 0 … t / kPageTokens.
struct Selection {
  std::uint32_t* words = nullptr;
  std::int64_t ld = 0;
};

// q: bf16 [rows, heads, dim]; weights: fp32 [rows, heads], stride ldw. For each query of the slices,
// its min(top_k, t + 1) best positions s ≤ t. The cached rows up to the queries must have been
// written. SPMD over queries, no barrier at the end; stack scratch of about 300 KB.
void select_positions(const Ctx& ctx, const bf16* q, const float* weights, std::int64_t ldw, std::span<const AttentionSlice> slices,
                      const IndexShape& shape, KvPages kv, const Selection& selection);

// attention() over the selected positions only; `shape` has one KV head. SPMD over (query, heads), no
// barrier at the end.
void sparse_attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, const AttentionShape& shape,
                      float scale, KvPages kv, const Selection& selection, bf16* out);

}  // namespace laconic::kernels
