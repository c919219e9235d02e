#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/op_table.h"
#include "kernels/sparse.h"

namespace laconic::kernels {

// Every query reads about as many positions: equal shares of (query, group of heads) items.
void sparse_attention(const Ctx& ctx, const bf16* q, std::span<const AttentionSlice> slices, const AttentionShape& shape,
                      float scale, KvPages kv, const Selection& selection, bf16* out) {
  if (shape.key > kMaxAttentionWidth || shape.value > kMaxAttentionWidth || shape.kv_heads != 1)
    throw Error("sparse attention with keys of " + std::to_string(shape.key) + " elements (at most " + std::to_string(kMaxAttentionWidth) +
                ") and " + std::to_string(shape.kv_heads) + " KV heads (one) is not possible");
  const std::int64_t groups = (shape.heads + kAttentionRows - 1) / kAttentionRows;
  std::int64_t queries = 0, item = 0;
  for (const AttentionSlice& slice : slices) queries += slice.count;
  const auto [begin, end] = ctx.share(queries * groups);
  const OpTable& op = ops();
  for (const AttentionSlice& slice : slices) {
    const std::int64_t from = std::max(begin - item, std::int64_t{0}), to = std::min(end - item, slice.count * groups);
    for (std::int64_t i = from; i < to; ++i) {
      const std::int64_t query = i / groups, head = i % groups * kAttentionRows, row = slice.row + query;
      op.sparse_attention({.q = q + (row * shape.heads + head) * shape.key, .out = out + (row * shape.heads + head) * shape.value,
                           .pages = slice.pages, .keys = kv.data, .values = kv.data + shape.values_at, .width = kv.width,
                           .key = shape.key, .value = shape.value, .heads = static_cast<int>(std::min<std::int64_t>(kAttentionRows, shape.heads - head)),
                           .selected = selection.words + row * selection.ld,
                           .blocks = static_cast<std::int32_t>((slice.position + query) / kPageTokens + 1), .scale = scale});
    }
    item += slice.count * groups;
  }
}

}  // namespace laconic::kernels
