// A published model through the real executable: it chats in its own template, and its greedy tokens and
// their log-probs are those of transformers on the same weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "tests/e2e/smollm2.h"

namespace laconic::e2e {
namespace {

struct Question {
  const char* text;
  const char* answer;  // a regular expression
};

constexpr std::array kQuestions = {
    Question{"What is 6 + 9? Answer with a number.", "15"},
    Question{"Who wrote Hamlet?", "Shakespeare"},
    Question{"List three fruits.", "[Bb]anana|[Aa]pple|[Oo]range"},
    Question{"What is the capital of Japan?", "Tokyo"},
    Question{"Explain in one sentence why the sky is blue.", "scatter"},
    Question{"Translate to French: good morning", "bonjour"},
};

// Of `output`, which also holds the lines for people.
nlohmann::json json_of(const std::string& output) {
  return nlohmann::json::parse(output.substr(output.find('{'), output.rfind('}') - output.find('{') + 1));
}

class RealModel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (smollm2().empty()) GTEST_SKIP() << kNoSmolLm2;
  }
  nlohmann::json ask(const char* question, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"generate", smollm2().string(), question, "--temperature", "0", "--max-tokens", "64", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished finished = run(scratch_.path(), words);
    EXPECT_EQ(finished.code, 0) << finished.output;
    return json_of(finished.output);
  }
  Scratch scratch_{"real-model"};
};

TEST_F(RealModel, ChatsSensiblyInItsOwnTemplate) {
  for (const Question& question : kQuestions) {
    const nlohmann::json sample = ask(question.text)["samples"][0];
    EXPECT_THAT(sample["text"].get<std::string>(), ::testing::ContainsRegex(question.answer)) << question.text;
    EXPECT_EQ(sample["tokens"][0], 1) << "the template begins with <|im_start|>";
  }
  EXPECT_EQ(ask(kQuestions[0].text)["samples"][0]["stop"], "end");
}

TEST_F(RealModel, SameTextWhateverTheThreads) {
  const nlohmann::json one = ask(kQuestions[1].text, {"--threads", "1"}), two = ask(kQuestions[1].text, {"--threads", "2"});
  EXPECT_EQ(one["samples"], two["samples"]);
}

TEST_F(RealModel, AgreesWithTransformers) {
  const char* python = std::getenv("LACONIC_PYTHON");
  if (!python || !*python) GTEST_SKIP() << "LACONIC_PYTHON names no Python with torch, transformers, gguf and accelerate";
  std::string command = std::string(python) + " '" + (source_root() / "tests/e2e/compare_with_transformers.py").string() + "' '" + smollm2().string() + "'";
  for (std::size_t i = 0; i < kQuestions.size(); ++i) {
    const fs::path file = scratch_.path() / ("generated-" + std::to_string(i) + ".json");
    std::ofstream(file) << ask(kQuestions[i].text).dump();
    command += " '" + file.string() + "'";
  }
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command;
}

}  // namespace
}  // namespace laconic::e2e
