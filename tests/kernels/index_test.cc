// Sparse attention: index scores and selection, and attention over what was selected.
#include "kernels/sparse.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernels/norm.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

constexpr int kTokens = 150;
constexpr std::int64_t kWords = (kTokens + kPageTokens - 1) / kPageTokens;

// One sequence in a cache whose rows are [other | index key | other].
struct Indexed {
  Indexed(const IndexShape& shape, std::uint64_t seed, float scale = 2, bf16 unused = {})
      : s(shape), width(shape.keys_at + shape.dim + 3), q(random_bf16(static_cast<std::size_t>(kTokens * shape.heads * shape.dim), seed, scale)),
        rows(random_bf16(static_cast<std::size_t>(kTokens * width), seed + 1, scale)),
        weights(random_floats(static_cast<std::size_t>(kTokens * ldw()), seed + 2)),
        pool(static_cast<std::size_t>((kWords + 2) * kPageTokens * width), unused), words(static_cast<std::size_t>(kTokens * kWords), 0xdeadbeef) {
    for (std::int32_t i = 0; i < kWords; ++i) pages.push_back(static_cast<std::int32_t>(kWords) - i);
  }
  std::int64_t ldw() const { return s.heads + 2; }
  void select(const Ctx& ctx, int from, int to) {
    if (ctx.tid == 0)
      for (int t = from; t < to; ++t)
        std::copy_n(rows.begin() + t * width, width, pool.begin() + (pages[static_cast<std::size_t>(t / kPageTokens)] * kPageTokens + t % kPageTokens) * width);
    ctx.barrier();
    const AttentionSlice slice{pages.data(), from, to - from, from};
    select_positions(ctx, q.data(), weights.data(), ldw(), {&slice, 1}, s, {pool.data(), width}, {words.data(), kWords});
  }
  double score(int t, int position) const {
    double sum = 0;
    for (int h = 0; h < s.heads; ++h) {
      double product = 0;
      for (int d = 0; d < s.dim; ++d)
        product += double{to_float(q[static_cast<std::size_t>((t * s.heads + h) * s.dim + d)])} * to_float(rows[static_cast<std::size_t>(position * width + s.keys_at + d)]);
      sum += double{weights[static_cast<std::size_t>(t * ldw() + h)]} * s.scale * std::max(product, 0.0);
    }
    return sum;
  }
  std::set<int> selected(int t) const {
    std::set<int> positions;
    for (int p = 0; p < (t / kPageTokens + 1) * kPageTokens; ++p)
      if (words[static_cast<std::size_t>(t * kWords + p / kPageTokens)] >> p % kPageTokens & 1) positions.insert(p);
    return positions;
  }
  // Only the words that a query has.
  std::string bits() const {
    std::string all;
    for (int t = 0; t < kTokens; ++t) all.append(reinterpret_cast<const char*>(&words[static_cast<std::size_t>(t * kWords)]), sizeof(std::uint32_t) * static_cast<std::size_t>(t / kPageTokens + 1));
    return all;
  }

  IndexShape s;
  std::int64_t width;
  std::vector<bf16> q, rows;
  std::vector<float> weights;
  std::vector<bf16> pool;
  std::vector<std::uint32_t> words;
  std::vector<std::int32_t> pages;
};

IndexShape index_shape(int heads, int dim, int top_k) { return {heads, dim, top_k, 5, static_cast<float>(1 / std::sqrt(heads * dim))}; }

// Tile remainders, odd widths, one position, all of them.
const IndexShape kIndexShapes[] = {index_shape(3, 24, 1),  index_shape(1, 7, 32), index_shape(9, 33, 20), index_shape(64, 16, 77),
                                   index_shape(4, 128, 149), index_shape(2, 8, 150), index_shape(5, 12, 4000)};

