// recipes/smollm2-arithmetic.toml as shipped, some twenty minutes on two cores: GRPO makes a published model
// right more often. The mean reward of the last third of the steps lies above that of the first third,
// by more than its 95 % interval (Welch; the steps' prompts are independent draws).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "tests/e2e/smollm2.h"

namespace laconic::e2e {
namespace {

struct Mean {
  double value = 0, error = 0;  // standard error
};

Mean mean_of(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size() - 1) / static_cast<double>(values.size()))};
}

TEST(SmolLm2Grpo, RewardRises) {
  const fs::path model = smollm2();
  if (model.empty()) GTEST_SKIP() << kNoSmolLm2;
  Scratch scratch("smollm2-grpo");
  const Finished finished =
      run(scratch.path(), {"train", (source_root() / "recipes/smollm2-arithmetic.toml").string(), "model.path=" + model.string(), "--name", "grpo"}, {}, 3 * 3600);
  ASSERT_EQ(finished.code, 0) << finished.output;
  std::printf("%s\n", finished.output.c_str());

  std::vector<double> rewards;
  std::ifstream metrics(scratch.path() / "runs/grpo/metrics.jsonl");
  for (std::string line; std::getline(metrics, line);) {
    const nlohmann::json step = nlohmann::json::parse(line);
    if (step.at("type") == "rl") rewards.push_back(step.at("reward"));
  }
  ASSERT_EQ(rewards.size(), 60u);
  const auto third = static_cast<std::ptrdiff_t>(rewards.size() / 3);
  const Mean first = mean_of({rewards.begin(), rewards.begin() + third}), last = mean_of({rewards.end() - third, rewards.end()});
  const double gain = last.value - first.value, interval = 1.96 * std::hypot(first.error, last.error);
  std::printf("mean reward %.3f in the first third, %.3f in the last: gain %.3f, 95 %% interval %.3f to %.3f\n", first.value, last.value, gain, gain - interval, gain + interval);
  EXPECT_GT(gain - interval, 0);
  EXPECT_NE(finished.output.find("largest |Δ log-prob| 0"), std::string::npos) << "rollout and learner disagree about a fresh token";
}

}  // namespace
}  // namespace laconic::e2e
