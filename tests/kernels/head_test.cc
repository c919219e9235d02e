#include "kernels/head.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

constexpr std::int64_t kHidden = 24;

// A head whose padding rows (ids ≥ vocab) would win every draw if they were looked at.
struct Head {
  Head(std::int64_t ids, std::int64_t padded, float scale = 1) : vocab(ids), weights(random_bf16(static_cast<std::size_t>(padded * kHidden), 1, scale)) {
    for (std::size_t i = static_cast<std::size_t>(vocab * kHidden); i < weights.size(); ++i) weights[i] = to_bf16(1000);
    w = PackedMatrix(weights.data(), padded, kHidden);
  }
  double logit(const std::vector<bf16>& x, std::int64_t row, std::int64_t id) const {
    double sum = 0;
    for (std::int64_t i = 0; i < kHidden; ++i)
      sum += double{to_float(x[static_cast<std::size_t>(row * kHidden + i)])} * to_float(weights[static_cast<std::size_t>(id * kHidden + i)]);
    return sum;
  }
  std::vector<HeadResult> run(const std::vector<bf16>& x, const std::vector<HeadRow>& rows, const Ctx& ctx = {}) const {
    std::vector<HeadResult> results(rows.size());
    std::vector<std::byte> scratch(head_scratch_bytes(static_cast<std::int64_t>(rows.size()), w.n()));
    lm_head(ctx, x.data(), kHidden, w, vocab, rows, scratch.data(), results.data());
    return results;
  }
  std::int64_t vocab;
  std::vector<bf16> weights;
  PackedMatrix w;
};

std::vector<bf16> positive_inputs(std::int64_t rows, std::uint64_t seed) {  // so that padding logits are huge
  std::vector<bf16> x = random_bf16(static_cast<std::size_t>(rows * kHidden), seed);
  for (bf16& v : x) v.bits &= 0x7fff;
  return x;
}

struct Distribution {
  std::vector<double> logprob;  // −inf when excluded
  double entropy;
};
Distribution softmax(const Head& head, const std::vector<bf16>& x, const HeadRow& row, const std::vector<std::int32_t>* kept = nullptr) {
  const double t = row.temperature == 0 ? 1 : row.temperature;
  std::vector<double> z(static_cast<std::size_t>(head.vocab), -INFINITY);
  for (std::int64_t id = 0; id < head.vocab; ++id)
    if (!kept || std::binary_search(kept->begin(), kept->end(), id)) z[static_cast<std::size_t>(id)] = head.logit(x, row.row, id) / t;
  const double max = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double v : z) sum += std::exp(v - max);
  Distribution d{z, 0};
  for (double& v : d.logprob) {
    v = v - max - std::log(sum);
    if (std::isfinite(v)) d.entropy -= std::exp(v) * v;
  }
  return d;
}

struct Sampling {
  float temperature, top_p;
  std::int32_t top_k;
  double tolerance;
};
constexpr Sampling kSamplings[] = {{1, 1, 0, 4e-6},    {0.5f, 1, 0, 4e-6},    {1.7f, 1, 0, 4e-6}, {0, 1, 0, 4e-6},
                                   {1, 1, 5, 4e-6},    {1, 0.8f, 40, 4e-6},   {0.7f, 0.5f, 200, 4e-6},
                                   {1, 1, 1, 4e-6},    {1, 0.9f, 1024, 4e-6}, {0, 0.5f, 3, 4e-6},
                                   {1, 0.6f, 0, 4e-6}, {1.7f, 0.95f, 0, 4e-6}, {0, 0.5f, 0, 4e-6}};

struct Sampled {
  std::vector<HeadRow> rows;
  std::vector<std::vector<std::int32_t>> kept;
  std::vector<HeadResult> results;
};

