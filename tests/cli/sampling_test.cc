// generate and eval on a tiny fresh model: nothing is right, everything is said.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/token_stream.h"
#include "pipeline/hub/prompts.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;

class SamplingTest : public testing::Test {
 protected:
  static fs::path folder;  // of the model, inside a run named tiny-1

  static void SetUpTestSuite() {
    std::string name = (fs::temp_directory_path() / "laconic-sampling-XXXXXX").string();
    const fs::path runs = ::mkdtemp(name.data());
    folder = runs / "tiny-1" / "initial";
    fs::create_directories(runs / "tiny-1");
    const std::string toml =
        "seed = 5\n[model]\nhidden_size = 32\nlayers = 2\ndense_layers = 1\nintermediate_size = 64\nheads = 2\nkv_lora_rank = 16\n"
        "qk_nope_head_dim = 8\nqk_rope_head_dim = 8\nv_head_dim = 8\nexperts = 4\nexperts_per_token = 2\nmoe_intermediate_size = 16\n"
        "positions = 96\nvocab_size = 300\ntokenizer_chains = 100\n[run.eval]\nproblems = 12\ntemperature = 1.0\n"
        "[[stage]]\ntype = \"rl\"\nsteps = 1\nsampling.max_tokens = 24\n";
    const pipeline::Recipe recipe = pipeline::parse_recipe(toml, "tiny.toml");
    pipeline::make_initial_model(recipe, *pipeline::make_source(recipe.stages[0].data, 4), 4, folder);
    write_file_durably(runs / "tiny-1" / "recipe.toml", toml);
    trajectory::Store::create(runs / "tiny-1" / "laconic.db");
  }
  static void TearDownTestSuite() { fs::remove_all(folder.parent_path().parent_path()); }

  struct Said {
    int code;
    std::string out, err;
  };
  static Said say(const std::vector<std::string>& words) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_words(words);
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  static std::string runs() { return folder.parent_path().parent_path().string(); }
};
fs::path SamplingTest::folder;

TEST_F(SamplingTest, TheSameSeedGivesTheSameTextOnAnyNumberOfThreads) {
  const auto generate = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"generate", folder.string(), "12+7=", "--max-tokens", "20", "--temperature", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return say(words);
  };
  const Said one = generate({"--seed", "3", "--threads", "1"}), two = generate({"--seed", "3", "--threads", "2"}), other = generate({"--seed", "4"});
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(one.out, two.out);
  EXPECT_NE(one.out, other.out);
  EXPECT_THAT(one.err, HasSubstr("tokens/s"));

  const Json json = Json::parse(generate({"--seed", "3", "--json", "--samples", "3"}).out);
  ASSERT_EQ(json["samples"].size(), 3u);
  EXPECT_EQ(json["samples"][0]["text"].get<std::string>() + "\n", one.out);  // streamed and whole text agree
  EXPECT_NE(json["samples"][0]["tokens"], json["samples"][1]["tokens"]);
  EXPECT_EQ(json["samples"][0]["logprob"].size(), json["samples"][0]["response_tokens"].get<std::size_t>());
}

TEST_F(SamplingTest, EvalTakesTheTaskFromTheModelsRun) {
  const Said said = say({"eval", "tiny-1", "--runs", runs(), "--json", "--budget", "8", "--samples", "2"});
  ASSERT_EQ(said.code, 0) << said.err;
  const Json json = Json::parse(said.out);
  EXPECT_EQ(json["problems"], 12);
  EXPECT_EQ(json["samples"], 2);
  EXPECT_EQ(json["max_tokens"], 24);
  EXPECT_EQ(json["temperature"], 1.0);
  EXPECT_EQ(json["counted"], 24);
  EXPECT_LE(json["mean_tokens"].get<double>(), 24);
  EXPECT_LE(json["accuracy_low"].get<double>(), json["accuracy"].get<double>() + 1e-12);
  EXPECT_EQ(json["budgets"][0]["tokens"], 8);
  // Threads and company change nothing.
  Json again = Json::parse(say({"eval", folder.string(), "--json", "--budget", "8", "--samples", "2", "--threads", "1"}).out), first = json;
  for (const char* key : {"seconds", "model"}) again.erase(key), first.erase(key);
  EXPECT_EQ(again, first);
}

TEST_F(SamplingTest, ABarThatIsMissedExitsWithOne) {
  const Said said = say({"eval", folder.string(), "--problems", "4", "--min-accuracy", "100"});
  EXPECT_EQ(said.code, kExitFailed);
  EXPECT_THAT(said.out, HasSubstr("95 % interval"));
  EXPECT_THAT(said.err, HasSubstr("below the 100 %"));
}

TEST_F(SamplingTest, WhatCannotBeSampledIsSaidBeforeAnything) {
  EXPECT_EQ(say({"generate", "no-such-run", "x", "--runs", runs()}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--top-p", "0.9"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--chat", "r1"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--verifier", "integr"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--data", "/nowhere.jsonl"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--budget", "many"}).code, kExitUsage);
}

TEST_F(SamplingTest, CharactersSplitOverTokensAreHeldBackUntilWhole) {
  const model::Tokenizer tokenizer = model::Tokenizer::load(folder);
  const std::string text = "a€答 é";  // no chain holds these: the small vocabulary spells them in bytes
  const std::vector<std::int32_t> ids = tokenizer.encode(text);
  ASSERT_GT(ids.size(), 8u);
  TokenStream stream(tokenizer);
  std::string whole;
  for (const std::int32_t id : ids) {
    const std::string piece = stream.add(id);
    EXPECT_EQ(piece.find("\xEF\xBF\xBD"), std::string::npos);
    whole += piece;
  }
  EXPECT_EQ(whole + stream.finish(), text);
  TokenStream cut(tokenizer);
  for (std::size_t i = 0; i < 2; ++i) cut.add(ids[i]);  // 'a' and the first byte of '€'
  EXPECT_EQ(cut.finish(), "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace laconic::cli
