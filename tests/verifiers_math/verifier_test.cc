#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "verifiers/math/math_verifier.h"

namespace laconic::verifiers::math {
namespace {

using Json = nlohmann::json;

Verdict verify(const std::string& response, const Json& columns, MathOptions options = {}, Reasoning reasoning = Reasoning::kOpened) {
  VerifyRequest request;
  request.response = response;
  request.columns = columns.dump();
  return MathVerifier(std::move(options), reasoning).verify(request);
}

TEST(MathVerifier, JudgesOnlyWhatFollowsTheReasoning) {
  const Json row = {{"answer", "1/2"}};
  EXPECT_EQ(verify("maybe \\boxed{1/2}", row).outcome, Outcome::kNoAnswer);
  EXPECT_EQ(verify("\\boxed{1/2}</think>none", row).outcome, Outcome::kNoAnswer);
  EXPECT_EQ(verify("\\boxed{3}</think>\\boxed{0.5}", row).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{0.5}<think>", row).outcome, Outcome::kNoAnswer);
  EXPECT_EQ(verify("\\boxed{0.5}", row, {}, Reasoning::kNone).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{}", row).outcome, Outcome::kNoAnswer);
}

TEST(MathVerifier, ExplainsInOneLine) {
  const Verdict verdict = verify("</think>\\boxed{\\frac{2}\n{4}}", {{"answer", "0.5"}});
  EXPECT_EQ(verdict.outcome, Outcome::kPass);
  EXPECT_EQ(verdict.score, 1);
  EXPECT_EQ(verdict.extracted, "\\frac{2} {4}");
  EXPECT_EQ(verdict.explanation, "\\boxed{} holds \"\\frac{2} {4}\", read as 2/4; the gold is 0.5: equal by rational");
}

TEST(MathVerifier, ListsOfGolds) {
  EXPECT_EQ(verify("</think>\\boxed{3}", {{"answer", {"2", "3"}}}).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{3}", {{"answer", {"2", "3"}}, {"answer_match", "all"}}).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{3, 2}", {{"answer", {"2", "3"}}, {"answer_match", "all"}}).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{2,3}", {{"answer", "3,2"}}).outcome, Outcome::kPass);
  MathOptions all;
  all.golds = "all";
  EXPECT_EQ(verify("</think>\\boxed{3}", {{"answer", {"2", "3"}}}, all).outcome, Outcome::kFail);
}

TEST(MathVerifier, ToleranceOnlyFromTheRowOrASwitch) {
  EXPECT_EQ(verify("</think>\\boxed{4.25}", {{"answer", "4.2"}}).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{4.25}", {{"answer", "4.2"}, {"error", "1e-1"}}).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{4.4}", {{"answer", "4.2"}, {"error", "1e-1"}}).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{4.25\\%}", {{"answer", "4.2"}, {"error", "1e-1"}, {"unit", "%"}}).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{4.25}", {{"answer", "4.2"}, {"error", "1e-1"}, {"unit", "%"}}).outcome, Outcome::kPass);
  MathOptions loose;
  loose.tolerance_relative = 0.05;
  EXPECT_EQ(verify("</think>\\boxed{4.25}", {{"answer", "4.2"}}, loose).outcome, Outcome::kPass);
}

TEST(MathVerifier, TheUnitColumnIsTheGoldsUnit) {
  const Json row = {{"answer", "$\\frac{600}{7}$"}, {"unit", "km/h"}};
  EXPECT_EQ(verify("</think>\\boxed{\\frac{600}{7}}", row).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{\\frac{600}{7} \\text{ km/h}}", row).outcome, Outcome::kPass);
  EXPECT_EQ(verify("</think>\\boxed{\\frac{600}{7} \\text{ m/s}}", row).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{166 \\text{ cm}^2}", {{"answer", "166"}, {"unit", "$cm^2$"}}).outcome, Outcome::kPass);
}

TEST(MathVerifier, RowsThatCannotBeJudgedAreNamed) {
  const MathVerifier verifier;
  EXPECT_EQ(verifier.bad_row(R"({"answer": "\\frac{1}{2}"})"), std::nullopt);
  EXPECT_EQ(verifier.bad_row(R"({"answer": 27.0})"), std::nullopt);
  EXPECT_EQ(verifier.bad_row(R"({"answer": "so\n#### 42"})"), std::nullopt);
  EXPECT_NE(verifier.bad_row(R"({"question": "?"})"), std::nullopt);
  EXPECT_NE(verifier.bad_row(R"({"answer": ""})"), std::nullopt);
  EXPECT_NE(verifier.bad_row(R"({"answer": "1/0"})"), std::nullopt);
  EXPECT_NE(verifier.bad_row("[1]"), std::nullopt);
  const auto problem = verifier.bad_row(R"({"answer": "\\weird{2}"})");
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("\\weird"), std::string::npos);
  EXPECT_EQ(verify("</think>\\boxed{2}", {{"answer", "\\weird{2}"}}).outcome, Outcome::kUndecided) << "never 0 for a fault of the row";
}

TEST(MathVerifier, GibberishDoesNotEscapeAsAbsent) {
  for (const std::string box : {"???", "\\frac{", "(((", "^^", "1 + + +", "\\undefined{3}", "x_{", "lorem ipsum dolor", "\\left(", "5 5 5", "\\begin{pmatrix} 1", "= = =", "9^(9^9)", "1/0", "\\sqrt{-}", "\u00e9", "\ufffd\ufffd"}) {
    const Verdict verdict = verify("</think>\\boxed{" + box + "}", {{"answer", "42"}});
    EXPECT_TRUE(verdict.outcome == Outcome::kFail || verdict.outcome == Outcome::kNoAnswer) << box << ": " << verdict.explanation;
  }
  EXPECT_EQ(verify("</think>\\boxed{" + std::string(50000, '7') + "}", {{"answer", "42"}}).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{" + std::string(3000, '(') + "42" + std::string(3000, ')') + "}", {{"answer", "42"}}).outcome, Outcome::kFail);
}

TEST(MathVerifier, UndecidedIsWhatTheSwitchSays) {
  const Json row = {{"answer", "5"}};
  EXPECT_EQ(verify("</think>\\boxed{\\weird{5}}", row).outcome, Outcome::kUndecided);
  MathOptions fail, pass;
  fail.undecided = "fail";
  pass.undecided = "pass";
  EXPECT_EQ(verify("</think>\\boxed{\\weird{5}}", row, fail).outcome, Outcome::kFail);
  EXPECT_EQ(verify("</think>\\boxed{\\weird{5}}", row, pass).score, 1);
}

TEST(MathVerifier, ThreadsShareOneVerifier) {
  const MathVerifier verifier;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; k < 200; ++k) {
        VerifyRequest request;
        const int n = t * 200 + k;
        request.response = "</think>\\boxed{\\frac{" + std::to_string(2 * n + 2) + "}{2} + \\sqrt{2} - \\sqrt2}";
        request.columns = Json{{"answer", std::to_string(n + (k % 2 ? 1 : 2))}}.dump();
        if (verifier.verify(request).outcome != (k % 2 ? Outcome::kPass : Outcome::kFail)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace laconic::verifiers::math
