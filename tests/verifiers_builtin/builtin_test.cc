// The table of cases.jsonl: a verifier, its settings, a row, a response, and the verdict.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "verifiers/builtin/builtin.h"
#include "verifiers/builtin/expression.h"

namespace laconic::verifiers::builtin {
namespace {

using Json = nlohmann::json;

std::unique_ptr<Verifier> make(const std::string& name, const Json& settings, Reasoning reasoning) {
  BuiltinOptions options;
  OptionSet set;
  options.declare(set);
  for (const auto& [key, value] : settings.items()) {
    const std::string text = value.get<std::string>();
    if (text.starts_with("[\"")) set.set(key, Json::parse(text).get<std::vector<std::string>>(), "cases.jsonl");
    else set.set_text(key, text, "cases.jsonl");
  }
  for (const Entry& entry : entries())
    if (entry.name == name) return entry.make(options, reasoning);
  throw Error("no verifier " + name);
}

// The deep and long cases are made here, so that the table stays readable.
std::string expanded(std::string text) {
  for (std::size_t at; (at = text.find("@repeat(")) != std::string::npos;) {
    const std::size_t comma = text.find(',', at), end = text.find(")@", at);
    const int times = std::stoi(text.substr(comma + 1, end - comma - 1));
    const std::string what = text.substr(at + 8, comma - at - 8);
    std::string many;
    for (int i = 0; i < times; ++i) many += what;
    text.replace(at, end + 2 - at, many);
  }
  return text;
}

TEST(Builtin, Cases) {
  const char* root = std::getenv("LACONIC_SOURCE");
  std::ifstream in((root ? fs::path(root) : fs::current_path()) / "tests/verifiers_builtin/cases.jsonl");
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const Json c = Json::parse(line);
    const auto verifier = make(c.at("verifier"), c.value("set", Json::object()), c.value("reasoning", "") == "none" ? Reasoning::kNone : Reasoning::kOpened);
    const std::string row = c.value("row", Json::object()).dump();
    VerifyRequest request = {.id = "s0/eval/0/0/0/0", .prompt = c.value("prompt", ""), .response = expanded(c.at("response")), .columns = row};
    request.finished = c.value("finished", true);
    const Verdict verdict = run_verifier(*verifier, request);
    SCOPED_TRACE("cases.jsonl:" + std::to_string(number) + ": " + verdict.explanation);
    EXPECT_EQ(name_of(verdict.outcome), c.at("outcome").get<std::string>());
    EXPECT_NE(verdict.explanation.find(c.value("says", "")), std::string::npos) << c.value("says", "");
    EXPECT_FALSE(verdict.explanation.empty());
    EXPECT_DOUBLE_EQ(verdict.score, c.contains("score") ? c["score"].get<double>() : verdict.outcome == Outcome::kPass ? 1.0 : 0.0);
    // What cannot be judged is known when data is loaded.
    EXPECT_EQ(verifier->bad_row(row).has_value(), verdict.outcome == Outcome::kUndecided);
  }
  EXPECT_GT(number, 120);
}

TEST(Builtin, BadSettingsAreRefusedAtOnce) {
  EXPECT_THROW(make("regex", {{"regex.pattern", "a("}}, Reasoning::kOpened), Error);
  EXPECT_THROW(make("language", {{"language.target", "klingon"}}, Reasoning::kOpened), Error);
}

// Any bytes whatever: a verdict, no exception, no crash.
TEST(Builtin, RandomBytes) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"</think>", "\\boxed{", "}", "<answer>", "</answer>", "####", "```", "{", "[", "\"", "$", "(", ")", "*", "/", "-", "12", "<|", "|>",
                                           "\\frac", "answer is", "B", "\xE4\xB8\xAD", "\xFF", "\xC3", "\\", "=", "\n", "<think>", "~"};
  std::vector<std::unique_ptr<Verifier>> verifiers;
  for (const Entry& entry : entries()) verifiers.push_back(entry.make({}, Reasoning::kOpened));
  for (int round = 0; round < 3000; ++round) {
    std::string text = random() % 2 ? "</think>" : "";
    for (int i = static_cast<int>(random() % 30); i > 0; --i) text += pieces[random() % pieces.size()];
    for (const auto& verifier : verifiers) {
      const Verdict verdict = run_verifier(*verifier, {.id = "x", .prompt = "a word", .response = text, .columns = R"({"answer":"B","nums":[1,2],"target":3,"pattern":"a*"})"});
      ASSERT_NE(verdict.outcome, Outcome::kInfraError) << text << ": " << verdict.explanation;
    }
  }
}

// Long hostile texts end in time that grows with their length alone: 50 times what the table needs.
TEST(Builtin, LongTextsEnd) {
  std::vector<std::unique_ptr<Verifier>> verifiers;
  for (const Entry& entry : entries()) verifiers.push_back(entry.make({}, Reasoning::kOpened));
  for (const std::string piece : {"<|", "\\(", "```", "\\boxed{", "<answer>", "####", "answer is ", "(", "<think>", "</think>", "$", "\\[", "-"}) {
    std::string text = "</think>";
    while (text.size() < 1000000) text += piece;
    for (const auto& verifier : verifiers)
      EXPECT_NE(run_verifier(*verifier, {.id = "x", .prompt = "a word", .response = text, .columns = R"({"answer":"B","nums":[1,2],"target":3,"pattern":"a*"})"}).outcome, Outcome::kInfraError) << piece;
  }
}

TEST(Expression, ValuesAndNumbers) {
  const auto value = [](std::string_view text) {
    const auto e = evaluate(text);
    return e ? to_text(e->value) : "error: " + e.error();
  };
  EXPECT_EQ(value("1+2*3"), "7");
  EXPECT_EQ(value("(1+2)*3"), "9");
  EXPECT_EQ(value("10-4-3"), "3");
  EXPECT_EQ(value("16/4/2"), "2");
  EXPECT_EQ(value("1/3+1/6"), "1/2");
  EXPECT_EQ(value("-(3-5)"), "2");
  EXPECT_EQ(value("2--3"), "5");
  EXPECT_EQ(value("0-7/2"), "-7/2");
  EXPECT_EQ(value("\\dfrac{1+1}{4} \\div 2"), "1/4");
  EXPECT_EQ(value("007"), "7");
  EXPECT_EQ(value(""), "error: a number is missing at the end");
  EXPECT_EQ(value("1/0"), "error: a division by zero");
  EXPECT_EQ(value("1 2"), "error: `2` is not understood");
  EXPECT_EQ(evaluate("3*(25-7)")->numbers, (std::vector<std::int64_t>{3, 25, 7}));
}

}  // namespace
}  // namespace laconic::verifiers::builtin
