// Rows of every shape: own samples with what they must become, and every file of the real data sets.
#include "pipeline/data/row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "pipeline/data/jsonl.h"
#include "pipeline/data/shapes.h"

namespace laconic::pipeline {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

fs::path source_root() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

std::vector<json> samples() {
  std::ifstream in(source_root() / "tests/data/samples/shapes.jsonl");
  std::vector<json> all;
  for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
  return all;
}

TEST(Row, EachShapeIsReadAsTheSampleSays) {
  std::set<std::string_view> seen;
  for (const json& sample : samples()) {
    const std::string line = sample["row"].dump();
    SCOPED_TRACE(line);
    seen.insert(shape_of(line));
    ASSERT_EQ(shape_of(line), sample["shape"].get<std::string>());
    RowOptions options;
    options.needs_solution = sample.contains("chain") || sample.contains("solution");
    if (sample.contains("bad")) {
      try {
        read_row(line, "f:1", options);
        FAIL() << "read";
      } catch (const BadRow& bad) {
        EXPECT_THAT(bad.what(), HasSubstr(sample["bad"].get<std::string>()));
      }
      continue;
    }
    const Problem p = read_row(line, "f:1", options);
    EXPECT_EQ(p.id, "f:1");
    EXPECT_EQ(p.verifier, sample["verifier"].get<std::string>());
    EXPECT_EQ(p.system, sample.value("system", ""));
    EXPECT_FALSE(p.prompt.empty());
    if (sample.contains("prompt")) { EXPECT_EQ(p.prompt, sample["prompt"].get<std::string>()); }
    if (sample.contains("prompt_has")) { EXPECT_THAT(p.prompt, HasSubstr(sample["prompt_has"].get<std::string>())); }
    if (sample.contains("chain")) { EXPECT_EQ(p.chain, sample["chain"].get<std::string>()); }
    if (sample.contains("solution")) { EXPECT_EQ(p.solution, sample["solution"].get<std::string>()); }
    const json columns = json::parse(p.columns);
    if (sample.contains("gold")) { EXPECT_EQ(columns.at("answer"), sample["gold"]); }
    if (sample.contains("added")) {
      for (const auto& [name, value] : sample["added"].items()) { EXPECT_EQ(columns.at(name), value); }
    }
    for (const auto& [name, value] : sample["row"].items()) EXPECT_TRUE(columns.contains(name)) << name;
  }
  for (const Shape& shape : shapes()) EXPECT_TRUE(seen.count(shape.name)) << "no sample of shape " << shape.name;
}

TEST(Row, ColumnsOfAnyNameAreTwoLinesOfToml) {
  RowOptions options;
  options.prompt_column = "q", options.answer_column = "gold.value";
  const Problem p = read_row(R"({"q":"x","gold":{"value":"5"},"question":"not this"})", "f:1", options);
  EXPECT_EQ(p.prompt, "x\n\nPut the final answer in \\boxed{}.");
  EXPECT_EQ(json::parse(p.columns).at("answer"), "5");
  EXPECT_THROW(read_row(R"({"q":"x","gold":"5"})", "f:1", options), BadRow);
  options.answer_column = "answer";
  options.instruction = "";
  EXPECT_EQ(read_row(R"({"q":"x","answer":"w #### 7","chain":"w"})", "f:1", options).solution, "\\boxed{7}");
  EXPECT_EQ(read_row(R"({"q":"x","answer":1})", "f:1", options).prompt, "x");
}

TEST(Row, UsersVerifiersSeeTheirRowsAsTheyAre) {
  RowOptions options;
  options.verifier = "python";
  const std::string line = R"({"question":"a","answer":"1 + 1 = <<1+1=2>>2\n#### 2"})";
  EXPECT_EQ(read_row(line, "f:1", options).columns, line);
  EXPECT_EQ(json::parse(read_row(R"({"problem":"a","solution":"\\boxed{2}"})", "f:1", options).columns).at("answer"), "2");
}

TEST(Row, NumbersOfTestsKeepTheirDigits) {
  const std::string line = R"({"description": "Double.", "tests": [{"input": [123456789012345678901], "output": 246913578024691357802}]})";
  EXPECT_EQ(read_row(line + " ", "f:1", {}).columns, line);
}

TEST(Row, TheVerifierIsTheMappedOneThenTheSourcesThenTheShapes) {
  const std::string row = R"({"question":"a","answer":"1","data_source":"my/set"})", other = R"({"question":"a","answer":"1","task":"my/task"})";
  RowOptions options;
  EXPECT_EQ(read_row(row, "f:1", options).verifier, "math");
  options.verifier = "integer";
  EXPECT_EQ(read_row(row, "f:1", options).verifier, "integer");
  options.verifiers = {"my/set = code", "my/task=exact"};
  EXPECT_EQ(read_row(row, "f:1", options).verifier, "code");
  EXPECT_EQ(read_row(other, "f:1", options).verifier, "exact");
}

TEST(Row, TheQuestionIsWhatIsAskedWhateverItsBlanksAndItsInstruction) {
  RowOptions bare;
  bare.instruction = "";
  const auto question = [](const std::string& text, const RowOptions& options) { return read_row(json{{"question", text}, {"answer", "1"}}.dump(), "f:1", options).question; };
  EXPECT_EQ(question("How  many\neggs? ", {}), question("How many eggs?", bare));
  EXPECT_NE(question("How many eggs?", {}), question("How many egg?", {}));
}

struct Bad {
  std::string line;
  const char* reason;
};

class BadRows : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRows, SayWhy) {
  try {
    read_row(GetParam().line, "f:1", {});
    FAIL();
  } catch (const BadRow& bad) {
    EXPECT_THAT(bad.what(), HasSubstr(GetParam().reason));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadRows,
                         ::testing::Values(Bad{R"({"question": "2+)", "not valid JSON"}, Bad{"[1, 2]", "array"}, Bad{R"({"answer": "1"})", "question"},
                                           Bad{R"({"question": "a"})", "answer"}, Bad{R"({"question": 5, "answer": "1"})", "not a string"},
                                           Bad{R"({"question": "  ", "answer": "1"})", "empty"}, Bad{"{\"question\": \"\xff\", \"answer\": 1}", "not valid JSON"},
                                           Bad{R"({"question": "a", "answer": 1e999})", "not valid JSON"}, Bad{R"({"question": "a", "answer": NaN})", "not valid JSON"},
                                           Bad{R"({"question": "a", "answer": ")" + std::string("\\ud800") + "\"}", "not valid JSON"},
                                           Bad{"{\"question\": \"a\", \"answer\": " + std::string(100000, '[') + std::string(100000, ']') + "}", "nested"},
                                           Bad{R"({"prompt": [{"content": "a"}], "answer": "1"})", "no role"}, Bad{R"({"question": "a", "answer": [null]})", "neither text nor number"}));

// Every file of the real data sets: its rows, the verifier they get, and how many can be imitated.
struct RealFile {
  const char* name;
  std::size_t rows, imitable;
  const char* verifier;
  const char* shape;
};

TEST(Row, EveryRealFileLoads) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder) GTEST_SKIP() << "set LACONIC_TEST_DATA to a folder with the public data sets to run this test";
  const std::vector<RealFile> files = {
      {"gsm8k_train.jsonl", 7473, 7473, "math", "gsm8k"},  {"gsm8k_test.jsonl", 1319, 1319, "math", "gsm8k"},
      {"math_test.jsonl", 5000, 5000, "math", "math"},      {"math500.jsonl", 500, 500, "math", "problem_answer"},
      {"aime24.jsonl", 30, 30, "math", "problem_answer"},   {"amc23.jsonl", 40, 0, "math", "problem_answer"},
      {"olympiadbench.jsonl", 675, 675, "math", "olympiadbench"}, {"humaneval.jsonl", 164, 164, "code", "humaneval"},
      {"mbpp.jsonl", 974, 974, "code", "mbpp"},             {"humaneval_x_cpp.jsonl", 164, 164, "code", "humaneval_x"},
      {"code_contests_sample.jsonl", 20, 0, "code", "tests"}, {"kattis_examples.jsonl", 3, 0, "code", "tests"},
  };
  for (const RealFile& file : files) {
    SCOPED_TRACE(file.name);
    const fs::path path = fs::path(folder) / file.name;
    const JsonlRows rows = load_jsonl(path, {});
    EXPECT_EQ(rows.problems.size(), file.rows);
    std::size_t imitable = 0;
    for (const Problem& p : rows.problems) {
      EXPECT_EQ(p.verifier, file.verifier) << p.id;
      imitable += !p.solution.empty();
      if (p.verifier != "math") continue;
      const json columns = json::parse(p.columns);
      EXPECT_TRUE(columns["answer"].is_string() && !columns["answer"].get<std::string>().empty()) << p.id;
      if (std::string(file.shape) != "gsm8k") continue;
      EXPECT_EQ(p.chain.find("<<"), std::string::npos) << p.id;
      EXPECT_EQ(p.chain.find("####"), std::string::npos) << p.id;
    }
    EXPECT_EQ(imitable, file.imitable);
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(shape_of(line), file.shape);
  }
}

// The golds the loader takes from solutions are those that the set's own answer column has.
TEST(Row, LastBoxesAreMath500sAnswers) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder) GTEST_SKIP() << "set LACONIC_TEST_DATA to a folder with math500.jsonl to run this test";
  std::ifstream in(fs::path(folder) / "math500.jsonl");
  int rows = 0, same = 0;
  for (std::string line; std::getline(in, line); ++rows) {
    json row = json::parse(line);
    const std::string answer = row["answer"];
    row.erase("answer");
    same += json::parse(read_row(row.dump(), "f", {}).columns).at("answer") == answer;
  }
  EXPECT_EQ(rows, 500);
  EXPECT_GE(same, 498);  // the published answers differ from their solutions' boxes in a blank or two
}

}  // namespace
}  // namespace laconic::pipeline
