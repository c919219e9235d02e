#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/moe.h"
#include "kernels/op_table.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

// The selection by sorting, written from the reports (DeepSeek-V3 §2.1.2, DeepSeek-V2 §2.2).
std::vector<int> naive_selection(const std::vector<float>& s, const std::vector<float>& bias, const GateShape& shape) {
  std::vector<float> biased(s.size());
  for (std::size_t e = 0; e < s.size(); ++e) biased[e] = s[e] + bias[e];
  const auto by_preference = [](const std::vector<float>& v) {
    std::vector<int> order(v.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return v[static_cast<std::size_t>(a)] > v[static_cast<std::size_t>(b)]; });
    return order;
  };
  const std::size_t size = s.size() / static_cast<std::size_t>(shape.groups);
  std::vector<float> group_score;
  for (int g = 0; g < shape.groups; ++g) {
    std::vector<float> members(biased.begin() + static_cast<std::ptrdiff_t>(g * size), biased.begin() + static_cast<std::ptrdiff_t>((g + 1) * size));
    std::sort(members.rbegin(), members.rend());
    group_score.push_back(members[0] + (size > 1 && shape.group_best > 1 ? members[1] : 0.0f));
  }
  const std::vector<int> groups = by_preference(group_score);
  for (int i = shape.kept_groups; i < shape.groups; ++i)
    for (std::size_t e = 0; e < size; ++e) biased[static_cast<std::size_t>(groups[static_cast<std::size_t>(i)]) * size + e] = -INFINITY;
  std::vector<int> order = by_preference(biased);
  order.resize(static_cast<std::size_t>(shape.top_k));
  return order;
}

struct Gated {
  std::vector<std::uint16_t> ids;
  std::vector<float> weights;
};

Gated run_gate(const std::vector<float>& logits, const std::vector<float>& bias, const GateShape& shape, const std::uint16_t* forced = nullptr) {
  const std::int64_t rows = static_cast<std::int64_t>(logits.size()) / shape.experts;
  Gated out{std::vector<std::uint16_t>(static_cast<std::size_t>(rows * shape.top_k)), std::vector<float>(static_cast<std::size_t>(rows * shape.top_k))};
  same_everywhere(
      [&](const Ctx& ctx) { gate(ctx, logits.data(), rows, bias.data(), shape, forced, out.ids.data(), out.weights.data()); },
      [&] { return bytes_of(out.ids) + bytes_of(out.weights); });
  return out;
}

const GateShape kShapes[] = {{.experts = 8, .top_k = 2, .scaling = 1},
                             {.experts = 16, .top_k = 4, .groups = 4, .kept_groups = 2, .scaling = 2.5f},
                             {.experts = 12, .top_k = 3, .groups = 4, .kept_groups = 1, .normalise = false, .scaling = 16},
                             {.experts = 1, .top_k = 1},
                             {.experts = 256, .top_k = 8, .groups = 8, .kept_groups = 4, .scaling = 2.5f},
                             {.experts = 128, .top_k = 8, .score = GateScore::kSoftmax},
                             {.experts = 64, .top_k = 6, .score = GateScore::kSoftmax, .normalise = false},
                             {.experts = 20, .top_k = 3, .score = GateScore::kSoftmax, .groups = 5, .kept_groups = 2, .group_best = 1, .normalise = false, .scaling = 16}};

std::vector<float> scores_of(const float* logits, const GateShape& shape) {
  std::vector<float> s(static_cast<std::size_t>(shape.experts));
  if (shape.score == GateScore::kSigmoid) {
    ops().sigmoid_row(logits, shape.experts, s.data());
    return s;
  }
  double sum = 0;
  for (int e = 0; e < shape.experts; ++e) sum += std::exp(double{logits[e]});
  for (int e = 0; e < shape.experts; ++e) s[static_cast<std::size_t>(e)] = static_cast<float>(std::exp(double{logits[e]}) / sum);
  return s;
}

TEST(Gate, SelectsLikeTheNaiveGate) {
  for (const GateShape& shape : kShapes)
    for (float bias_scale : {0.0f, 0.3f, 3.0f}) {  // 3: biased scores below zero, where −inf and 0 would differ
      const std::int64_t rows = 40;
      const auto logits = random_floats(static_cast<std::size_t>(rows * shape.experts), 1, 4);
      const auto bias = random_floats(static_cast<std::size_t>(shape.experts), 2, bias_scale);
      const Gated gated = run_gate(logits, bias, shape);
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::vector<float> s = scores_of(&logits[static_cast<std::size_t>(r * shape.experts)], shape);
        const std::vector<int> expected = naive_selection(s, bias, shape);
        double sum = 0;
        for (int e : expected) sum += s[static_cast<std::size_t>(e)];
        for (int slot = 0; slot < shape.top_k; ++slot) {
          const std::size_t at = static_cast<std::size_t>(r * shape.top_k + slot);
          ASSERT_EQ(gated.ids[at], expected[static_cast<std::size_t>(slot)]) << "row " << r << " slot " << slot;
          const double weight = s[gated.ids[at]] / (shape.normalise ? sum : 1) * shape.scaling;
          EXPECT_NEAR(gated.weights[at], weight, 2e-6 * weight);
        }
      }
    }
}

TEST(Gate, TiesGoToTheLowerId) {
  const GateShape shape{.experts = 6, .top_k = 3};
  const Gated gated = run_gate({1, 2, 2, 2, 1, 2}, std::vector<float>(6), shape);
  EXPECT_EQ(gated.ids, (std::vector<std::uint16_t>{1, 2, 3}));
}

TEST(Gate, DroppedGroupsLoseToNegativeScores) {
  // Group 1 is dropped; its zero-filled score would beat the negative ones of group 0.
  const GateShape shape{.experts = 4, .top_k = 2, .groups = 2, .kept_groups = 1};
  const Gated gated = run_gate({0, 0, 0, 0}, {-1, -2, -3, -4}, shape);
  EXPECT_EQ(gated.ids, (std::vector<std::uint16_t>{0, 1}));
}

TEST(Gate, ForcedIdsReplaceTheSelectionAndTakeCurrentWeights) {
  const GateShape shape{.experts = 8, .top_k = 2, .scaling = 2};
  const auto logits = random_floats(8 * 3, 3, 2);
  const std::vector<std::uint16_t> forced = {7, 0, 3, 2, 5, 6};
  const Gated gated = run_gate(logits, std::vector<float>(8), shape, forced.data());
  EXPECT_EQ(gated.ids, forced);
  for (std::size_t r = 0; r < 3; ++r) {
    const auto sigmoid = [&](std::size_t slot) { return 1 / (1 + std::exp(-double{logits[r * 8 + forced[r * 2 + slot]]})); };
    EXPECT_NEAR(gated.weights[r * 2], 2 * sigmoid(0) / (sigmoid(0) + sigmoid(1)), 1e-6);
    EXPECT_NEAR(gated.weights[r * 2] + gated.weights[r * 2 + 1], 2, 1e-6);
  }
}

TEST(Gate, ForcingItsOwnSelectionChangesNoBit) {
  const GateShape& shape = kShapes[1];
  const auto logits = random_floats(static_cast<std::size_t>(20 * shape.experts), 4, 3), bias = random_floats(static_cast<std::size_t>(shape.experts), 5);
  const Gated free = run_gate(logits, bias, shape), forced = run_gate(logits, bias, shape, free.ids.data());
  EXPECT_TRUE(bytes_of(free.weights) == bytes_of(forced.weights));
}

}  // namespace
}  // namespace laconic::kernels
