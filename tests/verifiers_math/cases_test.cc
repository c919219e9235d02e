// The table of gold, answer and outcome (cases.txt), through judge(). Where a policy says nothing
// about sides, an accepted pair is accepted the other way round as well.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "verifiers/math/gold.h"
#include "verifiers/math/math_verifier.h"

namespace laconic::verifiers::math {
namespace {

struct Case {
  std::string gold, answer, outcome, setting;
  int line = 0;
};

std::string trim(const std::string& s) {
  const std::size_t a = s.find_first_not_of(" \t"), b = s.find_last_not_of(" \t");
  return a == std::string::npos ? "" : s.substr(a, b - a + 1);
}

std::vector<Case> cases() {
  std::vector<Case> out;
  std::ifstream file(std::string(std::getenv("LACONIC_SOURCE")) + "/tests/verifiers_math/cases.txt");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> parts;
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t bar = line.find(" | ", at);
      parts.push_back(trim(line.substr(at, bar == std::string::npos ? bar : bar - at)));
      at = bar == std::string::npos ? bar : bar + 3;
    }
    if (parts.size() < 3) ADD_FAILURE() << "line " << number << ": " << line;
    else out.push_back({parts[0], parts[1], parts[2], parts.size() > 3 ? parts[3] : "", number});
  }
  return out;
}

MathOptions options_of(const std::string& setting) {
  MathOptions options;
  OptionSet set;
  options.declare(set);
  if (!setting.empty()) set.set_text(setting.substr(0, setting.find('=')), setting.substr(setting.find('=') + 1), "cases.txt");
  return options;
}

TEST(MathCases, AllAsTheTableSays) {
  int n = 0;
  for (const Case& one : cases()) {
    SCOPED_TRACE("cases.txt:" + std::to_string(one.line) + ": " + one.gold + " | " + one.answer);
    const MathOptions options = options_of(one.setting);
    const bool bad = !golds_of_text(one.gold, options).problem.empty();
    EXPECT_EQ(bad, one.outcome == "bad") << golds_of_text(one.gold, options).problem;
    if (bad) continue;
    const Verdict verdict = judge(one.gold, one.answer, options);
    EXPECT_EQ(name_of(verdict.outcome), one.outcome) << verdict.explanation;
    EXPECT_EQ(verdict.explanation.find('\n'), std::string::npos);
    ++n;
  }
  EXPECT_GE(n, 250);
}

TEST(MathCases, EqualityIsSymmetric) {
  for (const Case& one : cases()) {
    if (!one.setting.empty() || one.outcome != "pass") continue;
    // One-sided by policy: names and units may be missing, "+ C" may be extra, ambiguous spellings
    // are read towards the gold.
    if (one.answer.find(" m") != std::string::npos || one.answer.find(" + C") != std::string::npos || one.answer == "3,14" || one.answer == "2e-3" || one.gold.find(" | ") != std::string::npos) continue;
    if (!golds_of_text(one.answer, {}).problem.empty()) continue;
    SCOPED_TRACE("cases.txt:" + std::to_string(one.line) + ": " + one.gold + " | " + one.answer);
    const Verdict verdict = judge(one.answer, one.gold, {});
    EXPECT_EQ(verdict.outcome, Outcome::kPass) << verdict.explanation;
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
