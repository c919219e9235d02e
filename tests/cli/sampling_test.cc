// generate and eval on a tiny fresh model: nothing is right, everything is said.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/philox.h"
#include "cli/records.h"
#include "cli/token_stream.h"
#include "pipeline/train.h"
#include "tests/cli/tiny_run.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;

class SamplingTest : public TinyRun {};

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
  ASSERT_EQ(json["results"].size(), 1u);
  const Json& result = json["results"][0];
  EXPECT_TRUE(result["think_budget"].is_null());
  EXPECT_EQ(result["counted"], 24);
  EXPECT_LE(result["mean_tokens"].get<double>(), 24);
  EXPECT_LE(result["accuracy_low"].get<double>(), result["accuracy"].get<double>() + 1e-12);
  EXPECT_EQ(result["budgets"][0]["tokens"], 8);
  EXPECT_EQ(result["pass_at"].size(), 2u);
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
  EXPECT_EQ(say({"generate", folder.string(), "x", "--chat", "r1"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--stop", ""}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--think-budget", "-1"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--think-budget", "5", "--no-think"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--think-budget", "5", "--chat", "plain"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--think-budget", "5", "--think-end", "enough"}).code, kExitUsage);
  EXPECT_EQ(say({"generate", folder.string(), "x", "--messages", "/nowhere.json"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--think-budget", "8,x"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--verifier", "integr"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--data", "/nowhere.jsonl"}).code, kExitUsage);
  EXPECT_EQ(say({"eval", folder.string(), "--budget", "many"}).code, kExitUsage);
}

Json generate_json(const std::string& model, std::vector<std::string> more) {
  std::vector<std::string> words = {"generate", model, "12+7=", "--json", "--max-tokens", "30", "--seed", "3"};
  if (std::find(more.begin(), more.end(), "--temperature") == more.end()) words.insert(words.end(), {"--temperature", "1"});
  words.insert(words.end(), more.begin(), more.end());
  const Said said = say(words);
  EXPECT_EQ(said.code, 0) << said.err;
  return Json::parse(said.out);
}

TEST_F(SamplingTest, TopPAloneKeepsTheLikeliestTokens) {
  const Json json = generate_json(folder.string(), {"--top-p", "0.0001"}), greedy = generate_json(folder.string(), {"--temperature", "0"});
  EXPECT_EQ(json["samples"][0]["tokens"], greedy["samples"][0]["tokens"]) << "a nucleus that small holds one token";
  EXPECT_EQ(json["samples"][0]["logprob"][0], 0.0);
}

TEST_F(SamplingTest, AStopTextEndsOneSampleAndIsNotShown) {
  const Json whole = generate_json(folder.string(), {"--samples", "3"});
  const std::string text = whole["samples"][1]["text"];
  std::size_t at = text.size() / 2;
  while ((text[at] & 0xC0) == 0x80) ++at;
  const std::string stop = text.substr(at, 1 + (text[at] & 0x80 ? 2 : 0));  // a letter, or U+FFFD
  const std::size_t first = text.find(stop);
  const Json stopped = generate_json(folder.string(), {"--samples", "3", "--stop", stop, "--stop", "never said"});
  EXPECT_EQ(stopped["samples"][1]["text"], text.substr(0, first));
  EXPECT_EQ(stopped["samples"][1]["stop"], "text");
  EXPECT_EQ(stopped["samples"][1]["stop_text"], stop);
  EXPECT_LT(stopped["samples"][1]["response_tokens"], whole["samples"][1]["response_tokens"]);
  for (const int other : {0, 2}) {
    const std::string free = whole["samples"][static_cast<std::size_t>(other)]["text"];
    EXPECT_EQ(stopped["samples"][static_cast<std::size_t>(other)]["text"], free.substr(0, free.find(stop)));
  }
  const Said streamed = say({"generate", folder.string(), "12+7=", "--max-tokens", "30", "--temperature", "1", "--seed", "3", "--stop", stop});
  EXPECT_EQ(streamed.out, stopped["samples"][0]["text"].get<std::string>() + "\n");
}

TEST_F(SamplingTest, AThinkBudgetPutsTheEndOfThinkingIn) {
  const Json free = generate_json(folder.string(), {})["samples"][0];
  for (const int budget : {0, 7}) {
    const Json sample = generate_json(folder.string(), {"--think-budget", std::to_string(budget)})["samples"][0];
    const std::string text = sample["text"];
    EXPECT_THAT(text, HasSubstr("\n</think>\n\n"));
    EXPECT_GT(sample["forced_tokens"], 0);
    EXPECT_EQ(sample["logprob"].size(), sample["response_tokens"].get<std::size_t>());
    for (int i = 0; i < budget; ++i) EXPECT_EQ(sample["logprob"][static_cast<std::size_t>(i)], free["logprob"][static_cast<std::size_t>(i)]);
    if (budget == 0) { EXPECT_EQ(text.rfind("\n</think>\n\n", 0), 0u); }
  }
  const Json told = generate_json(folder.string(), {"--think-budget", "7", "--think-end", " Enough.</think>So "})["samples"][0];
  EXPECT_THAT(told["text"].get<std::string>(), HasSubstr(" Enough.</think>So "));
  EXPECT_THAT(say({"generate", folder.string(), "12+7=", "--think-budget", "3", "--max-tokens", "9"}).err, HasSubstr("thinking ended by the budget"));
  // Without thinking the prompt itself says so.
  const Json at_once = generate_json(folder.string(), {"--no-think"});
  EXPECT_THAT(at_once["prompt_text"].get<std::string>(), testing::EndsWith("</think>\n\n"));
}

TEST_F(SamplingTest, AConversationComesFromAFile) {
  const fs::path file = folder.parent_path() / "talk.json";
  write_file_durably(file, R"([{"role":"system","content":"Add."},{"role":"user","content":"1+1="},{"role":"assistant","content":"2"},{"role":"user","content":"12+7="}])");
  const Said said = say({"generate", folder.string(), "--messages", file.string(), "--json", "--max-tokens", "5"});
  ASSERT_EQ(said.code, 0) << said.err;
  const std::string prompt = Json::parse(said.out)["prompt_text"];
  for (const char* part : {"Add.", "1+1=", "12+7="}) EXPECT_THAT(prompt, HasSubstr(part));
  EXPECT_EQ(say({"generate", folder.string(), "12+7=", "--messages", file.string()}).code, kExitUsage);
  for (const char* broken : {"", "{}", "[]", "[1]", R"([{"role":"user"}])", R"([{"role":"robot","content":"x"}])", R"([{"role":"user","content":7}])"}) {
    write_file_durably(file, broken);
    const Said refused = say({"generate", folder.string(), "--messages", file.string()});
    EXPECT_EQ(refused.code, kExitUsage) << broken;
    EXPECT_THAT(refused.err, HasSubstr("talk.json")) << broken;
  }
}

TEST_F(SamplingTest, EvalAtSeveralThinkBudgetsIsEachOfThemAlone) {
  const auto results = [&](const std::string& budgets) {
    const Said said = say({"eval", "tiny-1", "--runs", runs(), "--json", "--samples", "2", "--think-budget", budgets});
    EXPECT_EQ(said.code, 0) << said.err;
    return Json::parse(said.out)["results"];
  };
  const Json all = results("none,0,5,23");
  ASSERT_EQ(all.size(), 4u);
  const char* budgets[] = {"0", "5", "23", "none"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(results(budgets[i])[0], all[i]) << budgets[i];
  EXPECT_EQ(all[0]["forced"], 1.0);
  EXPECT_GT(all[1]["forced"], 0.5);
  EXPECT_TRUE(all[3]["forced"].is_null());
  const Said table = say({"eval", "tiny-1", "--runs", runs(), "--think-budget", "5", "--think-budget", "none"});
  EXPECT_THAT(table.out, HasSubstr("thinking"));
  EXPECT_THAT(table.out, HasSubstr("none"));
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

TEST_F(SamplingTest, AnInterruptEndsTidily) {
  pipeline::count_interrupts();  // from here on the signal is counted, not deadly
  const auto interrupted = [](const std::vector<std::string>& words) {
    std::thread hand([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      ::kill(::getpid(), SIGINT);
    });
    Said said = say(words);
    hand.join();
    return said;
  };
  // Far more than half a second of work.
  const Said generated = interrupted({"generate", folder.string(), "12+7=", "--samples", "20000", "--max-tokens", "80", "--json", "--temperature", "1"});
  EXPECT_EQ(generated.code, kExitInterrupted);
  EXPECT_THAT(generated.err, HasSubstr("interrupted"));
  const Json json = Json::parse(generated.out);
  EXPECT_TRUE(json["samples"].empty() || json["samples"].back()["stop"] == "interrupted" || json["samples"].back()["stop"] == "end");
  const Said evaluated = interrupted({"eval", "tiny-1", "--runs", runs(), "--samples", "20000", "--json"});
  EXPECT_EQ(evaluated.code, kExitInterrupted);
  EXPECT_TRUE(evaluated.out.empty());
  EXPECT_THAT(evaluated.err, HasSubstr("nothing is reported"));
}

TEST_F(SamplingTest, RandomIdsStreamAsTheyDecode) {
  const model::Tokenizer tokenizer = model::Tokenizer::load(folder);
  PhiloxStream random(11, 2);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<std::int32_t> ids;
    for (std::uint32_t n = random.below(40); n > 0; --n) ids.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(tokenizer.vocab_size()))));
    TokenStream stream(tokenizer);
    std::string text;
    for (const std::int32_t id : ids) text += stream.add(id);
    EXPECT_EQ(text + stream.finish(), tokenizer.decode_text(ids));
  }
}

}  // namespace
}  // namespace laconic::cli