Sampled sample(const Head& head, const std::vector<bf16>& x, std::int64_t count, const Sampling& sampling) {
  Sampled s;
  s.kept.assign(static_cast<std::size_t>(count), std::vector<std::int32_t>(static_cast<std::size_t>(sampling.top_k > 0 ? sampling.top_k : kMaxTopK)));
  for (std::int64_t i = 0; i < count; ++i)
    s.rows.push_back({.row = i, .temperature = sampling.temperature, .top_p = sampling.top_p, .top_k = sampling.top_k, .key = 99,
                      .draw = 3, .sample = 4, .position = static_cast<std::uint32_t>(i), .kept_out = s.kept[static_cast<std::size_t>(i)].data()});
  std::vector<std::byte> scratch(head_scratch_bytes(count, head.w.n()));
  s.results.resize(s.rows.size());
  same_everywhere(
      [&](const Ctx& ctx) { lm_head(ctx, x.data(), kHidden, head.w, head.vocab, s.rows, scratch.data(), s.results.data()); },
      [&] {
        std::string bytes = bytes_of(s.results);
        for (std::size_t i = 0; i < s.kept.size(); ++i) bytes.append(reinterpret_cast<const char*>(s.kept[i].data()), static_cast<std::size_t>(s.results[i].kept_count) * 4);
        return bytes;
      });
  for (std::size_t i = 0; i < s.kept.size(); ++i) s.kept[i].resize(static_cast<std::size_t>(s.results[i].kept_count));
  return s;
}

// Vocabularies within one block, over two, and large enough to be shared by blocks.
const Head& head_of(std::int64_t vocab) {
  static const Head small(20, 32), middle(321, 350), large(2500, 2512);
  return vocab == 20 ? small : vocab == 321 ? middle : large;
}

TEST(LmHead, LogprobAndEntropyAgainstFloat64) {
  for (std::int64_t vocab : {20, 321, 2500})
    for (const Sampling& sampling : kSamplings) {
      const Head& head = head_of(vocab);
      const auto x = positive_inputs(9, 2);
      const Sampled s = sample(head, x, 9, sampling);
      for (std::size_t i = 0; i < s.rows.size(); ++i) {
        const HeadResult& result = s.results[i];
        ASSERT_GE(result.token, 0);
        ASSERT_LT(result.token, vocab);
        const Distribution d = softmax(head, x, s.rows[i], s.kept[i].empty() ? nullptr : &s.kept[i]);
        EXPECT_NEAR(result.logprob, d.logprob[static_cast<std::size_t>(result.token)], sampling.tolerance);
        EXPECT_NEAR(result.entropy, d.entropy, sampling.tolerance);
      }
    }
}

// What training stands on: scoring the sampled token gives its very bits.
TEST(LmHead, ScoringASampleRepeatsItsBits) {
  for (std::int64_t vocab : {20, 321, 2500})
    for (const Sampling& sampling : kSamplings) {
      const Head& head = head_of(vocab);
      const std::int64_t count = 70;
      const auto x = positive_inputs(count, 3);
      const Sampled s = sample(head, x, count, sampling);
      std::vector<HeadRow> rows;
      for (std::size_t i = 0; i < s.rows.size(); ++i)
        rows.push_back({.row = s.rows[i].row, .target = s.results[i].token, .temperature = sampling.temperature, .kept = s.kept[i]});
      for (Isa isa : executable_isas()) {
        const ForcedIsa forced(isa);
        const std::vector<HeadResult> scored = head.run(x, rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
          EXPECT_EQ(scored[i].token, s.results[i].token);
          ASSERT_EQ(bits_of(scored[i].logprob), bits_of(s.results[i].logprob)) << name_of(isa) << " row " << i;
          ASSERT_EQ(bits_of(scored[i].entropy), bits_of(s.results[i].entropy)) << name_of(isa) << " row " << i;
        }
      }
    }
}

TEST(LmHead, ARowDoesNotDependOnItsCompany) {
  const Head& head = head_of(321);
  const auto x = positive_inputs(130, 4);
  std::vector<HeadRow> rows;
  for (std::int64_t i = 129; i >= 0; --i) rows.push_back({.row = i, .key = 5, .position = static_cast<std::uint32_t>(i)});
  const std::vector<HeadResult> together = head.run(x, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<HeadResult> alone = head.run(x, {rows[i]});
    EXPECT_EQ(std::memcmp(&alone[0], &together[i], sizeof(HeadResult)), 0) << i;
  }
}

