// Assert-style tests on rows of our own (cases/assert_rows.jsonl), in the sandbox: references pass,
// what each kind of fault becomes (cases/assert_verdicts.jsonl), and every battery scores 0.
#include <gmock/gmock.h>

#include <set>

#include "tests/verifiers_code/assert_sweep.h"

namespace laconic::verifiers::code {
namespace {

using testing::HasSubstr;

std::string fence_of(const nlohmann::json& row) { return is_cpp(row) ? "cpp" : "python"; }

TEST(Asserts, ReferencesPass) {
  const CodeVerifier verifier(assert_options(), Reasoning::kNone);
  std::vector<Answer> answers;
  for (const auto& row : cases("assert_rows.jsonl")) answers.push_back({row, reference_of(row), name_of_row(row), fence_of(row)});
  const auto verdicts = judge_all(verifier, answers);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(verdicts[i].outcome, Outcome::kPass) << answers[i].name << ": " << verdicts[i].explanation;
    EXPECT_EQ(verifier.bad_row(answers[i].row.dump()), std::nullopt);
  }
}

TEST(Asserts, ReferencesWithAnotherValueFail) {
  const CodeVerifier verifier(assert_options(), Reasoning::kNone);
  std::vector<Answer> answers;
  for (const auto& row : cases("assert_rows.jsonl")) answers.push_back({row, wrapped_reference(row), name_of_row(row), fence_of(row)});
  const auto verdicts = judge_all(verifier, answers);
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_TRUE(verdicts[i].outcome == Outcome::kFail || verdicts[i].outcome == Outcome::kCrash)
        << answers[i].name << ": " << name_of(verdicts[i].outcome) << " " << verdicts[i].explanation;
}

TEST(Asserts, VerdictsOfTheTable) {
  auto options = assert_options();
  options.time_limit = 1;
  const CodeVerifier split(options, Reasoning::kNone);
  options.assert_mode = "weak";
  const CodeVerifier weak(options, Reasoning::kNone);
  const auto rows = cases("assert_verdicts.jsonl");
  for (const bool is_weak : {false, true}) {
    std::vector<Answer> answers;
    std::vector<nlohmann::json> expected;
    for (const auto& row : rows) {
      if ((row.at("mode") == "weak") != is_weak) continue;
      answers.push_back({row.at("row"), row.at("code"), row.at("name"), row.at("language")});
      expected.push_back(row);
    }
    const auto verdicts = judge_all(is_weak ? weak : split, answers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(name_of(verdicts[i].outcome), expected[i].at("outcome").get<std::string>()) << answers[i].name << ": " << verdicts[i].explanation;
      EXPECT_THAT(verdicts[i].explanation, HasSubstr(expected[i].at("explanation").get<std::string>())) << answers[i].name;
      EXPECT_EQ(verdicts[i].score, verdicts[i].outcome == Outcome::kPass ? 1 : 0) << answers[i].name;
    }
  }
}

TEST(Asserts, RowsThatCannotBeSplitAreListedUnlessWeakIsAllowed) {
  const CodeVerifier split(assert_options(), Reasoning::kNone), weak(assert_options("weak"), Reasoning::kNone);
  int refused = 0;
  for (const auto& row : cases("assert_verdicts.jsonl")) {
    const std::string columns = row.at("row").dump();
    EXPECT_EQ(weak.bad_row(columns), std::nullopt) << row.at("name");
    if (const auto why = split.bad_row(columns)) {
      ++refused;
      EXPECT_THAT(*why, HasSubstr("assert_mode = \"weak\"")) << row.at("name");
    }
  }
  EXPECT_EQ(refused, 7);
}

// An attack on the harness may end in any fault of the answer: counted, and worth nothing.
void expect_nothing_gained(const std::vector<Answer>& answers, const std::vector<Verdict>& verdicts) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_TRUE(is_counted(verdicts[i].outcome)) << answers[i].name << ": " << name_of(verdicts[i].outcome) << " " << verdicts[i].explanation;
    EXPECT_EQ(counted_score(verdicts[i].outcome, verdicts[i].score).value_or(1), 0) << answers[i].name << ": " << verdicts[i].explanation;
  }
}

TEST(Asserts, BatteriesGainNothing) {
  const CodeVerifier verifier(assert_options(), Reasoning::kNone);
  std::vector<Answer> answers;
  std::set<std::string> shapes;
  for (const auto& row : cases("assert_rows.jsonl")) {
    if (!shapes.insert(is_cpp(row) ? "HumanEval-X" : row.contains("code") ? "MBPP" : "HumanEval").second) continue;  // the first of each shape
    for (const auto& [name, text] : battery(is_cpp(row) ? "cpp" : "python"))
      answers.push_back({row, filled(text, row), name_of_row(row) + " " + name, fence_of(row)});
  }
  EXPECT_EQ(shapes.size(), 3u);
  expect_nothing_gained(answers, judge_all(verifier, answers));
}

// The sandbox and the driver are as they were: after each attack a right answer passes.
TEST(Asserts, ARightAnswerPassesAfterEachAttack) {
  const CodeVerifier verifier(assert_options(), Reasoning::kNone);
  const auto rows = cases("assert_rows.jsonl");
  for (const auto& [name, text] : battery("python")) {
    for (const std::string& code : {filled(text, rows[0]), reference_of(rows[0])}) {
      VerifyRequest request;
      request.response = "```python\n" + code + "```\n";
      request.columns = rows[0].dump();
      const Verdict verdict = run_verifier(verifier, request);
      EXPECT_EQ(verdict.outcome == Outcome::kPass, code == reference_of(rows[0])) << name << ": " << verdict.explanation;
    }
  }
}

}  // namespace
}  // namespace laconic::verifiers::code
