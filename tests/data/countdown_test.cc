// Countdown problems: reachable, disjoint from the held-out ones, their chains computed again by a reader
// that shares no code with the writer.
#include "pipeline/data/countdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "base/error.h"
#include "pipeline/data/generated.h"

namespace laconic::pipeline {
namespace {

// A recursive reader of + - * / and parentheses; collects the numbers used.
struct Reader {
  std::string text;
  std::size_t at = 0;
  std::vector<std::int64_t> used;

  std::int64_t atom() {
    if (text.at(at) == '(') {
      ++at;
      const std::int64_t value = sum();
      EXPECT_EQ(text.at(at), ')');
      ++at;
      return value;
    }
    std::size_t length = 0;
    const std::int64_t value = std::stoll(text.substr(at), &length);
    at += length;
    used.push_back(value);
    return value;
  }
  std::int64_t product() {
    std::int64_t value = atom();
    while (at < text.size() && (text[at] == '*' || text[at] == '/')) {
      const char op = text[at++];
      const std::int64_t other = atom();
      if (op == '/') { EXPECT_EQ(value % other, 0) << text; }
      value = op == '*' ? value * other : value / other;
    }
    return value;
  }
  std::int64_t sum() {
    std::int64_t value = product();
    while (at < text.size() && (text[at] == '+' || text[at] == '-')) {
      const char op = text[at++];
      const std::int64_t other = product();
      value += op == '+' ? other : -other;
    }
    return value;
  }
};

std::string boxed(const Problem& p) { return p.solution.substr(7, p.solution.size() - 8); }

TEST(Countdown, RightChainsReachTheTargetWithEachNumberOnce) {
  CountdownOptions options;
  options.min_numbers = 2, options.max_numbers = 5, options.division = true, options.max_number = 30, options.max_target = 300, options.give_up_rate = 0;
  std::set<std::size_t> counts;
  for (std::uint32_t draw = 0; draw < 500; ++draw) {
    const Problem p = countdown_problem(options, 5, draw);
    const auto row = nlohmann::json::parse(p.columns);
    Reader reader{boxed(p), 0, {}};
    const std::int64_t value = reader.sum();
    ASSERT_EQ(reader.at, reader.text.size()) << reader.text;
    ASSERT_EQ(value, row["target"].get<std::int64_t>()) << p.prompt << "\n" << p.chain << "\n" << p.solution;
    std::vector<std::int64_t> numbers = row["nums"];
    counts.insert(numbers.size());
    std::sort(numbers.begin(), numbers.end());
    std::sort(reader.used.begin(), reader.used.end());
    ASSERT_EQ(reader.used, numbers) << p.solution;
    ASSERT_GE(value, 1);
    ASSERT_LE(value, 300);
    // Every step of every try is true.
    static const std::regex kStep(R"((\d+[+\-*/]\d+)=(\d+))");
    int steps = 0;
    for (std::sregex_iterator it(p.chain.begin(), p.chain.end(), kStep), end; it != end; ++it, ++steps) {
      Reader left{(*it)[1], 0, {}};
      ASSERT_EQ(left.sum(), std::stoll((*it)[2])) << p.chain;
    }
    ASSERT_GE(steps, static_cast<int>(numbers.size()) - 1);
  }
  EXPECT_EQ(counts.size(), 4u);
}

TEST(Countdown, SomeChainsGiveUpAndShortOnesAreAmongThem) {
  CountdownOptions options;
  options.give_up_rate = 0.3;
  int wrong = 0, one_line = 0;
  for (std::uint32_t draw = 0; draw < 2000; ++draw) {
    const Problem p = countdown_problem(options, 6, draw);
    Reader reader{boxed(p), 0, {}};
    wrong += reader.sum() != nlohmann::json::parse(p.columns)["target"].get<std::int64_t>();
    one_line += p.chain.find('\n') == std::string::npos;
  }
  EXPECT_GT(wrong, 400);  // of 600; the others hit by luck
  EXPECT_LT(wrong, 600);
  EXPECT_GT(one_line, 2000 * 0.15);
  EXPECT_LT(one_line, 2000 * 0.4);
}

TEST(Countdown, HeldOutNumbersAndTargetsAreNeverDrawnInAnyOrder) {
  const CountdownOptions options;
  const auto identity = [](const Problem& p) {
    const auto row = nlohmann::json::parse(p.columns);
    std::vector<std::int64_t> numbers = row["nums"];
    std::sort(numbers.begin(), numbers.end());
    return nlohmann::json{numbers, row["target"]}.dump();
  };
  std::set<std::string> heldout;
  for (const Problem& p : countdown_heldout(options, 200)) heldout.insert(identity(p));
  EXPECT_EQ(heldout.size(), 200u);
  for (std::uint32_t draw = 0; draw < 5000; ++draw) ASSERT_EQ(heldout.count(identity(countdown_problem(options, 2, draw))), 0u);
  CountdownOptions other = options;
  other.redundancy = 0.9, other.give_up_rate = 0.4, other.max_tries = 1;
  const auto few = countdown_heldout(other, 20), many = countdown_heldout(options, 200);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].prompt, many[i].prompt);
}

TEST(Countdown, IsPureAndRefusesCrossedBounds) {
  const CountdownOptions options;
  EXPECT_EQ(countdown_problem(options, 1, 4).chain, countdown_problem(options, 1, 4).chain);
  EXPECT_NE(countdown_problem(options, 1, 4).prompt, countdown_problem(options, 2, 4).prompt);
  CountdownOptions crossed;
  crossed.min_numbers = 5;
  EXPECT_THROW(countdown_problem(crossed, 1, 0), Error);
}

}  // namespace
}  // namespace laconic::pipeline
