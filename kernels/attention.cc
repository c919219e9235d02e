#include "kernels/attention.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

// The work in one line: slices, in each its query groups, in each its groups of heads that share a
// KV head. A thread takes the items whose middle lies in its share of the total cost (pages read), so
// that one long sequence does not hold up the others.
void attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, const AttentionShape& shape,
               float scale, KvPages kv, bf16* out) {
  if (shape.key > kMaxAttentionWidth || shape.value > kMaxAttentionWidth)
    throw Error("keys of " + std::to_string(shape.key) + " and values of " + std::to_string(shape.value) + " elements: at most " +
                std::to_string(kMaxAttentionWidth) + " are possible");
  const std::int64_t ldq = std::int64_t{shape.heads} * shape.key, ldout = std::int64_t{shape.heads} * shape.value;
  const int group = shape.heads / shape.kv_heads;
  const int heads_at_once = std::min(group, kAttentionRows), queries_at_once = kAttentionRows / heads_at_once;
  const auto cost_of = [&](const AttentionSlice& slice, int query, int queries) {
    return static_cast<std::int64_t>(queries) * ((slice.position + query + queries - 1) / kPageTokens + 1);
  };
  const auto each_item = [&](auto&& visit) {
    for (const AttentionSlice& slice : slices)
      for (int query = 0; query < slice.count; query += queries_at_once) {
        const int queries = std::min(queries_at_once, slice.count - query);
        for (int kv_head = 0; kv_head < shape.kv_heads; ++kv_head)
          for (int head = 0; head < group; head += heads_at_once)
            visit(slice, query, queries, kv_head, kv_head * group + head, std::min(heads_at_once, group - head), cost_of(slice, query, queries));
      }
  };
  std::int64_t total = 0;
  if (ctx.count > 1) each_item([&](auto&, int, int, int, int, int n, std::int64_t cost) { total += cost * n; });
  std::int64_t done = 0;
  const OpTable& op = ops();
  each_item([&](const AttentionSlice& slice, int query, int queries, int kv_head, int head, int n, std::int64_t cost) {
    const std::int64_t middle = done + cost * n / 2;
    done += cost * n;
    if (ctx.count > 1 && middle * ctx.count / total != ctx.tid) return;
    const std::int64_t row = slice.row + query;
    op.attention({.q = q + row * ldq + std::int64_t{head} * shape.key, .ldq = ldq, .out = out + row * ldout + std::int64_t{head} * shape.value,
                  .ldout = ldout, .pages = slice.pages, .keys = kv.data + std::int64_t{kv_head} * shape.key,
                  .values = kv.data + shape.values_at + std::int64_t{kv_head} * shape.value, .width = kv.width, .key = shape.key,
                  .value = shape.value, .heads = n, .position = slice.position + query, .count = queries, .scale = scale});
  });
}

}  // namespace laconic::kernels
