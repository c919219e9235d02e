// The whole pipeline on a small recipe: reward rises, tokens fall, rollout and learner agree bit for
// bit, every trajectory can be read back. And a data set this model earns nothing on.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

TEST(Smoke, RewardRisesAndTokensFall) {
  Scratch scratch("smoke");
  const Finished finished = run(scratch.path(), {"train", (source_root() / "recipes/smoke.toml").string(), "--name", "smoke"}, {}, 280);
  ASSERT_EQ(finished.code, 0) << finished.output;
  const auto summary = show(scratch.path(), "smoke");
  const auto &before = summary.at("before"), &after = summary.at("after");
  EXPECT_GE(after.at("accuracy").get<double>(), before.at("accuracy").get<double>() + 0.04) << summary;
  EXPECT_LE(after.at("mean_tokens").get<double>(), 0.75 * before.at("mean_tokens").get<double>()) << summary;
  EXPECT_LT(after.at("tokens_per_correct").get<double>(), before.at("tokens_per_correct").get<double>()) << summary;
  EXPECT_EQ(summary.at("max_abs_logprob_diff").get<double>(), 0.0);
  EXPECT_EQ(summary.at("weights_sha256").get<std::string>().size(), 64u);
  EXPECT_GT(summary.at("wall_s").get<double>(), 0);
  EXPECT_GT(summary.at("peak_rss_mb").get<double>(), 0);

  const auto listed = nlohmann::json::parse(run(scratch.path(), {"runs", "list", "--json"}).output, nullptr, false);
  ASSERT_TRUE(listed.is_array()) << listed;
  EXPECT_EQ(listed.at(0).at("run"), "smoke");
  const auto page = nlohmann::json::parse(run(scratch.path(), {"traj", "list", "smoke", "--json"}).output, nullptr, false);
  ASSERT_TRUE(page.is_object()) << page;
  const auto& samples = page.at("trajectories");
  ASSERT_FALSE(samples.empty());
  const std::string ticket = samples.at(0).at("ticket");
  for (const char* view : {"show", "group"}) {
    const Finished shown = run(scratch.path(), {"traj", view, "smoke", ticket});
    EXPECT_EQ(shown.code, 0) << shown.output;
    EXPECT_FALSE(shown.output.empty());
  }
}

TEST(Smoke, WordProblemsRunThroughAndSaySo) {
  Scratch scratch("words");
  {
    std::ofstream rows(scratch.path() / "rows.jsonl");
    for (int i = 0; i < 40; ++i)
      rows << R"({"question": "Ann has )" << i << R"( pears and buys 3 more. How many has she now?", "answer": "She has )" << i << "+3.\\n#### " << i + 3 << "\"}\n";
  }
  const Finished finished = run(scratch.path(), {"train", (source_root() / "tests/e2e/tiny.toml").string(), "--name", "words", "rl.data=rows.jsonl"});
  ASSERT_EQ(finished.code, 0) << finished.output;
  EXPECT_NE(finished.output.find("earns nothing"), std::string::npos) << finished.output;
}

}  // namespace
}  // namespace laconic::e2e
