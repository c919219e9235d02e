// The golds of five data sets: understood, equal to themselves however written, found in their own
// solutions.
#include <gtest/gtest.h>

#include <iostream>

#include "rewrite.h"
#include "test_data.h"
#include "verifiers/answer.h"
#include "verifiers/math/extract.h"
#include "verifiers/math/gold.h"
#include "verifiers/math/match.h"
#include "verifiers/math/math_verifier.h"

namespace laconic::verifiers::math {
namespace {

constexpr int kRewritings = 6;

// Both ways round; reports what was written and how it was judged.
void expect_equal(const std::string& gold, const std::string& written, int& tried) {
  ++tried;
  const Verdict there = judge(gold, written, {});
  EXPECT_EQ(there.outcome, Outcome::kPass) << gold << "  against  " << written << "\n  " << there.explanation;
  const Verdict back = judge(written, gold, {});
  EXPECT_EQ(back.outcome, Outcome::kPass) << written << "  against  " << gold << "\n  " << back.explanation;
}

TEST(MathGolds, AreUnderstoodAndFinite) {
  if (!test_data()) GTEST_SKIP() << "LACONIC_TEST_DATA is not set";
  const std::set<std::string> golds = all_golds();
  std::size_t bad = 0;
  for (const std::string& gold : golds) {
    const Golds read = golds_of_text(gold, {});
    if (read.problem.empty()) continue;
    ++bad;
    std::cout << "  " << read.problem << "\n";
  }
  std::cout << golds.size() << " distinct golds, " << bad << " not understood\n";
  EXPECT_GE(golds.size(), 2377u);
  EXPECT_LE(bad * 200, golds.size());  // 0.5 %
}

TEST(MathGolds, EqualThemselvesUnderRewriting) {
  if (!test_data()) GTEST_SKIP() << "LACONIC_TEST_DATA is not set";
  std::uint32_t seed = 20260101;
  int tried = 0, words = 0;
  for (const std::string& gold : all_golds()) {
    const Golds read = golds_of_text(gold, {});
    if (!read.problem.empty()) continue;
    for (int k = 0; k < kRewritings; ++k) {
      const std::string written = Rewriter(seed++).text(*read.any[0].parsed.value);
      if (written.empty()) { ++words; break; }
      expect_equal(gold, written, tried);
    }
  }
  std::cout << tried << " rewritings, " << words << " golds without one\n";
  EXPECT_LE(words, 20);
}

// The same without the data sets.
TEST(MathGolds, SamplesEqualThemselvesUnderRewriting) {
  std::uint32_t seed = 7;
  int tried = 0;
  for (const std::string gold : {"\\frac{3}{8}", "-\\frac{2\\sqrt{3}}{3} + 1", "(x-2)(x+2)(x^2+1)", "(2x+3)^2 - 5x", "\\{1\\pm\\sqrt{5},-2\\}", "[-2, \\frac{7}{4})", "(-\\infty, 1] \\cup (3, \\infty)",
                                 "\\begin{pmatrix} 1/2 & 3 \\\\ \\sqrt{2} & -4 \\end{pmatrix}", "1 + 2i, 1 - 2i", "\\frac{11x + 5}{x - 2}", "y = -\\frac12 x^2 + 4x - 6", "\\lfloor\\sqrt{n-1}\\rfloor + 2^{n}",
                                 "(3, \\frac{\\pi}{2}, -1)", "12345.678", "0.1\\overline{6}", "72^\\circ", "198\\%", "3:1", "\\log_2 (n) + \\cos(2x)", "\\binom{2n}{n}", "5x - 7y + 11z + 4 = 0", "\\text{even}", "(C)"}) {
    const Parsed parsed = parse(gold);
    ASSERT_TRUE(parsed.value) << gold << ": " << parsed.problem;
    for (int k = 0; k < 40; ++k) expect_equal(gold, Rewriter(seed++).text(*parsed.value), tried);
  }
  EXPECT_EQ(tried, 23 * 40);
}

TEST(MathGolds, AreFoundInTheirOwnSolutions) {
  if (!test_data()) GTEST_SKIP() << "LACONIC_TEST_DATA is not set";
  const MathVerifier verifier({}, Reasoning::kNone);
  for (const char* file : {"math_test.jsonl", "math500.jsonl"}) {
    int n = 0;
    for (const auto& row : rows_of(file)) {
      const std::string gold = row.contains("answer") ? row["answer"].get<std::string>() : boxed_answer(row["solution"]).value_or("");
      VerifyRequest request;
      request.response = row["solution"];
      request.columns = nlohmann::json{{"answer", gold}}.dump();
      const Verdict verdict = verifier.verify(request);
      EXPECT_EQ(verdict.outcome, Outcome::kPass) << gold << "\n  " << verdict.explanation;
      ++n;
    }
    EXPECT_GE(n, 500);
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
