#include "learner/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "learner/balance.h"
#include "learner/routing.h"
#include "tests/learner/support.h"

namespace laconic::learner {
namespace {

using namespace testing_support;

TEST(Layout, HoldsEveryParameterOnceAndFusesNeighbours) {
  const model::Config config = tiny_config();
  const ParameterLayout layout(config);
  std::set<std::pair<std::int64_t, std::int64_t>> ranges;
  std::int64_t elements = 0;
  for (const Parameter& p : layout.by_name()) {
    ranges.insert({p.offset, p.offset + p.elements});
    elements += p.elements;
    EXPECT_EQ(p.decays, p.shape.size() == 2) << p.name;
  }
  EXPECT_EQ(elements, model::count_parameters(config).total);
  std::int64_t end = 0;
  for (const auto& [from, to] : ranges) {
    EXPECT_GE(from, end);
    end = to;
  }
  EXPECT_LE(end, layout.size());
  const auto at = [&](const std::string& name) { return layout.offset_of("model.layers.1.mlp." + name + ".weight"); };
  const std::int64_t expert = 12 * 32;
  EXPECT_EQ(at("experts.0.up_proj"), at("experts.0.gate_proj") + expert);
  EXPECT_EQ(at("experts.5.gate_proj"), at("experts.0.gate_proj") + 10 * expert);
  EXPECT_EQ(at("experts.7.down_proj"), at("experts.0.down_proj") + 7 * expert);
  EXPECT_EQ(at("shared_experts.up_proj"), at("shared_experts.gate_proj") + expert);
}

// Against the formula in double, several steps, decay on matrices only.
TEST(AdamW, MatchesTheFormula) {
  const ParameterLayout layout(tiny_config());
  OptimizerOptions options;
  options.weight_decay = 0.1;
  options.eps = 1e-8;
  ThreadTeam team(2);
  const std::size_t size = static_cast<std::size_t>(layout.size());
  PhiloxStream random(1, 2);
  std::vector<float> masters(size), gradient(size);
  for (float& m : masters) m = static_cast<float>(random.normal());
  std::vector<double> expected(masters.begin(), masters.end()), m(size), v(size);
  AdamState state;
  state.reset(layout.size());
  for (int t = 1; t <= 4; ++t) {
    for (float& g : gradient) g = static_cast<float>(0.01 * random.normal());
    adamw_step(team, layout, options, 1e-2, 0.5, gradient, masters, state);
    for (const Parameter& p : layout.by_name())
      for (std::int64_t i = p.offset; i < p.offset + p.elements; ++i) {
        const double g = 0.5 * gradient[i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.95 * v[i] + 0.05 * g * g;
        if (p.decays) expected[i] -= 1e-2 * 0.1 * expected[i];
        expected[i] -= 1e-2 * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.95, t))) + 1e-8);
      }
  }
  for (const Parameter& p : layout.by_name())
    for (std::int64_t i = p.offset; i < p.offset + p.elements; ++i) ASSERT_NEAR(masters[i], expected[i], 2e-6) << p.name;
}

TEST(AdamW, TinyGradientsStillMoveWeights) {
  const ParameterLayout layout(tiny_config());
  ThreadTeam team(1);
  std::vector<float> masters(static_cast<std::size_t>(layout.size())), gradient(masters.size(), 1e-13f);
  AdamState state;
  state.reset(layout.size());
  adamw_step(team, layout, OptimizerOptions{}, 1e-3, 1, gradient, masters, state);
  EXPECT_LT(masters[0], -0.9e-3f);
}

TEST(GradientNorm, HasTheSameBitsForAnyNumberOfThreads) {
  const ParameterLayout layout(tiny_config());
  std::vector<float> gradient(static_cast<std::size_t>(layout.size()));
  PhiloxStream random(4, 4);
  double squares = 0;
  for (float& g : gradient) g = static_cast<float>(random.normal());
  for (const Parameter& p : layout.by_name())
    for (std::int64_t i = 0; i < p.elements; ++i) squares += std::pow(static_cast<double>(gradient[p.offset + i]), 2);
  ThreadTeam one(1), three(3);
  const double norm = gradient_norm(one, layout, gradient);
  EXPECT_EQ(norm, gradient_norm(three, layout, gradient));
  EXPECT_NEAR(norm, std::sqrt(squares), 1e-9 * norm);
}

TEST(LearningRate, WarmsUpAndFalls) {
  OptimizerOptions options;
  options.lr = 2;
  options.lr_warmup_steps = 4;
  options.lr_final = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(options, 0, 100), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(options, 3, 100), 2);
  EXPECT_DOUBLE_EQ(learning_rate(options, 99, 100), 2);
  options.lr_schedule = "linear";
  EXPECT_DOUBLE_EQ(learning_rate(options, 4, 105), 2);
  EXPECT_DOUBLE_EQ(learning_rate(options, 54, 105), 2 * (0.1 + 0.9 * 0.5));
  EXPECT_DOUBLE_EQ(learning_rate(options, 104, 105), 0.2);
  options.lr_schedule = "cosine";
  EXPECT_DOUBLE_EQ(learning_rate(options, 4, 105), 2);
  EXPECT_NEAR(learning_rate(options, 54, 105), 2 * 0.55, 1e-12);
  EXPECT_NEAR(learning_rate(options, 104, 105), 0.2, 1e-12);
}

TEST(ExpertLoad, SignRuleMovesBiasTowardsEvenLoad) {
  ExpertLoad load(2, 4);
  // Two rows, top 2: layer 0 uses experts 0,0(+1,2); layer 1 uses 3 twice and 0, 1.
  const std::vector<std::uint16_t> ids = {0, 1, 3, 0, 0, 2, 3, 1};
  load.add(ids, 2);
  std::vector<float> biases(8, 0.5f);
  load.update(biases, 0.25);
  EXPECT_EQ(biases, (std::vector<float>{0.25f, 0.5f, 0.5f, 0.75f, 0.5f, 0.5f, 0.75f, 0.25f}));
  EXPECT_DOUBLE_EQ(load.violation().mean, 1.0);  // 2 / 1 − 1 in both layers
  EXPECT_DOUBLE_EQ(load.violation().worst, 1.0);
}

TEST(RoutePlan, SortsByExpertAndKeepsOrderWithin) {
  const std::vector<std::uint16_t> ids = {2, 0, 9, 9, 2, 1, 9, 9, 0, 2, 9, 9};  // stride 4, top 2
  const RoutePlan plan = plan_routes(ids.data(), 4, 3, 2, 4);
  EXPECT_EQ(plan.offsets, (std::vector<std::int32_t>{0, 2, 3, 6, 6}));
  EXPECT_EQ(plan.token_of, (std::vector<std::int32_t>{0, 2, 1, 0, 1, 2}));
  EXPECT_EQ(plan.place_of, (std::vector<std::int32_t>{3, 0, 4, 2, 1, 5}));
  EXPECT_EQ(plan.largest_first.front(), 2);
}

}  // namespace
}  // namespace laconic::learner
