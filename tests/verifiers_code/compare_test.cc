#include "verifiers/code/compare.h"

#include "tests/verifiers_code/cases.h"
#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {
namespace {

Comparison rule_of(const nlohmann::json& rule) {
  Comparison made{compare_mode_named(rule.at("mode").get<std::string>()).value()};
  made.case_fold = rule.value("case_fold", false);
  made.absolute = rule.value("absolute", -1.0);
  made.relative = rule.value("relative", -1.0);
  made.exact_integers = rule.value("exact_integers", false);
  return made;
}

TEST(Compare, Cases) {
  for (const auto& test : cases("compare.jsonl")) {
    const Compared result = compare_output(rule_of(test["rule"]), test["got"].get<std::string>(), test["expected"].get<std::string>());
    EXPECT_EQ(result.equal, test["equal"].get<bool>()) << test << " " << result.difference;
    EXPECT_EQ(result.equal, result.difference.empty()) << test;
  }
}

TEST(Compare, DifferencesNameThePlace) {
  const Comparison words{CompareMode::kTokens};
  EXPECT_EQ(compare_output(words, "1\n2\n4\n", "1\n2\n3\n").difference, "line 3: got \"4\", expected \"3\"");
  EXPECT_EQ(compare_output(words, "1\n", "1 2\n").difference, "line 1: got nothing more, expected \"2\"");
}

TEST(Compare, BinaryIsShownAsOneLineOfUtf8) {
  EXPECT_EQ(shortened(std::string_view("a\0b\xff\n\x1b", 6)), "a\\x00b\\xff\\n\\x1b");
  EXPECT_EQ(shortened("é🚀"), "é🚀");
  EXPECT_EQ(shortened("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(shortened("abcdef", 3), "abc…");
}

// The suite of Kattis' default validator: flags as the problem package has them.
TEST(Compare, KattisValidatorCases) {
  const auto rows = data_set("math_grading_cases.jsonl");
  LACONIC_NEED_DATA(rows);
  int seen = 0;
  for (const auto& row : rows) {
    if (row.value("kind", "") != "stdout") continue;
    ++seen;
    const Compared result = compare_output(kattis_comparison(row["flags"]), row["pred"].get<std::string>(), row["gold"].get<std::string>());
    EXPECT_EQ(result.equal, row["expected"].get<bool>()) << row["id"] << " " << result.difference;
  }
  EXPECT_EQ(seen, 23);
}

}  // namespace
}  // namespace laconic::verifiers::code
