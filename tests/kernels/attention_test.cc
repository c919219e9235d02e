#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

// Latent: one head, fewer and more heads than a tile, odd widths, more heads than fit one work item.
// Grouped: one group, a group per head, groups of three, odd widths, groups that do not fit one work item.
const AttentionShape kShapes[] = {
    AttentionShape::latent(1, 16, 2), AttentionShape::latent(4, 32, 16), AttentionShape::latent(8, 40, 8),
    AttentionShape::latent(3, 7, 4), AttentionShape::latent(9, 33, 6), AttentionShape::latent(40, 64, 16),
    AttentionShape::grouped(4, 1, 16), AttentionShape::grouped(4, 4, 32), AttentionShape::grouped(9, 3, 64),
    AttentionShape::grouped(6, 2, 7), AttentionShape::grouped(80, 2, 18)};
constexpr double kTolerance = 0.01;
constexpr int kTokens = 101;
constexpr float kScale = 0.3f;

// One sequence of kTokens tokens: its queries and cache rows, and a page pool it is written to.
struct Sequence {
  Sequence(const AttentionShape& shape, std::uint64_t seed, bf16 unused = {}, bool reversed_pages = false)
      : s(shape), width(shape.values_at == 0 ? shape.key : std::int64_t{shape.kv_heads} * (shape.key + shape.value)),
        q(random_bf16(static_cast<std::size_t>(kTokens * shape.heads * shape.key), seed, 2)),
        rows(random_bf16(static_cast<std::size_t>(kTokens * width), seed + 1, 2)),
        pool(static_cast<std::size_t>((kPages + 2) * kPageTokens * width), unused) {
    for (int i = 0; i < kPages; ++i) pages.push_back(reversed_pages ? kPages - i : i);
  }
  void write(int from, int to) {
    for (int t = from; t < to; ++t)
      std::copy_n(rows.begin() + t * width, width,
                  pool.begin() + (pages[static_cast<std::size_t>(t / kPageTokens)] * kPageTokens + t % kPageTokens) * width);
  }
  std::int64_t q_row() const { return std::int64_t{s.heads} * s.key; }
  std::int64_t out_row() const { return std::int64_t{s.heads} * s.value; }
  // Tokens [from, to) as one slice, their cache rows just written.
  void attend(const Ctx& ctx, int from, int to, std::vector<bf16>& out) {
    if (ctx.tid == 0) write(from, to);
    ctx.barrier();
    const AttentionSlice slice{pages.data(), from, to - from, 0};
    attention(ctx, q.data() + from * q_row(), {&slice, 1}, s, kScale, {pool.data(), width}, out.data() + from * out_row());
  }
  std::vector<bf16> empty_out() const { return std::vector<bf16>(static_cast<std::size_t>(kTokens * out_row())); }

  static constexpr int kPages = (kTokens + kPageTokens - 1) / kPageTokens;
  AttentionShape s;
  std::int64_t width;
  std::vector<bf16> q, rows, pool;
  std::vector<std::int32_t> pages;
};

std::vector<bf16> prefill(Sequence& sequence) {
  std::vector<bf16> out = sequence.empty_out();
  sequence.attend(Ctx{}, 0, kTokens, out);
  return out;
}

TEST(Attention, CloseToFloat64AndTheSameEverywhere) {
  for (const AttentionShape& shape : kShapes) {
    Sequence sequence(shape, 1);
    std::vector<bf16> out = sequence.empty_out();
    same_everywhere([&](const Ctx& ctx) { sequence.attend(ctx, 0, kTokens, out); }, [&] { return bytes_of(out); });
    for (int t = 0; t < kTokens; ++t)
      for (int h = 0; h < shape.heads; ++h) {
        const bf16* q = &sequence.q[static_cast<std::size_t>(t * sequence.q_row() + h * shape.key)];
        std::vector<double> p(static_cast<std::size_t>(t + 1)), truth(static_cast<std::size_t>(shape.value));
        double total = 0;
        const std::int64_t kv_head = h / (shape.heads / shape.kv_heads);
        const auto cached = [&](int j, std::int64_t at) { return double{to_float(sequence.rows[static_cast<std::size_t>(j * sequence.width + at)])}; };
        for (int j = 0; j <= t; ++j) {
          double score = 0;
          for (std::int64_t d = 0; d < shape.key; ++d) score += to_float(q[d]) * cached(j, kv_head * shape.key + d);
          total += p[static_cast<std::size_t>(j)] = std::exp(double{kScale} * score);
        }
        for (int j = 0; j <= t; ++j)
          for (int d = 0; d < shape.value; ++d)
            truth[static_cast<std::size_t>(d)] += p[static_cast<std::size_t>(j)] / total * cached(j, shape.values_at + kv_head * shape.value + d);
        for (int d = 0; d < shape.value; ++d)
          ASSERT_NEAR(to_float(out[static_cast<std::size_t>(t * sequence.out_row() + h * shape.value + d)]), truth[static_cast<std::size_t>(d)], kTolerance)
              << "token " << t << " head " << h << " of " << shape.heads;
      }
  }
}