TEST(SelectPositions, TheBestByFloat64AndTheSameEverywhere) {
  for (const IndexShape& shape : kIndexShapes) {
    Indexed x(shape, 1);
    same_everywhere([&](const Ctx& ctx) { x.select(ctx, 0, kTokens); }, [&] { return x.bits(); });
    int close = 0;
    for (int t = 0; t < kTokens; ++t) {
      const std::set<int> got = x.selected(t);
      ASSERT_EQ(static_cast<int>(got.size()), std::min(shape.top_k, t + 1)) << "query " << t;
      ASSERT_LE(*got.rbegin(), t);
      // Every one selected scores at least as high as every one that is not, but for fp32 rounding.
      double worst = std::numeric_limits<double>::infinity(), best = -worst;
      for (int p = 0; p <= t; ++p) {
        const double score = x.score(t, p);
        if (got.contains(p)) worst = std::min(worst, score);
        else best = std::max(best, score);
      }
      ASSERT_GT(worst, best - 1e-4) << "query " << t;
      close += worst < best;
    }
    EXPECT_LE(close, 1) << shape.heads << " heads";
  }
}

TEST(SelectPositions, AnyChunkingGivesTheBitsOfDecodingOneByOne) {
  for (const IndexShape& shape : kIndexShapes)
    for (Isa isa : executable_isas()) {
      const ForcedIsa forced(isa);
      Indexed whole(shape, 2);
      whole.select(Ctx{}, 0, kTokens);
      for (const std::vector<int>& chunks : {std::vector<int>(kTokens, 1), {7, 25, 1, 31, 33, 4, 49}, {32, 32, 32, 54}, {2, 147, 1}}) {
        Indexed x(shape, 2, 2, to_bf16(std::numeric_limits<float>::quiet_NaN()));
        int at = 0;
        for (int n : chunks) x.select(Ctx{}, at, at + n), at += n;
        ASSERT_EQ(at, kTokens);
        EXPECT_TRUE(x.bits() == whole.bits()) << name_of(isa) << ", " << chunks.size() << " chunks";
      }
    }
}

TEST(SelectPositions, EqualScoresGoToTheLowerPosition) {
  Indexed zero(index_shape(3, 24, 10), 3, 0);  // every score is 0
  zero.select(Ctx{}, 0, kTokens);
  std::set<int> first;
  for (int i = 0; i < 10; ++i) first.insert(i);
  EXPECT_EQ(zero.selected(149), first);

  // Keys that repeat with period 3: the best kind first, in order of position, then the next.
  Indexed x(index_shape(2, 16, 60), 4);
  for (int t = 3; t < kTokens; ++t) std::copy_n(x.rows.begin() + t % 3 * x.width, x.width, x.rows.begin() + t * x.width);
  x.select(Ctx{}, 0, kTokens);
  for (int t = 60; t < kTokens; ++t) {
    std::vector<int> order(static_cast<std::size_t>(t + 1));
    for (int p = 0; p <= t; ++p) order[static_cast<std::size_t>(p)] = p;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return x.score(t, a) > x.score(t, b); });
    EXPECT_EQ(x.selected(t), std::set<int>(order.begin(), order.begin() + 60)) << "query " << t;
  }
}

// More positions than the candidates' buffer holds, and scores that rise with the position: each cut counts.
TEST(SelectPositions, ALongSequence) {
  constexpr int kLong = 5000, kTop = 700;
  std::vector<bf16> keys, q = {to_bf16(1), to_bf16(0)};
  for (int p = 0; p < kLong; ++p) keys.insert(keys.end(), {to_bf16(static_cast<float>(p / 16 + 1)), bf16{}});
  keys.resize((kLong / kPageTokens + 1) * kPageTokens * 2);
  std::vector<std::int32_t> pages;
  for (int i = 0; i <= kLong / kPageTokens; ++i) pages.push_back(i);
  std::vector<std::uint32_t> words(pages.size());
  const AttentionSlice slice{pages.data(), kLong - 1, 1, 0};
  for (const float weight : {1.0f, -1.0f}) {
    select_positions(Ctx{}, q.data(), &weight, 1, {&slice, 1}, {1, 2, kTop, 0, 1}, {keys.data(), 2}, {words.data(), 0});
    std::vector<int> order(kLong);
    for (int p = 0; p < kLong; ++p) order[static_cast<std::size_t>(p)] = p;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return weight * to_float(keys[static_cast<std::size_t>(2 * a)]) > weight * to_float(keys[static_cast<std::size_t>(2 * b)]);
    });
    std::vector<std::uint32_t> expected(pages.size());
    for (int i = 0; i < kTop; ++i) expected[static_cast<std::size_t>(order[static_cast<std::size_t>(i)] / kPageTokens)] |= 1u << order[static_cast<std::size_t>(i)] % kPageTokens;
    EXPECT_EQ(words, expected) << "weight " << weight;
  }
}

