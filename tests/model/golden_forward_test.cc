// The forward pass against other people's arithmetic: tests/golden/make_golden.py and make_families.py say what
// is stored.
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint.h"
#include "model/weights/safetensors.h"
#include "model/weights/stored_tensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using Json = nlohmann::json;

struct Scores {
  std::vector<kernels::HeadResult> rows;  // [tokens][targets]
  std::vector<std::uint16_t> experts;     // [tokens][moe layers][top_k]
};

Scores score(const Model& model, const Json& sequence, const std::uint16_t* forced) {
  const Config& c = config_of(model);
  const std::vector<std::int32_t> tokens = sequence["tokens"];
  const std::int64_t pages = (static_cast<std::int64_t>(tokens.size()) + kernels::kPageTokens - 1) / kernels::kPageTokens;
  TestCache cache(c, pages);
  std::vector<std::int32_t> table;
  for (std::int64_t p = 0; p < pages; ++p) table.push_back(static_cast<std::int32_t>(p));
  const Slice slice{tokens.data(), static_cast<std::int32_t>(tokens.size()), 0, table.data()};
  std::vector<kernels::HeadRow> heads;
  for (std::size_t t = 0; t < tokens.size(); ++t)
    for (const std::int32_t target : sequence["targets"][t].get<std::vector<std::int32_t>>()) heads.push_back({static_cast<std::int64_t>(t), target});
  Scores scores;
  scores.rows.resize(heads.size());
  scores.experts.resize(tokens.size() * static_cast<std::size_t>(c.moe_layers() * c.num_experts_per_tok));
  ForwardArgs args;
  args.slices = {&slice, 1};
  args.kv = cache.view();
  args.head_rows = heads;
  args.head_results = scores.rows.data();
  args.forced_experts = forced;
  args.routed_experts = scores.experts.data();
  Workspace workspace;
  ThreadTeam team(1);
  forward(team, model, workspace, args);
  return scores;
}

struct Deviation {
  double max = 0, mean = 0;
  void add(double error, double share) {
    max = std::max(max, error);
    mean += error * share;
  }
};

class GoldenForward : public testing::TestWithParam<std::string> {
 protected:
  fs::path folder_ = golden_folder() / GetParam();
  Config config_ = read_config(folder_);
  TensorMap tensors_ = canonical_tensors(config_, read_safetensors_folder(folder_), false, folder_.string());
  Json expected_ = Json::parse(read_file(folder_ / "expected.json"));
};

// Everybody routes as float64 does, so what is compared is rounding, and nothing but rounding.
TEST_P(GoldenForward, CloserToFloat64ThanTransformersInBfloat16) {
  const ModelPtr model = pack_model(config_, tensors_);
  Deviation ours, theirs;
  for (const Json& sequence : expected_["sequences"]) {
    std::vector<std::uint16_t> forced;
    for (const Json& token : sequence["experts"])
      for (const Json& layer : token)
        for (const Json& expert : layer) forced.push_back(expert.get<std::uint16_t>());
    const Scores scores = score(*model, sequence, forced.data());
    EXPECT_EQ(scores.experts, forced);
    std::size_t row = 0;
    const double share = 1.0 / static_cast<double>(expected_["sequences"].size() * scores.rows.size());
    for (std::size_t t = 0; t < sequence["float64"].size(); ++t)
      for (std::size_t i = 0; i < sequence["float64"][t].size(); ++i, ++row) {
        const double exact = sequence["float64"][t][i];
        ours.add(std::abs(scores.rows[row].logprob - exact), share);
        theirs.add(std::abs(sequence["bfloat16"][t][i].get<double>() - exact), share);
      }
  }
  std::printf("%s: |log-prob - float64| max %.2e mean %.2e; transformers in bfloat16 max %.2e mean %.2e\n", GetParam().c_str(), ours.max,
              ours.mean, theirs.max, theirs.mean);
  EXPECT_LE(ours.max, theirs.max);
  EXPECT_LE(ours.mean, theirs.mean);
}

TEST_P(GoldenForward, EntropyNearFloat64) {
  const ModelPtr model = pack_model(config_, tensors_);
  for (const Json& sequence : expected_["sequences"]) {
    std::vector<std::uint16_t> forced;
    for (const Json& token : sequence["experts"])
      for (const Json& layer : token)
        for (const Json& expert : layer) forced.push_back(expert.get<std::uint16_t>());
    const Scores scores = score(*model, sequence, forced.data());
    const std::size_t targets = sequence["targets"][0].size();
    for (std::size_t t = 0; t < sequence["entropy"].size(); ++t)
      // Of the order of the log-prob error above: entropy is their mean.
      EXPECT_NEAR(scores.rows[t * targets].entropy, sequence["entropy"][t].get<double>(), 0.1) << "position " << t;
  }
}

// Where the choice is not a close call, the gate chooses the same experts in the same order of score.
TEST_P(GoldenForward, RoutesAsFloat64DoesWhereItIsClear) {
  const ModelPtr model = pack_model(config_, tensors_);
  const std::size_t k = static_cast<std::size_t>(config_.num_experts_per_tok);
  int clear = 0, all = 0;
  for (const Json& sequence : expected_["sequences"]) {
    const Scores scores = score(*model, sequence, nullptr);
    std::size_t at = 0;
    bool diverged = false;  // a different choice changes everything after it in this sequence
    for (std::size_t t = 0; t < sequence["experts"].size(); ++t)
      for (std::size_t layer = 0; layer < sequence["experts"][t].size(); ++layer, at += k) {
        std::vector<std::uint16_t> expected = sequence["experts"][t][layer], got(k);
        std::copy_n(scores.experts.begin() + static_cast<std::ptrdiff_t>(at), k, got.begin());
        std::sort(expected.begin(), expected.end());
        std::sort(got.begin(), got.end());
        const bool is_clear = sequence["margins"][t][layer].get<double>() > 0.03;
        ++all;
        clear += is_clear;
        if (is_clear && !diverged) {
          EXPECT_EQ(got, expected) << "token " << t << ", MoE layer " << layer;
        }
        diverged = diverged || got != expected;
      }
  }
  EXPECT_GE(2 * clear, all);
}

TEST_P(GoldenForward, CountsParametersAsTransformersDoes) { EXPECT_EQ(count_parameters(config_).total, expected_["parameters"].get<std::int64_t>()); }

INSTANTIATE_TEST_SUITE_P(Models, GoldenForward, testing::ValuesIn(golden_models()), [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace laconic::model
