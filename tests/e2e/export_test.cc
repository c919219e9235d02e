// A trained run's export is read back as the checkpoint that it was, on the run's own trajectories.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

TEST(Export, OfATrainedRunIsVerifiedOnItsTrajectories) {
  Scratch scratch("export");
  const Finished trained = run(scratch.path(), {"train", (source_root() / "tests/e2e/tiny.toml").string(), "--name", "tiny", "sft.steps=40", "rl.steps=2", "run.checkpoint_every=1"});
  ASSERT_EQ(trained.code, 0) << trained.output;
  const Finished finished = run(scratch.path(), {"export", "latest", "--verify", "--json"});
  ASSERT_EQ(finished.code, 0) << finished.output;
  const auto json = nlohmann::json::parse(finished.output, nullptr, false);
  ASSERT_TRUE(json.is_object()) << finished.output;
  EXPECT_EQ(json["out"], "tiny-rl-2");
  EXPECT_EQ(json["stage"], "rl");
  EXPECT_EQ(json["verified"], true);
  const auto& logprobs = json["checks"].back();
  EXPECT_EQ(logprobs["what"], "log-probs");
  EXPECT_EQ(logprobs["note"], "32 trajectories of the run");
  EXPECT_GT(logprobs["compared"], 32);
  EXPECT_EQ(logprobs["equal"], logprobs["compared"]);

  const auto generation = nlohmann::json::parse(std::ifstream(scratch.path() / "tiny-rl-2" / "generation_config.json"), nullptr, false);
  EXPECT_EQ(generation.value("max_new_tokens", 0), 32) << generation;
  EXPECT_EQ(generation.value("temperature", 0.0), 1.0) << generation;

  const Finished earlier = run(scratch.path(), {"export", "tiny", "--step", "1", "--out", "first"});
  EXPECT_EQ(earlier.code, 0) << earlier.output;
  const Finished generated = run(scratch.path(), {"generate", "first", "2+2=", "--max-tokens", "4"});
  EXPECT_EQ(generated.code, 0) << generated.output;
}

}  // namespace
}  // namespace laconic::e2e