TEST(Attention, AnyChunkingGivesTheBitsOfDecodingOneByOne) {
  for (const AttentionShape& shape : kShapes)
    for (Isa isa : executable_isas()) {
      const ForcedIsa forced(isa);
      Sequence whole(shape, 2);
      const std::string reference = bytes_of(prefill(whole));
      const std::vector<std::vector<int>> chunkings = {std::vector<int>(kTokens, 1), {7, 25, 1, 31, 33, 4}, {32, 32, 32, 5}, {64, 37}, {31, 2, 68}};
      for (const std::vector<int>& chunks : chunkings) {
        Sequence sequence(shape, 2);
        std::vector<bf16> out = sequence.empty_out();
        int at = 0;
        for (int n : chunks) sequence.attend(Ctx{}, at, at + n, out), at += n;
        ASSERT_EQ(at, kTokens);
        EXPECT_TRUE(bytes_of(out) == reference) << name_of(isa) << ", " << chunks.size() << " chunks, " << shape.heads << " heads";
      }
    }
}

TEST(Attention, WherePagesLieDoesNotMatter) {
  for (const AttentionShape& shape : kShapes) {
    Sequence straight(shape, 3), reversed(shape, 3, {}, true);
    EXPECT_TRUE(bytes_of(prefill(straight)) == bytes_of(prefill(reversed)));
  }
}

TEST(Attention, UnusedSlotsNeverReachAResult) {
  const bf16 nan = to_bf16(std::numeric_limits<float>::quiet_NaN()), large = to_bf16(1e30f);
  for (const AttentionShape& shape : kShapes)
    for (Isa isa : executable_isas()) {
      const ForcedIsa forced(isa);
      Sequence zeroed(shape, 4);
      const std::string reference = bytes_of(prefill(zeroed));
      for (bf16 unused : {nan, large}) {
        Sequence dirty(shape, 4, unused);
        std::vector<bf16> out = dirty.empty_out();
        for (int t = 0; t < kTokens; ++t) dirty.attend(Ctx{}, t, t + 1, out);
        EXPECT_TRUE(bytes_of(out) == reference) << name_of(isa) << ", " << shape.heads << " heads";
      }
    }
}

// A batch of a prefill, a decode and a chunk in the middle, against each alone.
TEST(Attention, ASequenceDoesNotDependOnItsCompany) {
  for (const AttentionShape& shape : kShapes) {
    const struct { int from, to; } parts[] = {{0, kTokens}, {100, 101}, {37, 70}, {0, 1}};
    const std::int64_t width = Sequence(shape, 0).width;
    std::vector<Sequence> sequences;
    std::vector<bf16> pool, q, expected;
    for (std::size_t i = 0; i < 4; ++i) {
      Sequence& sequence = sequences.emplace_back(shape, 10 + i);
      const std::vector<bf16> alone = prefill(sequence);
      expected.insert(expected.end(), alone.begin() + parts[i].from * sequence.out_row(), alone.begin() + parts[i].to * sequence.out_row());
      q.insert(q.end(), sequence.q.begin() + parts[i].from * sequence.q_row(), sequence.q.begin() + parts[i].to * sequence.q_row());
      const std::int32_t first_page = static_cast<std::int32_t>(pool.size() / static_cast<std::size_t>(kPageTokens * width));
      for (std::int32_t& page : sequence.pages) page += first_page;
      pool.insert(pool.end(), sequence.pool.begin(), sequence.pool.end());
    }
    std::vector<AttentionSlice> slices;
    int row = 0;
    for (std::size_t i = 0; i < 4; row += parts[i].to - parts[i].from, ++i)
      slices.push_back({sequences[i].pages.data(), parts[i].from, parts[i].to - parts[i].from, row});
    std::vector<bf16> out(expected.size());
    const std::string bytes = same_everywhere(
        [&](const Ctx& ctx) {
          attention(ctx, q.data(), slices, shape, kScale, {pool.data(), width}, out.data());
        },
        [&] { return bytes_of(out); });
    EXPECT_TRUE(bytes == bytes_of(expected)) << shape.heads << " heads";
  }
}

}  // namespace
}  // namespace laconic::kernels
