// The ladder against a table of pairs (equality_cases.txt), with the helper and without it.
#include "verifiers/math/equality.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/verifiers_math/equality_support.h"
#include "tests/verifiers_math/plain_expr.h"
#include "verifiers/math/algebra_client.h"

namespace laconic::verifiers::math {
namespace {

using test::plain;

struct Case {
  std::string truth, step, gold, prediction;
};

std::vector<Case> cases() {
  std::ifstream file("tests/verifiers_math/equality_cases.txt");
  std::vector<Case> out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    Case row;
    std::istringstream stream(line);
    stream >> row.truth >> row.step;
    std::string rest;
    std::getline(stream, rest);
    const std::size_t middle = rest.find(" ~ ");
    if (middle == std::string::npos) throw std::runtime_error("no ~ in " + line);
    row.gold = rest.substr(0, middle);
    row.prediction = rest.substr(middle + 3);
    out.push_back(std::move(row));
  }
  return out;
}

std::string name_of(Truth truth) {
  constexpr const char* kNames[] = {"equal", "different", "undecided", "prediction-bad", "gold-bad", "fault"};
  return kNames[static_cast<int>(truth)];
}

TEST(Equality, Table) {
  const auto rows = cases();
  ASSERT_GT(rows.size(), 300u);
  const bool helper = AlgebraClient::shared().available();
  for (const Case& row : rows) {
    const Comparison found = compare(plain(row.gold), plain(row.prediction));
    const bool needs_helper = row.step == "algebra" || (row.truth == "undecided" && row.step == "enclosure");
    if (needs_helper && !helper) {
      EXPECT_EQ(found.truth, Truth::kUndecided) << row.gold << " ~ " << row.prediction << ": " << found.detail;
      continue;
    }
    EXPECT_EQ(name_of(found.truth), row.truth) << row.gold << " ~ " << row.prediction << ": " << found.rule << " " << found.detail;
    EXPECT_EQ(found.rule, row.step) << row.gold << " ~ " << row.prediction;
  }
}

// A fault is an infra error; nothing in the table, hostile or not, is one.
TEST(Equality, SwappedSidesAgree) {
  for (const Case& row : cases()) {
    const Comparison there = compare(plain(row.gold), plain(row.prediction)), back = compare(plain(row.prediction), plain(row.gold));
    EXPECT_NE(there.truth, Truth::kFault) << row.gold;
    EXPECT_NE(back.truth, Truth::kFault) << row.gold;
    const auto settled = [](Truth t) { return t == Truth::kEqual || t == Truth::kDifferent; };
    EXPECT_EQ(settled(back.truth), settled(there.truth)) << row.gold << " ~ " << row.prediction;
    if (settled(there.truth)) {
      EXPECT_EQ(name_of(back.truth), name_of(there.truth)) << row.gold << " ~ " << row.prediction << ": " << back.detail;
    }
  }
}

TEST(Equality, SameVerdictEveryTimeAndInEveryThread) {
  const auto rows = cases();
  std::vector<Comparison> first(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) first[i] = compare(plain(rows[i].gold), plain(rows[i].prediction));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t); i < rows.size(); i += 4) {
        const Comparison again = compare(plain(rows[i].gold), plain(rows[i].prediction));
        EXPECT_EQ(name_of(again.truth), name_of(first[i].truth)) << rows[i].gold;
        EXPECT_EQ(again.rule, first[i].rule) << rows[i].gold;
        EXPECT_EQ(again.detail, first[i].detail) << rows[i].gold;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Equality, Tolerance) {
  struct Row {
    const char *gold, *prediction;
    double absolute, relative;
    Truth truth;
  };
  constexpr Row kRows[] = {
      {"2", "2.01", 0.01, 0, Truth::kEqual},          {"2", "2.011", 0.01, 0, Truth::kDifferent},   {"pi", "3.14", 0.01, 0, Truth::kEqual},
      {"pi", "3.14", 0.001, 0, Truth::kDifferent},    {"100", "101", 0, 0.01, Truth::kEqual},       {"100", "101.1", 0, 0.01, Truth::kDifferent},
      {"-100", "-99", 0, 0.01, Truth::kEqual},        {"0.3", "0.6", 0.3, 0, Truth::kEqual},        {"sqrt(2)", "1.4142", 1e-4, 0, Truth::kEqual},
      {"sqrt(2)", "sqrt(2)", 1e-9, 0, Truth::kEqual}, {"10^40", "10^40+1", 1, 0, Truth::kEqual},    {"10^40", "10^40+2", 1, 0, Truth::kDifferent},
      {"1+i", "1+1.001*i", 0.01, 0, Truth::kEqual},   {"5", "inf", 0.01, 0, Truth::kDifferent},     {"5", "1/0", 0.01, 0, Truth::kPredictionBad},
  };
  for (const Row& row : kRows) {
    const Comparison found = compare(plain(row.gold), plain(row.prediction), {row.absolute, row.relative});
    EXPECT_EQ(name_of(found.truth), name_of(row.truth)) << row.gold << " ~ " << row.prediction << " within " << row.absolute << ": " << found.detail;
  }
}

TEST(Equality, FiniteValues) {
  for (const char* text : {"1/2", "pi", "9^(9^9)", "inf", "-inf", "x", "1/x", "n!", "sqrt(-1)", "f(x)", "floor(sqrt(2)*sqrt(2))", "2024!"}) EXPECT_TRUE(is_finite_value(plain(text))) << text;
  for (const char* text : {"1/0", "tan(pi/2)", "log(0)", "inf-inf", "1/(x-x)", "(10^9)!", "9^(9^(9^9))", "sin(10^(10^6))", "1/(sin(1)^2+cos(1)^2-1)"}) EXPECT_FALSE(is_finite_value(plain(text))) << text;
}

TEST(Equality, Order) {
  struct Row {
    const char *a, *b;
    int order;
  };
  constexpr Row kRows[] = {{"1", "2", -1}, {"2", "1", 1}, {"1/2", "0.5", 0}, {"pi", "22/7", -1}, {"sqrt(12)", "2*sqrt(3)", 0}, {"-inf", "5", -1}, {"5", "inf", -1}, {"x", "1", 2}, {"i", "1", 2}, {"1/0", "1", 2}};
  for (const Row& row : kRows) EXPECT_EQ(order(plain(row.a), plain(row.b)), row.order) << row.a << " " << row.b;
}

// What the grammar could never build is refused by side, not walked.
TEST(Equality, BadTrees) {
  const ExprPtr one = plain("1");
  ExprPtr deep = one;
  for (int i = 0; i < 1000; ++i) deep = test::node(Op::kNegate, {deep});
  ExprPtr wide = one;
  for (int i = 0; i < 20; ++i) wide = test::node(Op::kAdd, {wide, wide});  // 2^20 nodes as a tree
  std::vector<ExprPtr> many(5000, one);
  const std::vector<ExprPtr> bad = {nullptr, deep, wide, test::node(Op::kAdd, many), test::node(Op::kPower, {one}), test::node(Op::kNumber), test::node(Op::kSin),
                                    test::node(Op::kSum, {one, one, one, one}), test::node(Op::kPlusMinus, {one}), test::node(Op::kMul, {one, nullptr}), test::node(Op::kNumber, {}, "1e5")};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(compare(bad[i], one).truth, Truth::kGoldBad) << i;
    EXPECT_EQ(compare(one, bad[i]).truth, Truth::kPredictionBad) << i;
    EXPECT_FALSE(is_finite_value(bad[i])) << i;
    EXPECT_EQ(order(bad[i], one), 2) << i;
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
