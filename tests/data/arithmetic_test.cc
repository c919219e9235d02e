// Generated problems: pure, disjoint from the held-out ones, and their chains are read back and
// computed again by a reader that shares no code with the writer.
#include "pipeline/data/arithmetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/error.h"
#include "pipeline/data/generated.h"

namespace laconic::pipeline {
namespace {

// Value of a flat expression: products first, then left to right; "-(a+b)" too.
std::int64_t value_of(std::string text) {
  if (text.rfind("-(", 0) == 0) return -value_of(text.substr(2, text.size() - 3));
  static const std::regex kTerm(R"(([+\-*]?)(-?\d+))");
  std::int64_t sum = 0, product = 0;
  bool first = true;
  for (std::sregex_iterator it(text.begin(), text.end(), kTerm), end; it != end; ++it, first = false) {
    const std::int64_t number = std::stoll((*it)[2]);
    const std::string op = (*it)[1];
    if (op == "*") {
      product *= number;
    } else {
      sum += product;
      product = op == "-" && !first ? -number : op == "-" ? -number : number;
    }
  }
  return sum + product;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Reading {
  int steps = 0, wrong_steps = 0;
};

// Reads a chain: every step "[place ]x+y[+c]=z[ write w[ carry c]]" must have the shape; counts the
// steps whose equation is false. Carries must be used by the next step.
Reading read_chain(const std::string& chain) {
  static const std::regex kStep(R"((?:(?:ones|tens|hundreds|thousands|place\d+) )?([0-9+\-*]+)=(\d+)(?: write (\d+)(?: (?:carry|borrow) (\d+))?)?)");
  static const std::regex kOther(R"((?:add|multiply) \d+ and \d+|take \d+ from \d+|work out [0-9+\-*]+|check|so -?\d+|(?:(?:ones|tens|hundreds|thousands|place\d+) \d \d ?)+|-?\(?-?\d+[+\-*]-?\d+\)?)");
  Reading reading;
  for (const std::string& line : lines_of(chain)) {
    std::smatch m;
    if (std::regex_match(line, m, kStep)) {
      ++reading.steps;
      const std::int64_t z = std::stoll(m[2]);
      reading.wrong_steps += value_of(m[1]) != z;
      if (m[3].matched && std::stoll(m[3]) != z) { EXPECT_EQ(std::stoll(m[3]), z % 10) << line; }
      if (m[4].matched && line.find("carry") != std::string::npos) { EXPECT_EQ(std::stoll(m[4]), z / 10) << line; }
    } else {
      EXPECT_TRUE(std::regex_match(line, kOther)) << "unreadable line: " << line << "\nin\n" << chain;
    }
  }
  return reading;
}

std::string gold_of(const Problem& problem) { return nlohmann::json::parse(problem.columns).at("answer"); }
std::string boxed(const std::string& answer) { return "\\boxed{" + answer + "}"; }
std::int64_t value_of_prompt(const std::string& prompt) { return value_of(prompt.substr(0, prompt.size() - 1)); }

TEST(Arithmetic, IsAPureFunctionOfKeyAndDraw) {
  const ArithmeticOptions options;
  std::set<std::string> prompts;
  for (std::uint32_t draw = 0; draw < 50; ++draw) {
    const Problem a = arithmetic_problem(options, 7, draw);
    arithmetic_problem(options, 8, draw + 1);
    const Problem b = arithmetic_problem(options, 7, draw);
    EXPECT_EQ(a.prompt, b.prompt);
    EXPECT_EQ(a.chain, b.chain);
    EXPECT_EQ(a.solution, b.solution);
    EXPECT_EQ(a.columns, b.columns);
    prompts.insert(a.prompt);
  }
  EXPECT_GT(prompts.size(), 40u);
}

// A frozen row: the data a recipe trains on must not change silently.
TEST(Arithmetic, FirstProblemsOfKeyOne) {
  ArithmeticOptions options;
  options.redundancy = 0.5, options.short_share = 0.15, options.wrong_step_rate = 0.1;
  const Problem first = arithmetic_problem(options, 1, 0), fourth = arithmetic_problem(options, 1, 3);
  EXPECT_EQ(first.prompt, "82-24=");
  EXPECT_EQ(first.chain, "12-4=8\n8-2-1=5");
  EXPECT_EQ(first.solution, "\\boxed{58}");
  EXPECT_EQ(first.id, "arithmetic/82-24");
  EXPECT_EQ(fourth.prompt, "24+82=");
  EXPECT_EQ(fourth.chain,
            "ones 4 2 tens 2 8\nones 4+2=6 write 6\ntens 2+8=10 write 10\ncheck\n4+2=6\ntens 2+8=11 write 11\nso 116\ncheck\n4+2=6\n2+8=10\nso 106");
}

struct Kind {
  const char* name;
  bool add, subtract, multiply;
  int digits, terms;
  bool negative;
};

class Chains : public ::testing::TestWithParam<Kind> {};

TEST_P(Chains, AreRightInEveryStepWhenNoStepIsWrong) {
  const Kind& kind = GetParam();
  ArithmeticOptions options;
  options.addition = kind.add, options.subtraction = kind.subtract, options.multiplication = kind.multiply;
  options.max_digits = kind.digits, options.terms = kind.terms, options.negative = kind.negative;
  options.wrong_step_rate = 0, options.redundancy = 0.6;
  int negative = 0;
  for (std::uint32_t draw = 0; draw < 400; ++draw) {
    const Problem p = arithmetic_problem(options, 3, draw);
    const std::int64_t truth = value_of_prompt(p.prompt);
    ASSERT_EQ(gold_of(p), std::to_string(truth)) << p.prompt;
    ASSERT_EQ(p.solution, boxed(gold_of(p))) << p.prompt << "\n" << p.chain;
    const Reading reading = read_chain(p.chain);
    ASSERT_EQ(reading.wrong_steps, 0) << p.chain;
    ASSERT_GE(reading.steps, 1);
    negative += truth < 0;
  }
  EXPECT_EQ(negative > 0, kind.negative && kind.subtract);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Chains,
                         ::testing::Values(Kind{"default", true, true, false, 2, 2, false}, Kind{"sums", true, false, false, 5, 2, false},
                                           Kind{"differences", false, true, false, 8, 2, true}, Kind{"products", false, false, true, 4, 2, false},
                                           Kind{"mixed", true, true, false, 3, 3, true}, Kind{"all", true, true, true, 2, 4, true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Arithmetic, WrongStepsComeAtTheirRateAndSpoilTheAnswer) {
  ArithmeticOptions options;
  options.wrong_step_rate = 0.2;
  int steps = 0, wrong_steps = 0, wrong_answers = 0;
  for (std::uint32_t draw = 0; draw < 3000; ++draw) {
    const Problem p = arithmetic_problem(options, 11, draw);
    const Reading reading = read_chain(p.chain);
    steps += reading.steps, wrong_steps += reading.wrong_steps;
    const bool wrong = p.solution != boxed(gold_of(p));
    wrong_answers += wrong;
    if (reading.wrong_steps == 0) { EXPECT_FALSE(wrong) << p.prompt << "\n" << p.chain; }
  }
  EXPECT_NEAR(static_cast<double>(wrong_steps) / steps, 0.2, 0.015);
  EXPECT_GT(wrong_answers, 600);
  EXPECT_LT(wrong_answers, 1300);
}

TEST(Arithmetic, RedundancyVariesAndTheShortChainIsAmongThem) {
  ArithmeticOptions options, terse;
  options.wrong_step_rate = terse.wrong_step_rate = 0;
  terse.redundancy = 0;
  int shortest = 0, checks = 0;
  std::size_t longest = 0;
  for (std::uint32_t draw = 0; draw < 2000; ++draw) {
    const Problem p = arithmetic_problem(options, 5, draw), q = arithmetic_problem(terse, 5, draw);
    ASSERT_EQ(p.prompt, q.prompt);  // the options of a chain do not change the problem
    EXPECT_LE(q.chain.size(), p.chain.size());
    shortest += p.chain == q.chain;
    checks += p.chain.find("check") != std::string::npos;
    longest = std::max(longest, p.chain.size());
  }
  EXPECT_GT(shortest, 2000 * 0.15);
  EXPECT_LT(shortest, 2000 * 0.3);
  EXPECT_NEAR(checks, 2000 * 0.85 * 0.5, 100);
  EXPECT_GT(longest, 120u);
}

TEST(Arithmetic, HeldOutProblemsAreNeverDrawn) {
  const ArithmeticOptions options;
  std::set<std::string> heldout;
  for (const Problem& p : arithmetic_heldout(options, 600)) {
    EXPECT_TRUE(held_out(p.question, options.heldout_fraction));
    EXPECT_EQ(p.solution, boxed(gold_of(p)));
    heldout.insert(p.prompt);
  }
  EXPECT_EQ(heldout.size(), 600u);
  for (std::uint64_t key = 0; key < 20; ++key) {
    for (std::uint32_t draw = 0; draw < 500; ++draw) ASSERT_EQ(heldout.count(arithmetic_problem(options, key, draw).prompt), 0u);
  }
}

TEST(Arithmetic, HeldOutListIsAPrefixOfTheLongerOneAndIgnoresTheChainOptions) {
  ArithmeticOptions options;
  const auto few = arithmetic_heldout(options, 50);
  options.redundancy = 0.9;
  options.wrong_step_rate = 0.5;
  const auto many = arithmetic_heldout(options, 200);
  int same = 0;
  for (int i = 0; i < 50; ++i) same += few[static_cast<std::size_t>(i)].prompt == many[static_cast<std::size_t>(i)].prompt;
  EXPECT_EQ(same, 50);
}

TEST(Arithmetic, DigitCountsAndOperationsAreEven) {
  const ArithmeticOptions options;
  std::map<std::size_t, int> digits;
  int sums = 0;
  for (std::uint32_t draw = 0; draw < 4000; ++draw) {
    const std::string prompt = arithmetic_problem(options, 21, draw).prompt;
    const std::size_t op = prompt.find_first_of("+-");
    ++digits[op];
    ++digits[prompt.size() - 2 - op];
    sums += prompt[op] == '+';
  }
  EXPECT_EQ(digits.size(), 2u);
  EXPECT_NEAR(digits[1], 4000, 200);
  EXPECT_NEAR(sums, 2000, 130);
}

TEST(Arithmetic, TheQuestionIsPhrasedAsAskedAndStaysTheSameProblem) {
  ArithmeticOptions plain, spoken;
  spoken.question = "What is { }?";
  const Problem dense = arithmetic_problem(plain, 5, 3), spaced = arithmetic_problem(spoken, 5, 3);
  std::string folded = spaced.prompt;
  std::erase(folded, ' ');
  EXPECT_EQ("Whatis" + dense.prompt.substr(0, dense.prompt.size() - 1) + "?", folded);
  EXPECT_THAT(spaced.prompt, ::testing::ContainsRegex("^What is [0-9]+ [-+] [0-9]+[?]$"));
  EXPECT_EQ(dense.columns, spaced.columns);
  EXPECT_EQ(dense.question, spaced.question);  // held out by what is asked, however it is phrased
  for (const char* bad : {"What is it?", "{} or { }", "{}{}"}) {
    spoken.question = bad;
    EXPECT_THROW(arithmetic_problem(spoken, 1, 0), Error) << bad;
  }
}

TEST(Arithmetic, ImpossibleOptionsAreRefusedByName) {
  ArithmeticOptions none;
  none.addition = none.subtraction = false;
  EXPECT_THROW(arithmetic_problem(none, 1, 0), Error);
  ArithmeticOptions crossed;
  crossed.min_digits = 3;
  EXPECT_THROW(arithmetic_heldout(crossed, 1), Error);
  ArithmeticOptions huge;
  huge.multiplication = true, huge.max_digits = 8, huge.terms = 3;
  EXPECT_THROW(arithmetic_problem(huge, 1, 0), Error);
  ArithmeticOptions small;
  small.max_digits = 1;
  try {
    arithmetic_heldout(small, 600);
    FAIL() << "one-digit problems are about 155, a tenth of them held out";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("600"));
  }
}

}  // namespace
}  // namespace laconic::pipeline
