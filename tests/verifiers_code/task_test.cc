#include "verifiers/code/task.h"

#include <filesystem>
#include <map>

#include "tests/verifiers_code/cases.h"
#include "verifiers/code/base64.h"
#include "verifiers/code/pickled_text.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

void expect_task(const CodeTask& task, const json& expect) {
  const auto check = [&](const char* key, const json& value) {
    if (expect.contains(key)) { EXPECT_EQ(value, expect[key]) << key; }
  };
  check("shape", std::string(task.shape));
  check("kind", std::string(name_of(task.kind)));
  check("id", task.id);
  check("entry_point", task.entry_point);
  check("language", task.language);
  check("setup", task.assertions.setup);
  check("asserts", task.assertions.lines);
  EXPECT_EQ(task.checker.has_value(), expect.contains("checker"));
  EXPECT_EQ(task.time_limit, expect.contains("time_limit") ? std::optional(expect["time_limit"].get<double>()) : std::nullopt);
  EXPECT_EQ(task.memory_limit, expect.contains("memory_limit") ? std::optional(expect["memory_limit"].get<std::int64_t>()) : std::nullopt);
  const Comparison rule = task.comparison.value_or(Comparison{});
  check("compare", std::string(name_of(rule.mode)));
  check("case_fold", rule.case_fold);
  check("absolute", rule.absolute);
  json tests = json::array();
  for (const Test& test : task.tests) {
    tests.push_back({test.name, test.input, test.output});
    check("wrapped", test.may_be_wrapped);
  }
  check("tests", tests);
}

TEST(Rows, Shapes) {
  for (const json& test : cases("rows.jsonl")) {
    SCOPED_TRACE(test["name"]);
    const ReadTask read = read_task(test["columns"].dump());
    const json& expect = test["expect"];
    if (expect.contains("problem")) {
      EXPECT_FALSE(read.task);
      EXPECT_NE(read.problem.find(expect["problem"].get<std::string>()), std::string::npos) << read.problem;
    } else if (read.task) {
      expect_task(*read.task, expect);
    } else {
      ADD_FAILURE() << read.problem;
    }
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/laconic-unpickled")) << "a pickle was run";
}

TEST(Rows, WhatIsNoObjectIsNoRow) {
  for (const char* text : {"", "[]", "1", "{", "null", "\"x\""}) EXPECT_FALSE(read_task(text).task) << text;
}

TEST(Rows, PickledTextIsReadAndNothingElse) {
  for (const json& test : cases("pickles.jsonl")) {
    const auto pickle = inflated(base64_decoded(test["pickle"].get<std::string>()).value(), 1 << 20);
    ASSERT_TRUE(pickle) << test["name"];
    const auto text = pickled_text(*pickle);
    EXPECT_EQ(text ? std::optional(text->size()) : std::nullopt, test["length"].is_null() ? std::nullopt : std::optional(test["length"].get<std::size_t>())) << test["name"];
  }
}

TEST(Rows, Base64AndInflateRefuseDamage) {
  EXPECT_EQ(base64_decoded("aGVsbG8="), "hello");
  EXPECT_EQ(base64_decoded("aGVs\nbG8h"), "hello!");
  EXPECT_EQ(base64_decoded(""), "");
  for (const char* bad : {"a", "aGVsbG8", "aGVsbG9=", "aGV=bG8=", "aGVsbG8==", "a-_b", "===="}) EXPECT_FALSE(base64_decoded(bad)) << bad;
  const std::string stream = base64_decoded("eJzLSM3JyQcABiwCFQ==").value();  // zlib of "hello"
  EXPECT_EQ(inflated(stream, 100), "hello");
  EXPECT_EQ(inflated(stream, 5), "hello");
  EXPECT_FALSE(inflated(stream, 4));
  EXPECT_FALSE(inflated(stream + "x", 100));
  EXPECT_FALSE(inflated(stream.substr(0, stream.size() - 1), 100));
  EXPECT_FALSE(inflated("", 100));
  EXPECT_FALSE(inflated("hello", 100));
}

// Every row of the real data sets is understood, and as what it is.
TEST(Rows, DataSets) {
  const struct { const char* file; std::string shape, kind; int rows, tests; } sets[] = {
      {"humaneval.jsonl", "HumanEval", "assert", 164, 0},     {"mbpp.jsonl", "MBPP", "assert", 974, 0},
      {"humaneval_x_cpp.jsonl", "HumanEval-X", "assert", 164, 0}, {"code_contests_sample.jsonl", "tests", "stdin", 20, 2233},
      {"kattis_examples.jsonl", "Kattis", "stdin", 3, 22}};
  for (const auto& set : sets) {
    const auto rows = data_set(set.file);
    LACONIC_NEED_DATA(rows);
    EXPECT_EQ(static_cast<int>(rows.size()), set.rows) << set.file;
    int tests = 0;
    for (const json& row : rows) {
      const ReadTask read = read_task(row.dump());
      ASSERT_TRUE(read.task) << set.file << " " << read.problem;
      EXPECT_EQ(read.task->shape, set.shape);
      EXPECT_EQ(name_of(read.task->kind), set.kind);
      tests += static_cast<int>(read.task->tests.size());
    }
    EXPECT_EQ(tests, set.tests) << set.file;
  }
}

}  // namespace
}  // namespace laconic::verifiers::code