TEST(SelectPositions, WhatIsNotANumberComesLast) {
  const float infinity = std::numeric_limits<float>::infinity();
  Indexed x(index_shape(2, 8, 4), 5);
  x.weights[static_cast<std::size_t>(149 * x.ldw())] = infinity;  // ∞ · 0 where the product is negative
  x.weights[static_cast<std::size_t>(149 * x.ldw() + 1)] = 0;
  x.select(Ctx{}, 0, kTokens);
  for (int p : x.selected(149)) EXPECT_EQ(x.score(149, p), infinity);
}

// Latent shapes: one head, a part of a tile, odd widths, more heads than one work item takes.
const AttentionShape kShapes[] = {AttentionShape::latent(1, 16, 2), AttentionShape::latent(3, 7, 4), AttentionShape::latent(9, 33, 6), AttentionShape::latent(40, 64, 16)};

struct Attended {
  Attended(const AttentionShape& shape, std::uint64_t seed) : s(shape), width(shape.key + 5), q(random_bf16(static_cast<std::size_t>(kTokens * s.heads * s.key), seed, 2)),
        pool(random_bf16(static_cast<std::size_t>(kWords * kPageTokens * width), seed + 1, 2)), words(static_cast<std::size_t>(kTokens * kWords)) {
    for (std::int32_t i = 0; i < kWords; ++i) pages.push_back(static_cast<std::int32_t>(kWords) - 1 - i);
  }
  std::vector<bf16> run(const Ctx& ctx, bool sparse) {
    std::vector<bf16> out(static_cast<std::size_t>(kTokens * s.heads * s.value));
    run(ctx, sparse, out);
    return out;
  }
  void run(const Ctx& ctx, bool sparse, std::vector<bf16>& out) {
    const AttentionSlice slices[] = {{pages.data(), 0, 61, 0}, {pages.data(), 61, 1, 61}, {pages.data(), 62, kTokens - 62, 62}};
    if (sparse) sparse_attention(ctx, q.data(), slices, s, 0.3f, {pool.data(), width}, {words.data(), kWords}, out.data());
    else attention(ctx, q.data(), slices, s, 0.3f, {pool.data(), width}, out.data());
  }
  const bf16* row(int position) const {
    return pool.data() + (pages[static_cast<std::size_t>(position / kPageTokens)] * kPageTokens + position % kPageTokens) * width;
  }
  AttentionShape s;
  std::int64_t width;
  std::vector<bf16> q, pool;
  std::vector<std::uint32_t> words;
  std::vector<std::int32_t> pages;
};

TEST(SparseAttention, WithEveryPositionSelectedItHasTheBitsOfAttention) {
  for (const AttentionShape& shape : kShapes) {
    Attended x(shape, 1);
    for (int t = 0; t < kTokens; ++t)
      for (int p = 0; p <= t; ++p) x.words[static_cast<std::size_t>(t * kWords + p / kPageTokens)] |= 1u << p % kPageTokens;
    for (Isa isa : executable_isas()) {
      const ForcedIsa forced(isa);
      EXPECT_TRUE(bytes_of(x.run(Ctx{}, true)) == bytes_of(x.run(Ctx{}, false))) << name_of(isa) << ", " << shape.heads << " heads";
    }
  }
}

