// Multi-head latent attention in absorbed form over a paged latent cache (DeepSeek-V2 report §2.1;
// V3.2 report App. A): all heads share one cached row [latent | rope] per token; the value is the
// latent part of the same row.
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
  std::int64_t width = 0;  // latent + rope
};

// `count` new tokens of one sequence at absolute positions position …; pages[i] holds positions
// [i·kPageTokens, (i+1)·kPageTokens) and covers position + count. `row`: their first row in q, out.
struct AttentionSlice {
  const std::int32_t* pages = nullptr;
  std::int32_t position = 0, count = 0, row = 0;
};

// q: bf16 [rows, heads, latent + rope] (absorbed query, then rotated part), row stride
// heads·(latent+rope). out: bf16 [rows, heads, latent]. The new tokens' cache rows must have been
// written. SPMD over (slice, query, head) work, no barrier at the end. Scratch lives on the stack: latent + rope
// ≤ kMaxAttentionWidth.
void mla_attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, int heads, int latent,
                   int rope, float scale, KvPages kv, bf16* out);

}  // namespace laconic::kernels
