// All pairs of the distinct golds: those called equal are a fixed, checked list, so a looser comparison
// or a tighter one shows here. Hashes, because the golds belong to their data sets. Checked: 531 of 534
// by SymPy through Math-Verify 0.9.0 (numbers in other bases by value, units and a leading name left
// out), three by eye (f(n) = n and f(z) = z; a column and a tuple; 13.0 and \text{13}).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>

#include "base/hash.h"
#include "test_data.h"
#include "verifiers/math/gold.h"
#include "verifiers/math/match.h"

namespace laconic::verifiers::math {
namespace {

TEST(MathGoldPairs, EqualPairsAreTheListedOnes) {
  if (!test_data()) GTEST_SKIP() << "LACONIC_TEST_DATA is not set";
  std::vector<Gold> golds;
  for (const std::string& text : all_golds()) {
    Golds read = golds_of_text(text, {});
    if (read.problem.empty()) golds.push_back(std::move(read.any[0]));
  }
  const MathOptions options;
  std::set<std::string> found;
  std::size_t undecided = 0, other = 0;
  const char* list = std::getenv("LACONIC_GOLD_PAIRS");  // a file to write the equal pairs to, as JSON
  std::ofstream out(list ? list : "/dev/null");
  for (std::size_t i = 0; i < golds.size(); ++i) {
    for (std::size_t k = i + 1; k < golds.size(); ++k) {
      const Gold& a = golds[i];
      const Gold& b = golds[k];
      const bool ambiguous = a.parsed.ambiguity.thousands || b.parsed.ambiguity.thousands || b.parsed.ambiguity.decimal_comma || b.parsed.ambiguity.short_decimal_comma || b.parsed.ambiguity.exponent;
      const Match match = ambiguous ? judge_texts(a.parsed, a.text, b.text, options, {}).match : Matcher(options, {}).values(*a.parsed.value, *b.parsed.value);
      if (match.truth == Truth::kEqual) {
        const std::string hash = std::to_string(xxh3(a.text + '\0' + b.text));
        found.insert(hash);
        out << nlohmann::json{{"a", a.text}, {"b", b.text}, {"read_a", shown(*a.parsed.value)}, {"read_b", shown(*b.parsed.value)}, {"rule", match.rule}, {"hash", hash}}.dump() << "\n";
      } else if (match.truth == Truth::kUndecided) {
        ++undecided;
        std::cout << "undecided: " << a.text << "  |  " << b.text << "  " << match.detail << "\n";
      } else if (match.truth != Truth::kDifferent) {
        ++other;
        std::cout << static_cast<int>(match.truth) << ": " << a.text << "  |  " << b.text << "  " << match.rule << " " << match.detail << "\n";
      }
    }
  }
  std::cout << golds.size() << " golds, " << golds.size() * (golds.size() - 1) / 2 << " pairs, " << found.size() << " equal, " << undecided << " undecided\n";
  EXPECT_EQ(undecided, 0u);
  EXPECT_EQ(other, 0u);
  std::set<std::string> expected;
  std::ifstream file(std::string(std::getenv("LACONIC_SOURCE")) + "/tests/verifiers_math/equal_gold_pairs.txt");
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') expected.insert(line);
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace laconic::verifiers::math