// Few and many selected, whole blocks without any, the last position among them or not. What is not
// selected is not read: it is not a number.
TEST(SparseAttention, CloseToFloat64AndTheSameEverywhere) {
  for (const AttentionShape& shape : kShapes)
    for (const double share : {0.02, 0.3, 0.9}) {
      Attended x(shape, 2);
      PhiloxStream stream(9, 0);
      for (int t = 0; t < kTokens; ++t) {
        const auto mark = [&](int p) { x.words[static_cast<std::size_t>(t * kWords + p / kPageTokens)] |= 1u << p % kPageTokens; };
        for (int p = 0; p <= t; ++p)
          if (stream.uniform() < share) mark(p);
        mark(static_cast<int>(stream.below(static_cast<std::uint32_t>(t + 1))));
      }
      std::vector<bf16> out(static_cast<std::size_t>(kTokens * shape.heads * shape.value));
      same_everywhere([&](const Ctx& ctx) { x.run(ctx, true, out); }, [&] { return bytes_of(out); });
      for (int t = 0; t < kTokens; ++t)
        for (int h = 0; h < shape.heads; ++h) {
          const bf16* q = &x.q[static_cast<std::size_t>((t * shape.heads + h) * shape.key)];
          std::vector<double> truth(static_cast<std::size_t>(shape.value));
          double total = 0;
          for (int p = 0; p <= t; ++p) {
            if (!(x.words[static_cast<std::size_t>(t * kWords + p / kPageTokens)] >> p % kPageTokens & 1)) continue;
            double score = 0;
            for (int d = 0; d < shape.key; ++d) score += double{to_float(q[d])} * to_float(x.row(p)[d]);
            const double weight = std::exp(0.3 * score);
            total += weight;
            for (int d = 0; d < shape.value; ++d) truth[static_cast<std::size_t>(d)] += weight * to_float(x.row(p)[d]);
          }
          for (int d = 0; d < shape.value; ++d)
            ASSERT_NEAR(to_float(out[static_cast<std::size_t>((t * shape.heads + h) * shape.value + d)]), truth[static_cast<std::size_t>(d)] / total, 0.01)
                << "token " << t << " head " << h << " of " << shape.heads;
        }
    }
}

TEST(SparseAttention, WhatIsNotSelectedIsNotRead) {
  for (const AttentionShape& shape : kShapes) {
    Attended x(shape, 3);
    for (int t = 0; t < kTokens; ++t) x.words[static_cast<std::size_t>(t * kWords)] |= 1u | (t >= 20 ? 1u << 20 : 0);
    const std::vector<bf16> expected = x.run(Ctx{}, true);
    for (int p = 0; p < kTokens; ++p)
      if (p != 0 && p != 20) std::fill_n(const_cast<bf16*>(x.row(p)), x.width, to_bf16(std::numeric_limits<float>::quiet_NaN()));
    EXPECT_TRUE(bytes_of(x.run(Ctx{}, true)) == bytes_of(expected));
  }
}

TEST(LayerNorm, CloseToFloat64AndTheSameEverywhere) {
  for (const std::int64_t dim : {2, 7, 16, 24, 33, 128}) {
    constexpr std::int64_t kRows = 5;
    const std::int64_t ld = dim + 3;
    const std::vector<float> x = random_floats(static_cast<std::size_t>(kRows * ld), 1, 3), w = random_floats(static_cast<std::size_t>(dim), 2),
                             b = random_floats(static_cast<std::size_t>(dim), 3);
    std::vector<float> y(static_cast<std::size_t>(kRows * dim));
    same_everywhere([&](const Ctx& ctx) { layer_norm(ctx, x.data(), ld, kRows, dim, w.data(), b.data(), 1e-6f, y.data(), dim); }, [&] { return bytes_of(y); });
    for (std::int64_t r = 0; r < kRows; ++r) {
      double mean = 0, variance = 0;
      for (std::int64_t d = 0; d < dim; ++d) mean += x[static_cast<std::size_t>(r * ld + d)] / static_cast<double>(dim);
      for (std::int64_t d = 0; d < dim; ++d) variance += std::pow(x[static_cast<std::size_t>(r * ld + d)] - mean, 2) / static_cast<double>(dim);
      for (std::int64_t d = 0; d < dim; ++d) {
        const auto at = static_cast<std::size_t>(d);
        EXPECT_NEAR(y[static_cast<std::size_t>(r * dim + d)], (x[static_cast<std::size_t>(r * ld + d)] - mean) / std::sqrt(variance + 1e-6) * w[at] + b[at], 2e-6);
      }
    }
  }
}

}  // namespace
}  // namespace laconic::kernels