// Pearson's χ² over 20 ids, 19 degrees of freedom: 43.8 is passed by 999 of 1000 correct samplers;
// the key is fixed, so the test always gives the same answer.
void expect_frequencies(const Sampling& sampling) {
  const Head& head = head_of(20);
  const auto x = positive_inputs(1, 5);
  const int draws = 20000;
  std::vector<HeadRow> rows;
  std::vector<std::int32_t> kept_out(kMaxTopK);
  for (int i = 0; i < draws; ++i)
    rows.push_back({.row = 0, .temperature = sampling.temperature, .top_p = sampling.top_p, .top_k = sampling.top_k, .key = 1234,
                    .sample = static_cast<std::uint32_t>(i % 16), .position = static_cast<std::uint32_t>(i / 16), .kept_out = kept_out.data()});
  const std::vector<HeadResult> results = head.run(x, rows);
  std::vector<std::int32_t> kept(kept_out.begin(), kept_out.begin() + results[0].kept_count);
  const Distribution d = softmax(head, x, rows[0], kept.empty() ? nullptr : &kept);
  std::vector<int> seen(20);
  for (const HeadResult& result : results) ++seen[static_cast<std::size_t>(result.token)];
  double chi_square = 0;
  for (std::size_t id = 0; id < 20; ++id) {
    const double expected = draws * std::exp(d.logprob[id]);
    if (expected == 0) EXPECT_EQ(seen[id], 0) << "an excluded id was sampled";
    else chi_square += std::pow(seen[id] - expected, 2) / expected;
  }
  EXPECT_LT(chi_square, 43.8);
  EXPECT_GT(chi_square, 1) << "too good to be random";
}
TEST(LmHead, SamplesFollowTheSoftmax) { expect_frequencies({2, 1, 0, 0}); }
TEST(LmHead, TruncatedSamplesFollowTheirSoftmax) {
  expect_frequencies({2, 0.9f, 12, 0});
  expect_frequencies({2, 0.9f, 0, 0});
}

TEST(LmHead, GreedyTakesTheLargestAndTiesGoToTheLowerId) {
  Head head(600, 608);
  const auto x = positive_inputs(1, 6);
  for (std::int64_t id : {7, 9, 200, 300, 599})  // the same large weights in one block, and in others
    for (std::int64_t i = 0; i < kHidden; ++i) head.weights[static_cast<std::size_t>(id * kHidden + i)] = to_bf16(50);
  head.w = PackedMatrix(head.weights.data(), 608, kHidden);
  for (Isa isa : executable_isas()) {
    const ForcedIsa forced(isa);
    const HeadResult result = head.run(x, {{.row = 0, .temperature = 0}})[0];
    EXPECT_EQ(result.token, 7);
    EXPECT_NEAR(result.logprob, -std::log(5.0), 1e-6);
    EXPECT_NEAR(result.entropy, std::log(5.0), 1e-6);
  }
}

TEST(LmHead, TheKeptSetIsTopKThenTopP) {
  for (std::int64_t vocab : {20, 321, 2500})
    for (const Sampling& sampling : kSamplings) {
      if ((sampling.top_k == 0 && sampling.top_p == 1) || sampling.temperature == 0) continue;
      const Head& head = head_of(vocab);
      const auto x = positive_inputs(9, 7);
      const Sampled s = sample(head, x, 9, sampling);
      for (std::size_t r = 0; r < s.rows.size(); ++r) {
        std::vector<std::int32_t> order(static_cast<std::size_t>(vocab));
        std::iota(order.begin(), order.end(), 0);
        const auto logit = [&](std::int32_t id) { return head.logit(x, static_cast<std::int64_t>(r), id); };
        std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return logit(a) > logit(b); });
        double sum = 0, before = 0;
        const auto add_all = [&] {
          for (std::int32_t id : order) sum += std::exp((logit(id) - logit(order[0])) / sampling.temperature);
        };
        if (sampling.top_k == 0) add_all();  // the nucleus is one of the whole vocabulary
        order.resize(std::min<std::size_t>(order.size(), static_cast<std::size_t>(sampling.top_k > 0 ? sampling.top_k : kMaxTopK)));
        if (sampling.top_k > 0) add_all();
        std::size_t count = 0;
        for (; count < order.size() && before < sampling.top_p * sum * (1 - 1e-9); ++count)
          before += std::exp((logit(order[count]) - logit(order[0])) / sampling.temperature);
        order.resize(count);
        std::sort(order.begin(), order.end());
        EXPECT_EQ(s.kept[r], order);
        EXPECT_TRUE(std::binary_search(order.begin(), order.end(), s.results[r].token));
      }
    }
}

