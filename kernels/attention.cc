#include "kernels/attention.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

// The work in one line: slices, in each its query groups, in each its head groups. A thread takes
// the items whose middle lies in its share of the total cost (pages read), so that one long
// sequence does not hold up the others.
void mla_attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, int heads, int latent,
                   int rope, float scale, KvPages kv, bf16* out) {
  const std::int64_t width = latent + rope, ldq = heads * width, ldout = static_cast<std::int64_t>(heads) * latent;
  if (width > kMaxAttentionWidth)
    throw Error("a cache row of " + std::to_string(width) + " elements (kv_lora_rank + qk_rope_head_dim) exceeds " +
                std::to_string(kMaxAttentionWidth));
  const int heads_at_once = std::min(heads, kAttentionRows), queries_at_once = kAttentionRows / heads_at_once;
  const auto cost_of = [&](const AttentionSlice& slice, int query, int queries) {
    return static_cast<std::int64_t>(queries) * ((slice.position + query + queries - 1) / kPageTokens + 1);
  };
  const auto each_item = [&](auto&& visit) {
    for (const AttentionSlice& slice : slices)
      for (int query = 0; query < slice.count; query += queries_at_once) {
        const int queries = std::min(queries_at_once, slice.count - query);
        for (int head = 0; head < heads; head += heads_at_once)
          visit(slice, query, queries, head, std::min(heads_at_once, heads - head), cost_of(slice, query, queries));
      }
  };
  std::int64_t total = 0;
  if (ctx.count > 1) each_item([&](auto&, int, int, int, int n, std::int64_t cost) { total += cost * n; });
  std::int64_t done = 0;
  const OpTable& op = ops();
  each_item([&](const AttentionSlice& slice, int query, int queries, int head, int n, std::int64_t cost) {
    const std::int64_t middle = done + cost * n / 2;
    done += cost * n;
    if (ctx.count > 1 && middle * ctx.count / total != ctx.tid) return;
    const std::int64_t row = slice.row + query;
    op.attention({.q = q + row * ldq + head * width, .ldq = ldq, .out = out + row * ldout + static_cast<std::int64_t>(head) * latent,
                  .ldout = ldout, .pages = slice.pages, .kv = kv.data, .width = width, .latent = latent, .heads = n,
                  .position = slice.position + query, .count = queries, .scale = scale});
  });
}

}  // namespace laconic::kernels
