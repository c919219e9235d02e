// What each mixture of verdicts adds up to.
#include <gtest/gtest.h>

#include "base/error.h"
#include "verifiers/rubric.h"

namespace laconic::verifiers {
namespace {

class Fixed : public Verifier {
 public:
  Fixed(Outcome outcome, double score) { verdict_.outcome = outcome, verdict_.score = score, verdict_.explanation = "because"; }
  Verdict verify(const VerifyRequest& request) const override {
    Verdict verdict = verdict_;
    verdict.extracted = request.response;
    verdict.metrics = {{"inner", 2}};
    return verdict;
  }
  std::optional<std::string> bad_row(const std::string& columns) const override { return columns == "bad" ? std::optional<std::string>("no gold") : std::nullopt; }
  double seconds_needed(int items) const override { return items; }

 private:
  Verdict verdict_;
};

struct Given {
  double weight;
  Outcome outcome;
  double score;
};
struct RubricCase {
  std::vector<Given> parts;
  Outcome outcome;
  double score;
};

std::unique_ptr<Verifier> rubric(const std::vector<Given>& given) {
  std::vector<RubricPart> parts;
  for (const Given& g : given) parts.push_back({"part" + std::to_string(parts.size()), g.weight, std::make_unique<Fixed>(g.outcome, g.score)});
  return make_rubric(std::move(parts));
}

TEST(Rubric, WhatPartsAddUpTo) {
  using enum Outcome;
  const std::vector<RubricCase> cases = {
      {{{0.9, kPass, 1}, {0.1, kPass, 1}}, kPass, 1.0},
      {{{0.9, kPass, 1}, {0.1, kFail, 0}}, kPass, 0.9},
      {{{0.9, kFail, 0}, {0.1, kPass, 1}}, kFail, 0.1},
      {{{0.9, kFail, 0.5}, {0.1, kPass, 1}}, kFail, 0.55},
      {{{1, kPass, 1}, {-0.5, kPass, 1}}, kPass, 0.5},
      {{{1, kPass, 1}, {0, kFail, 0}}, kPass, 1},          // a metric only
      {{{1, kPass, 1}, {0, kInfraError, 0}}, kPass, 1},
      {{{0, kInfraError, 0}, {1, kFail, 0}}, kFail, 0},
      {{{1, kSkip, 0}, {0.5, kPass, 1}}, kPass, 0.5},      // skip adds nothing
      {{{1, kPass, 1}, {1, kSkip, 0}}, kPass, 1},
      {{{1, kSkip, 0}, {1, kSkip, 0}}, kSkip, 0},          // all skipped
      {{{1, kSkip, 0}, {0, kPass, 1}}, kSkip, 0},
      {{{1, kPass, 1}, {0.01, kInfraError, 0}}, kInfraError, 0},
      {{{1, kPass, 1}, {0.01, kUndecided, 0}}, kUndecided, 0},
      {{{1, kUndecided, 0}, {1, kInfraError, 0}}, kInfraError, 0},
      {{{0.9, kNoAnswer, 0}, {0.1, kPass, 1}}, kFail, 0.1},   // what the format gave is not swallowed
      {{{0.9, kNoAnswer, 0}, {0.1, kFail, 0}}, kNoAnswer, 0},
      {{{0.9, kTimeout, 0}, {0.1, kPass, 1}}, kFail, 0.1},
      {{{0.5, kFail, 0}, {0.5, kPass, 1}}, kFail, 0.5},       // the first of equals leads
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto verifier = rubric(cases[i].parts);
    const VerifyRequest request = {.id = "x", .response = "text"};
    for (const Verdict& verdict : {run_verifier(*verifier, request), run_verifier(*verifier, std::span(&request, 1), {.pulse = {}, .deadline_seconds = 10}, Clock::system()).at(0)}) {
      EXPECT_EQ(verdict.outcome, cases[i].outcome) << i << ": " << verdict.explanation;
      EXPECT_DOUBLE_EQ(verdict.score, cases[i].score) << i;
      EXPECT_EQ(verdict.extracted, is_counted(verdict.outcome) ? "text" : "");
    }
  }
}

TEST(Rubric, PartsAreMetrics) {
  const Verdict verdict = rubric({{1, Outcome::kPass, 1}, {0, Outcome::kFail, 0.25}, {1, Outcome::kSkip, 0}})->verify({.id = "x"});
  const std::vector<std::pair<std::string, double>> wanted = {{"part0", 1}, {"part0/inner", 2}, {"part1", 0.25}, {"part1/inner", 2}, {"part2/inner", 2}};
  EXPECT_EQ(verdict.metrics, wanted);
  EXPECT_EQ(verdict.explanation, "part0 pass 1 × 1: because; part1 fail 0.25: because; part2 skip × 1: because");
}

TEST(Rubric, RowsAndTimeAreThoseOfTheParts) {
  const auto verifier = rubric({{1, Outcome::kPass, 1}, {1, Outcome::kPass, 1}});
  EXPECT_EQ(verifier->bad_row("bad"), "part0: no gold");
  EXPECT_EQ(verifier->bad_row("{}"), std::nullopt);
  EXPECT_EQ(verifier->seconds_needed(3), 6);
}

TEST(Rubric, Terms) {
  const RubricTerm math = read_rubric_term("math*0.9");
  EXPECT_EQ(math.name, "math");
  EXPECT_EQ(math.weight, 0.9);
  const RubricTerm function = read_rubric_term("python:helpful*-2e-1");
  EXPECT_EQ(function.name, "python");
  EXPECT_EQ(function.argument, "helpful");
  EXPECT_EQ(function.weight, -0.2);
  EXPECT_EQ(read_rubric_term("format").weight, 1);
  for (const char* bad : {"", "*1", "math*", "math*x", "math*1x", "math*inf", "math*nan", "python:*1"}) EXPECT_THROW(read_rubric_term(bad), Error) << bad;
  EXPECT_THROW(rubric({}), Error);
  EXPECT_THROW(rubric({{0, Outcome::kPass, 1}}), Error);
}

}  // namespace
}  // namespace laconic::verifiers
