// Attention over a paged cache, of both kinds: a cached row per token holds the keys and values of
// all KV heads, and each KV head serves a group of query heads.
//   grouped-query (Ainslie et al. 2023)  row = [keys of all KV heads | values of all KV heads]
//   latent, in absorbed form (DeepSeek-V2 report §2.1; V3.2 report App. A)
//                                        row = [latent | rope] is the one key, its latent part the value
//
// Arithmetic (docs/numerics.md): score = scale · Σ_d q[d]·k[d] (one fused chain, d ascending);
// softmax by blocks of kPageTokens absolute positions: block maximum, p = exp(score − running max)
// rounded to bf16 for the value product (the unrounded p is summed for the denominator), value
// chains over positions ascending, blocks merged ascending. A query at position t sees positions
// 0 … t only. A query's result does not depend on what else is in the batch.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_team.h"
#include "kernels/bf16.h"
#include "kernels/block_sizes.h"

namespace laconic::kernels {

// One layer's pages: row `slot` of page `p` is at data + (p * kPageTokens + slot) * width.
struct KvPages {
  bf16* data = nullptr;
  std::int64_t width = 0;  // elements of a row
};

struct AttentionShape {
  int heads = 0, kv_heads = 1;  // kv_heads divides heads; query head h uses KV head h / (heads / kv_heads)
  int key = 0, value = 0;       // elements of one head's key (and query), and of its value
  std::int64_t values_at = 0;   // where the first value lies in a row; the keys lie at 0

  static AttentionShape latent(int heads, int latent, int rope) { return {heads, 1, latent + rope, latent, 0}; }
  static AttentionShape grouped(int heads, int kv_heads, int head_dim) {
    return {heads, kv_heads, head_dim, head_dim, std::int64_t{kv_heads} * head_dim};
  }
};

// `count` new tokens of one sequence at absolute positions position …; pages[i] holds positions
// [i·kPageTokens, (i+1)·kPageTokens) and covers position + count. `row`: their first row in q, out.
struct AttentionSlice {
  const std::int32_t* pages = nullptr;
  std::int32_t position = 0, count = 0, row = 0;
};

// q: bf16 [rows, heads, key]. out: bf16 [rows, heads, value]. The new tokens' cache rows must have
// been written. SPMD over (slice, query, head) work, no barrier at the end. Scratch lives on the
// stack: key and value ≤ kMaxAttentionWidth.
void attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, const AttentionShape& shape,
               float scale, KvPages kv, bf16* out);

}  // namespace laconic::kernels
