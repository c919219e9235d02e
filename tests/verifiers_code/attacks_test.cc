// Programs that attack the harness (reference numbers 73 to 82): data in attacks/, none may score,
// and after each one an honest answer passes.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <tuple>

#include "sandbox/sandbox.h"
#include "tests/verifiers_code/cases.h"
#include "verifiers/code/code_verifier.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

// Four tests, so that no constant passes; the last sum is a number that stands nowhere else.
json row_of(const std::string& run) {
  json tests = json::array();
  for (int i = 1; i <= 3; ++i) tests.push_back(json{{"input", {i, 2 * i}}, {"output", 3 * i}});
  tests.push_back(json{{"input", {90000000000, 71992547}}, {"output", 90071992547}});
  if (run == "call") return {{"fn_name", "add"}, {"tests", tests}};
  for (json& test : tests) {
    test["input"] = test["input"][0].dump() + " " + test["input"][1].dump() + "\n";
    test["output"] = test["output"].dump() + "\n";
  }
  return {{"tests", tests}};
}

struct Fixture {
  std::unique_ptr<CodeVerifier> python, cpp;

  explicit Fixture(const std::string& level) {
    CodeOptions options;
    options.level = level;
    options.time_limit = 1;
    options.memory_limit = 256;
    options.compile_time_limit = 2;
    options.compile_memory_limit = 1024;
    options.stop_early = false;  // every test is attacked
    options.cpu_per_answer = 4;
    python = std::make_unique<CodeVerifier>(options);
    options.language = "cpp17";
    cpp = std::make_unique<CodeVerifier>(options);
  }
  Verdict judge(const std::string& run, const std::string& program, bool is_cpp) const {
    VerifyRequest request;
    request.columns = row_of(run).dump();
    request.response = "</think>\n~~~~~~" + std::string(is_cpp ? "cpp" : "python") + "\n" + program + "\n~~~~~~\n";
    return (is_cpp ? *cpp : *python).verify(request);
  }
};

// One launcher for all of a level: what an attack leaves behind would show in the next run.
const Fixture& fixture(const std::string& level) {
  static std::map<std::string, Fixture> made;
  return made.try_emplace(level, level).first->second;
}

class Attacks : public testing::TestWithParam<std::tuple<std::string, json>> {};

TEST_P(Attacks, ScoresNothingAndLeavesNothing) {
  const auto& [level, attack] = GetParam();
  if (level < std::string(1, sandbox::probe().level)) GTEST_SKIP() << "this machine offers no level " << level;
  const std::string file = attack["file"], run = attack["run"];
  const bool is_cpp = file.substr(file.size() - 4) == ".cpp";
  const Verdict verdict = fixture(level).judge(run, read_file(test_folder() / "attacks" / file), is_cpp);
  const std::vector<std::string> outcomes = attack["outcomes"];
  EXPECT_EQ(verdict.score, 0) << name_of(verdict.outcome) << ", " << verdict.explanation;
  EXPECT_THAT(outcomes, testing::Contains(std::string(name_of(verdict.outcome)))) << verdict.explanation;
  EXPECT_EQ(verdict.explanation.find("root:"), std::string::npos) << "it sees the host: " << verdict.explanation;
  const Verdict honest = fixture(level).judge(run, run == "call" ? "def add(a, b):\n    return a + b" : "print(sum(map(int, input().split())))", false);
  EXPECT_EQ(honest.outcome, Outcome::kPass) << "the next run: " << honest.explanation;
}

INSTANTIATE_TEST_SUITE_P(Level, Attacks,
                         testing::Combine(testing::Values("A", "B"), testing::ValuesIn(json_lines(test_folder() / "attacks/table.jsonl"))),
                         [](const auto& info) { return std::get<0>(info.param) + "_" + test_name(std::get<1>(info.param)["file"].template get<std::string>()); });

TEST(AttackTable, EveryFileIsInTheTable) {
  std::set<std::string> files, named;
  for (const auto& entry : std::filesystem::directory_iterator(test_folder() / "attacks")) {
    const std::string extension = entry.path().extension();
    if (extension == ".py" || extension == ".cpp") files.insert(entry.path().filename());
  }
  for (const json& attack : json_lines(test_folder() / "attacks/table.jsonl")) named.insert(attack["file"].get<std::string>());
  EXPECT_EQ(files, named);
}

}  // namespace
}  // namespace laconic::verifiers::code