TEST(LmHead, ANucleusHoldsAtMostAsManyIdsAsThereIsRoomFor) {
  const Head& head = head_of(2500);
  const std::vector<bf16> x(kHidden);  // all logits zero: a share of 0.9 would need 2250 ids
  std::vector<std::int32_t> kept(kMaxTopK);
  const HeadResult result = head.run(x, {{.row = 0, .top_p = 0.9f, .key = 1, .kept_out = kept.data()}})[0];
  EXPECT_EQ(result.kept_count, kMaxTopK);
  EXPECT_EQ(kept.back(), kMaxTopK - 1);
  EXPECT_NEAR(result.logprob, -std::log(1024.0), 1e-5);
}

TEST(LmHead, ATargetOutsideTheKeptSetIsImpossible) {
  const Head& head = head_of(321);
  const auto x = positive_inputs(1, 8);
  const std::vector<std::int32_t> kept = {3, 290, 300};
  const HeadResult result = head.run(x, {{.row = 0, .target = 4, .kept = kept}})[0];
  EXPECT_EQ(result.logprob, -INFINITY);
}

TEST(LmHead, OneKeptIdIsCertain) {
  const Head& head = head_of(321);
  const auto x = positive_inputs(1, 9);
  const std::vector<std::int32_t> kept = {290};
  const HeadResult result = head.run(x, {{.row = 0, .target = 290, .temperature = 0.3f, .kept = kept}})[0];
  EXPECT_EQ(result.logprob, 0);
  EXPECT_EQ(result.entropy, 0);
}

TEST(LmHead, ALogitThatIsNotANumberShows) {
  const Head& head = head_of(20);
  std::vector<bf16> x = positive_inputs(1, 10);
  x[0] = to_bf16(NAN);
  const HeadResult result = head.run(x, {{.row = 0, .key = 1}})[0];
  EXPECT_EQ(result.token, -1);
  EXPECT_TRUE(std::isnan(result.logprob));
}

TEST(LmHead, DrawsDifferByEveryPartOfTheCounter) {
  const Head& head = head_of(2500);
  const std::vector<bf16> x(kHidden);  // all logits zero: 2500 equal ids
  std::vector<HeadRow> rows = {{.key = 1}, {.key = 1}, {.key = 2}, {.key = 1ull << 32 | 1}, {.key = 1, .draw = 1}, {.key = 1, .sample = 1}, {.key = 1, .position = 1}};
  const std::vector<HeadResult> results = head.run(x, rows);
  EXPECT_EQ(results[0].token, results[1].token);
  for (std::size_t a = 1; a < results.size(); ++a)
    for (std::size_t b = a + 1; b < results.size(); ++b) EXPECT_NE(results[a].token, results[b].token) << a << " " << b;
}

TEST(LmHead, RowsThatBreakTheRulesAreNamed) {
  const std::vector<std::int32_t> descending = {5, 4}, outside = {5, 20};
  const HeadRow bad[] = {{.target = 20}, {.temperature = -1}, {.temperature = NAN}, {.top_p = 0}, {.top_p = 0.5f}, {.top_k = kMaxTopK + 1},
                         {.top_k = 5}, {.target = 1, .kept = descending}, {.target = 1, .kept = outside}};
  for (const HeadRow& row : bad) {
    const std::vector<HeadRow> rows = {HeadRow{}, row};
    try {
      check_head_rows(rows, 20);
      ADD_FAILURE() << "row " << &row - bad << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.where(), "head row 1");
    }
  }
}

}  // namespace
}  // namespace laconic::kernels
