// The integer verifier: a table of cases (integer_cases.jsonl: add a line, no C++), random bytes,
// adversarial lengths, and real golds when LACONIC_TEST_DATA names a folder that has them.
#include "verifiers/integer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/philox.h"
#include "verifiers/answer.h"

namespace laconic::verifiers {
namespace {

std::string source_root() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? root : ".";
}

VerifyRequest request(std::string response, std::string columns, bool finished = true) {
  return {"s0/train/0/0/0/0", "57+68=", std::move(response), std::move(columns), {}, finished};
}

TEST(IntegerVerifier, CasesOfTheTable) {
  std::ifstream in(source_root() + "/tests/verifiers/integer_cases.jsonl");
  ASSERT_TRUE(in);
  const IntegerVerifier verifier;
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    const auto row = nlohmann::json::parse(line);
    SCOPED_TRACE(row.at("name").get<std::string>());
    const Verdict verdict = run_verifier(verifier, request(row.at("response"), row.at("columns").dump(), row.at("finished")));
    EXPECT_EQ(name_of(verdict.outcome), row.at("outcome").get<std::string>()) << verdict.explanation;
    EXPECT_EQ(verdict.extracted, row.at("extracted").get<std::string>());
    EXPECT_EQ(verdict.score, verdict.outcome == Outcome::kPass ? 1 : 0);
    EXPECT_FALSE(verdict.explanation.empty());
  }
  EXPECT_GE(cases, 90);
}

TEST(IntegerVerifier, PlainPromptsNeedNoEndOfReasoning) {
  const IntegerVerifier plain(Reasoning::kNone);
  const std::string gold = R"({"answer":"125"})";
  EXPECT_EQ(plain.verify(request("5+6+1=12\n\\boxed{125}", gold)).outcome, Outcome::kPass);
  EXPECT_EQ(plain.verify(request("\\boxed{1}</think>\\boxed{125}", gold)).outcome, Outcome::kPass);
  EXPECT_EQ(plain.verify(request("\\boxed{125}</think>", gold)).outcome, Outcome::kNoAnswer);
  EXPECT_EQ(plain.verify(request("<think>\\boxed{125}", gold)).outcome, Outcome::kNoAnswer);
}

TEST(IntegerVerifier, RowsThatAreNoJsonObjectAreUndecided) {
  const IntegerVerifier verifier;
  for (const char* columns : {"", "{", "[1]", "\"125\"", "null"}) {
    EXPECT_EQ(verifier.verify(request("</think>\\boxed{1}", columns)).outcome, Outcome::kUndecided) << columns;
  }
}

TEST(IntegerVerifier, ExplanationsAreOneShortValidLine) {
  const IntegerVerifier verifier;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "é\n";
  const Verdict verdict = verifier.verify(request("</think>\\boxed{" + text + "}", R"({"answer":"5"})"));
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  EXPECT_LT(verdict.explanation.size(), 300u);
  EXPECT_EQ(verdict.explanation.find('\n'), std::string::npos);
  EXPECT_NO_THROW(nlohmann::json(verdict.explanation + verdict.extracted).dump());  // throws on invalid UTF-8
}

// Pieces that mean something to the reader, in random order, and any Unicode between them.
std::string random_response(PhiloxStream& random) {
  static const char* const kPieces[] = {"</think>", "<think>", "\\boxed{", "\\boxed {", "\\fbox{", "{", "}", "\\", "\\{", "<answer>", "</answer>", "####", "\n",
                                        "1", "25", ",", "{,}", ".", "0", "-", "\u2212", "$", "\\$", "+", "**", " ", "\ufffd", "é", "<｜end▁of▁sentence｜>", "<|"};
  std::string text;
  for (std::uint32_t n = random.below(60); n > 0; --n) {
    const std::uint32_t pick = random.below(31);
    if (pick < 30) text += kPieces[pick];
    else text += static_cast<char>(1 + random.below(127));
  }
  return text;
}

TEST(IntegerVerifier, NeverThrowsAndNeverPaysWithoutAnEqualValue) {
  const IntegerVerifier verifier;
  PhiloxStream random(1, 2);
  int passes = 0, marks = 0;
  for (int i = 0; i < 30000; ++i) {
    const std::string response = random_response(random);
    const Verdict verdict = verifier.verify(request(response, R"({"answer":"25"})", random.below(2) == 0));
    ASSERT_NE(verdict.outcome, Outcome::kInfraError);
    ASSERT_NO_THROW(nlohmann::json(verdict.extracted + verdict.explanation).dump()) << response;
    marks += verdict.outcome == Outcome::kFail;
    if (verdict.outcome == Outcome::kPass) {
      ++passes;
      ASSERT_EQ(read_integer(verdict.extracted), read_integer("25")) << response;
      ASSERT_NE(response.find("</think>"), std::string::npos);
    }
  }
  EXPECT_GT(passes, 10);
  EXPECT_GT(marks, 1000);
}

TEST(IntegerVerifier, RandomBytesAsGoldAreNeverThrownAt) {
  PhiloxStream random(3, 4);
  for (int i = 0; i < 20000; ++i) {
    std::string columns = R"({"answer":")";
    for (std::uint32_t n = random.below(20); n > 0; --n) columns += static_cast<char>(random.below(256));
    columns += "\"}";
    ASSERT_NO_THROW(read_gold(columns));
  }
}

// Quadratic scanning of these takes minutes; a linear one milliseconds. The test's own time limit decides.
TEST(IntegerVerifier, IsLinearOnAdversarialLengths) {
  const IntegerVerifier verifier;
  const auto repeated = [](const std::string& piece, std::size_t bytes) {
    std::string text;
    text.reserve(bytes + piece.size());
    while (text.size() < bytes) text += piece;
    return text;
  };
  constexpr std::size_t kSize = 2 << 20;
  for (const std::string piece : {"\\boxed{", "\\boxed{1}", "{", "}", "{}", "\\", "<answer>", "</answer>", "####", "</think>", "<think>", "9", "1,000,", "0", "-", "$", "$.", ". "}) {
    SCOPED_TRACE(piece);
    const std::string text = repeated(piece, kSize);
    EXPECT_NE(verifier.verify(request("</think>" + text, R"({"answer":"25"})")).outcome, Outcome::kPass);
    EXPECT_NE(verifier.verify(request("</think>\\boxed{" + text + "}", R"({"answer":"25"})")).outcome, Outcome::kPass);
    EXPECT_NE(verifier.verify(request(text + "</think>", R"({"answer":"25"})")).outcome, Outcome::kPass);
  }
}

TEST(IntegerVerifier, GoldsOfTheRealFileAreAllRead) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder) GTEST_SKIP() << "set LACONIC_TEST_DATA to a folder with gsm8k_test.jsonl to run this test";
  std::ifstream in(std::string(folder) + "/gsm8k_test.jsonl");
  ASSERT_TRUE(in);
  const IntegerVerifier verifier;
  int rows = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    const auto row = nlohmann::json::parse(line);
    const Gold gold = read_gold(line);
    ASSERT_TRUE(gold.value) << row.at("answer");
    // The worked answer itself, as a response after its reasoning, passes; off by a digit, it fails.
    EXPECT_EQ(verifier.verify(request("</think>" + row.at("answer").get<std::string>(), line)).outcome, Outcome::kPass);
    EXPECT_EQ(verifier.verify(request("</think>\\boxed{" + to_text(*gold.value) + "1}", line)).outcome, Outcome::kFail);
  }
  EXPECT_EQ(rows, 1319);
}

}  // namespace
}  // namespace laconic::verifiers
