#include "pipeline/data/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

using ::testing::HasSubstr;

TEST(Jsonl, ReadsTheGsm8kShape) {
  const auto rows = parse_jsonl(R"({"question": "How many?", "answer": "3 * 4 = <<3*4=12>>12.\nSo 12.\n#### 12"})"
                                "\n", "f.jsonl", {});
  ASSERT_EQ(rows.problems.size(), 1u);
  const Problem& p = rows.problems[0];
  EXPECT_EQ(p.id, "f.jsonl:1");
  EXPECT_EQ(p.prompt, "How many?");
  EXPECT_EQ(p.chain, "3 * 4 = 12.\nSo 12.");
  EXPECT_EQ(p.solution, "\\boxed{12}");
  EXPECT_THAT(nlohmann::json::parse(p.columns).at("answer").get<std::string>(), HasSubstr("#### 12"));
}

TEST(Jsonl, ReadsPromptAndAnswerColumnsOfAnyName) {
  const auto rows = parse_jsonl("{\"prompt\":\"1+1\",\"answer\":2,\"level\":\"easy\"}\r\n\n{\"problem\":\"2+2\",\"answer\":\"4\",\"chain\":\"2+2=4\"}", "f", {});
  ASSERT_EQ(rows.problems.size(), 2u);
  EXPECT_EQ(rows.problems[0].chain, "");
  EXPECT_EQ(nlohmann::json::parse(rows.problems[0].columns).at("level"), "easy");
  EXPECT_EQ(rows.problems[1].id, "f:3");
  EXPECT_EQ(rows.problems[1].solution, "\\boxed{4}");
  JsonlOptions named;
  named.prompt_column = "q", named.answer_column = "gold";
  const auto other = parse_jsonl(R"({"q":"x","gold":"5","question":"not this"})", "f", named);
  EXPECT_EQ(other.problems[0].prompt, "x");
  EXPECT_EQ(nlohmann::json::parse(other.problems[0].columns).at("answer"), "5");
}

struct Bad {
  const char* line;
  const char* reason;
};

class BadLines : public ::testing::TestWithParam<Bad> {};

TEST_P(BadLines, AreNamedByNumberAndRefusedOrSkipped) {
  const std::string text = std::string("{\"question\":\"a\",\"answer\":\"1\"}\n\n") + GetParam().line + "\n{\"question\":\"b\",\"answer\":\"2\"}\n";
  try {
    parse_jsonl(text, "data.jsonl", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "data.jsonl:3");
    EXPECT_THAT(error.message(), HasSubstr(GetParam().reason));
    EXPECT_THAT(error.next(), HasSubstr("on_bad_line"));
  }
  JsonlOptions skip;
  skip.skip_bad_lines = true;
  const auto rows = parse_jsonl(text, "data.jsonl", skip);
  EXPECT_EQ(rows.problems.size(), 2u);
  EXPECT_EQ(rows.problems[1].id, "data.jsonl:4");
  ASSERT_EQ(rows.skipped.size(), 1u);
  EXPECT_THAT(rows.skipped[0], HasSubstr("data.jsonl:3: "));
  EXPECT_THAT(rows.skipped[0], HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadLines,
                         ::testing::Values(Bad{R"({"question": "2+)", "not valid JSON"}, Bad{"[1, 2]", "array"}, Bad{R"({"answer": "1"})", "question"},
                                           Bad{R"({"question": "a"})", "answer"}, Bad{R"({"question": 5, "answer": "1"})", "not a string"},
                                           Bad{R"({"question": "  ", "answer": "1"})", "empty"}, Bad{"{\"question\": \"\xff\", \"answer\": 1}", "not valid JSON"}));

TEST(Jsonl, RowsWithoutAChainAreBadWhereChainsAreNeeded) {
  JsonlOptions options;
  options.needs_chains = true;
  EXPECT_THROW(parse_jsonl(R"({"question":"a","answer":"1"})", "f", options), Error);
  EXPECT_EQ(parse_jsonl(R"({"question":"a","answer":"so 1 #### 1"})", "f", options).problems[0].chain, "so 1");
}

TEST(Jsonl, NothingUsableIsAnError) {
  EXPECT_THROW(parse_jsonl("\n\n", "f", {}), Error);
  EXPECT_THROW(load_jsonl("/nonexistent/rows.jsonl", {}), Error);
}

TEST(Jsonl, LoadsTheRealFile) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder) GTEST_SKIP() << "set LACONIC_TEST_DATA to a folder with gsm8k_test.jsonl to run this test";
  JsonlOptions options;
  options.needs_chains = true;
  const auto rows = load_jsonl(fs::path(folder) / "gsm8k_test.jsonl", options);
  EXPECT_EQ(rows.problems.size(), 1319u);
  for (const Problem& p : rows.problems) {
    EXPECT_EQ(p.chain.find("<<"), std::string::npos) << p.id;
    EXPECT_EQ(p.chain.find("####"), std::string::npos) << p.id;
  }
}

}  // namespace
}  // namespace laconic::pipeline
