#include <algorithm>
#include <bit>
#include <functional>
#include <string>

#include "base/error.h"
#include "kernels/op_table.h"
#include "kernels/sparse.h"

namespace laconic::kernels {
namespace {

constexpr int kQueriesAtOnce = 4;  // that share one packing of a page's keys

// A candidate as one number: the higher score is greater, at equal scores the lower position. No two
// are equal. −0 counts as +0; what is not a number comes last.
std::uint64_t candidate(float score, std::int32_t position) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(score + 0.0f);
  const std::uint32_t ordered = score != score ? 0 : bits >> 31 ? ~bits : bits | 0x80000000u;
  return std::uint64_t{ordered} << 32 | (0xffffffffu - static_cast<std::uint32_t>(position));
}
std::int32_t position_of(std::uint64_t candidate) { return static_cast<std::int32_t>(0xffffffffu - static_cast<std::uint32_t>(candidate)); }

// The k greatest of a stream: candidates above the least one kept are collected and cut back to k
// whenever the room beside them is full.
class Best {
 public:
  void begin(int k) {
    k_ = k;
    count_ = 0;
    least_ = 0;
  }
  void offer(std::uint64_t c) {
    if (c < least_) return;
    kept_[count_++] = c;
    if (count_ == k_ + kRoom) cut();
  }
  // Sets the bits of those kept; words of the blocks up to the query's own.
  void mark(std::uint32_t* words, std::int32_t blocks) {
    if (count_ > k_) cut();
    std::fill_n(words, blocks, 0u);
    for (int i = 0; i < count_; ++i) {
      const std::int32_t position = position_of(kept_[i]);
      words[position / kPageTokens] |= 1u << position % kPageTokens;
    }
  }

 private:
  static constexpr int kRoom = 1024;
  void cut() {
    std::nth_element(kept_, kept_ + k_ - 1, kept_ + count_, std::greater<>());
    count_ = k_;
    least_ = kept_[k_ - 1];
  }

  int k_ = 0, count_ = 0;
  std::uint64_t least_ = 0;
  std::uint64_t kept_[kMaxIndexTopk + kRoom];
};

}  // namespace

void select_positions(const Ctx& ctx, const bf16* q, const float* weights, std::int64_t ldw, std::span<const AttentionSlice> slices,
                      const IndexShape& shape, KvPages kv, const Selection& selection) {
  if (shape.top_k < 1 || shape.top_k > kMaxIndexTopk || shape.dim > kMaxAttentionWidth)
    throw Error("index_topk = " + std::to_string(shape.top_k) + " (at most " + std::to_string(kMaxIndexTopk) + ") or index_head_dim = " +
                std::to_string(shape.dim) + " (at most " + std::to_string(kMaxAttentionWidth) + ") is out of range");
  const std::int64_t ldq = std::int64_t{shape.heads} * shape.dim;
  const auto blocks_of = [](std::int32_t position) { return position / kPageTokens + 1; };
  const auto each_item = [&](auto&& visit) {
    for (const AttentionSlice& slice : slices)
      for (int query = 0; query < slice.count; query += kQueriesAtOnce) {
        const int queries = std::min(kQueriesAtOnce, slice.count - query);
        visit(slice, query, queries, std::int64_t{queries} * blocks_of(slice.position + query + queries - 1));
      }
  };
  std::int64_t total = 0, done = 0;
  each_item([&](const AttentionSlice&, int, int, std::int64_t cost) { total += cost; });
  const OpTable& op = ops();
  Best best[kQueriesAtOnce];
  each_item([&](const AttentionSlice& slice, int first, int queries, std::int64_t cost) {
    const std::int64_t middle = done + cost / 2;
    done += cost;
    if (middle * ctx.count / total != ctx.tid) return;
    const std::int64_t row = slice.row + first;
    const std::int32_t position = slice.position + first, last = position + queries - 1;
    for (int i = 0; i < queries; ++i) best[i].begin(shape.top_k);
    for (std::int32_t block = 0; block < blocks_of(last); ++block) {
      float scores[kQueriesAtOnce * kPageTokens];
      op.index_page({.q = q + row * ldq, .ldq = ldq, .weights = weights + row * ldw, .ldw = ldw,
                     .keys = kv.data + std::int64_t{slice.pages[block]} * kPageTokens * kv.width + shape.keys_at, .width = kv.width,
                     .heads = shape.heads, .dim = shape.dim, .count = queries, .scale = shape.scale, .scores = scores});
      const std::int32_t base = block * kPageTokens;
      for (int i = 0; i < queries; ++i)
        for (std::int32_t lane = 0, visible = std::min(kPageTokens, position + i - base + 1); lane < visible; ++lane)
          best[i].offer(candidate(scores[i * kPageTokens + lane], base + lane));
    }
    for (int i = 0; i < queries; ++i) best[i].mark(selection.words + (row + i) * selection.ld, blocks_of(position + i));
  });
}

}  // namespace laconic::kernels
