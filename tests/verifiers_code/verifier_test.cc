// Whole verdicts: a row and an answer in, an outcome out, through the real sandbox.
#include "verifiers/code/code_verifier.h"

#include <map>
#include <set>

#include "base/error.h"
#include "tests/verifiers_code/cases.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

// One verifier for each set of options: a launcher serves many cases, as in a run.
const CodeVerifier& verifier_with(const json& settings) {
  static std::map<std::string, std::unique_ptr<CodeVerifier>> made;
  auto& verifier = made[settings.dump()];
  if (!verifier) {
    CodeOptions options;
    OptionSet set;
    options.declare(set);
    for (const auto& [name, value] : settings.items()) set.set_text(name, value.get<std::string>(), "case");
    verifier = std::make_unique<CodeVerifier>(options);
  }
  return *verifier;
}

VerifyRequest request_of(const json& test) {
  VerifyRequest request;
  const std::string tag = test.value("language", "python").substr(0, 3) == "cpp" ? "cpp" : "python";
  request.response = test.contains("response") ? test["response"].get<std::string>() : "</think>\n```" + tag + "\n" + test["answer"].get<std::string>() + "\n```\n";
  request.columns = test["row"].dump();
  return request;
}

class Verdicts : public testing::TestWithParam<json> {};

TEST_P(Verdicts, AsTheTableSays) {
  const json& test = GetParam();
  json settings = test.value("options", json::object());
  if (test.contains("language")) settings["language"] = test["language"];
  const Verdict verdict = verifier_with(settings).verify(request_of(test));
  const std::string expected = "|" + test["outcome"].get<std::string>() + "|", got = "|" + std::string(name_of(verdict.outcome)) + "|";
  EXPECT_NE(expected.find(got), std::string::npos) << name_of(verdict.outcome) << ", " << verdict.explanation;
  EXPECT_NE(verdict.explanation.find(test.value("explains", "")), std::string::npos) << verdict.explanation;
  EXPECT_NEAR(verdict.score, test.value("score", verdict.outcome == Outcome::kPass ? 1.0 : 0.0), 1e-12);
  EXPECT_EQ(verdict.explanation.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Table, Verdicts, testing::ValuesIn(cases("verdicts.jsonl")),
                         [](const auto& info) { return test_name(info.param["name"].template get<std::string>()); });

json sum_row() { return {{"tests", {{{"input", "1 2"}, {"output", "3"}}, {{"input", "2 2"}, {"output", "4"}}}}}; }

TEST(CodeVerifier, AGroupIsJudgedInOrderAndPulses) {
  const CodeVerifier& verifier = verifier_with(json::object());
  const std::vector<std::string> answers = {"print(sum(map(int, input().split())))", "print(3)", "import time\ntime.sleep(1.2)\nprint(sum(map(int, input().split())))", "raise SystemExit(2)",
                                            "print(sum(map(int, input().split())))"};
  const std::vector<Outcome> expected = {Outcome::kPass, Outcome::kFail, Outcome::kPass, Outcome::kCrash, Outcome::kPass};
  std::vector<VerifyRequest> requests;
  for (const std::string& answer : answers) requests.push_back(request_of({{"row", sum_row()}, {"answer", answer}}));
  int pulses = 0;
  const auto verdicts = verifier.verify_group(requests, {[&] { ++pulses; }, 0}, Clock::system());
  ASSERT_EQ(verdicts.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(verdicts[i].outcome, expected[i]) << i << " " << verdicts[i].explanation;
  EXPECT_GT(pulses, 0);
  EXPECT_TRUE(verifier.verify_group({}, {}, Clock::system()).empty());
}

TEST(CodeVerifier, ALeaseThatEndsLeavesAnswersAbsent) {
  ManualClock clock;
  std::vector<VerifyRequest> requests(3, request_of({{"row", sum_row()}, {"answer", "print(3)"}}));
  const auto verdicts = verifier_with(json::object()).verify_group(requests, {nullptr, 1e-9}, clock);
  EXPECT_NE(verdicts[0].outcome, Outcome::kInfraError) << "the clock stands: no time is over";
  struct Late : Clock {
    double now() const override { return time += 10; }
    double unix_time() const override { return 0; }
    mutable double time = 0;
  } late;
  for (const Verdict& verdict : verifier_with({{"slots", "1"}}).verify_group(requests, {nullptr, 5}, late)) EXPECT_EQ(verdict.outcome, Outcome::kInfraError);
}

TEST(CodeVerifier, RowsThatCannotBeJudgedAreNamed) {
  const CodeVerifier& verifier = verifier_with(json::object());
  EXPECT_FALSE(verifier.bad_row(sum_row().dump()));
  const std::vector<std::pair<json, std::string>> bad = {
      {{{"tests", json::array()}}, "no tests"},
      {{{"question", "?"}}, "no known shape"},
      {{{"tests", {{{"input", "1"}, {"output", "1"}}}}, {"language", "brainfuck"}}, "unknown"},
      {{{"fn_name", "f"}, {"tests", {{{"input", json::array()}, {"output", 1}}}}, {"language", "cpp17"}}, "are for Python"},
      {{{"tests", {{{"input", "1"}, {"output", "1"}}}}, {"checker", {{"protocol", "testlib"}, {"language", "ada"}, {"source", "x"}}}}, "\"ada\" is unknown"}};
  for (const auto& [row, why] : bad) {
    const auto problem = verifier.bad_row(row.dump());
    ASSERT_TRUE(problem) << row;
    EXPECT_NE(problem->find(why), std::string::npos) << *problem;
  }
}

TEST(CodeVerifier, ALanguageIsAddedByAFile) {
  const CodeVerifier& verifier = verifier_with({{"languages", (test_folder() / "languages").string()}, {"language", "shell"}});
  VerifyRequest request;
  request.columns = sum_row().dump();
  request.response = "</think>\n```sh\nread a b\necho $((a + b))\n```\n";
  EXPECT_EQ(verifier.verify(request).outcome, Outcome::kPass) << verifier.verify(request).explanation;
  request.response = "</think>\n```sh\nread a b\necho $((a - b))\n```\n";
  EXPECT_EQ(verifier.verify(request).outcome, Outcome::kFail);
}

TEST(CodeVerifier, SettingsThatCannotBeAreRefused) {
  CodeOptions options;
  options.language = "pyton";
  try {
    const CodeVerifier verifier(options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(render(error).find("did you mean \"python\"?"), std::string::npos) << render(error);
  }
  options = {};
  options.scoring = "fraction";
  EXPECT_THROW(CodeVerifier{options}, Error);
}

TEST(CodeVerifier, LeasesCoverTheLimits) {
  CodeOptions options;
  options.slots = 2;
  const CodeVerifier verifier(options);
  EXPECT_GT(verifier.seconds_needed(1), 3 * options.cpu_per_answer);
  EXPECT_EQ(verifier.seconds_needed(1), verifier.seconds_needed(2));
  EXPECT_DOUBLE_EQ(verifier.seconds_needed(3), 2 * verifier.seconds_needed(1));
}

// Own small solutions of real problems: right, subtly wrong, and in both languages.
TEST(CodeVerifier, RealProblems) {
  std::map<std::string, json> problems;
  for (const char* file : {"code_contests_sample.jsonl", "kattis_examples.jsonl"}) {
    const auto rows = data_set(file);
    LACONIC_NEED_DATA(rows);
    for (json row : rows) {
      // Where a problem package links one test to another, the data set has the link's text for an input.
      json tests = json::array();
      for (const json& one : row["tests"])
        if (one["input"].get<std::string>().rfind("../", 0) != 0) tests.push_back(one);
      row["tests"] = tests;
      problems[row["id"].is_string() ? row["id"].get<std::string>() : row["name"].get<std::string>()] = row;
    }
  }
  for (const json& test : cases("solutions.jsonl")) {
    json request = test;
    request["row"] = problems.at(test["problem"].get<std::string>());
    json settings = {{"time_limit", "5"}};
    if (test.contains("language")) settings["language"] = test["language"];
    const Verdict verdict = verifier_with(settings).verify(request_of(request));
    EXPECT_EQ(name_of(verdict.outcome), test["outcome"].get<std::string>()) << test["problem"] << " " << verdict.explanation;
  }
}

}  // namespace
}  // namespace laconic::verifiers::code
