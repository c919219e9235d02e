// Random expressions against themselves rewritten by identities, and against the same a little off.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/verifiers_math/equality_support.h"
#include "tests/verifiers_math/plain_expr.h"
#include "verifiers/math/equality.h"

namespace laconic::verifiers::math {
namespace {

using test::node;
using test::plain;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  ExprPtr expression(int depth, bool variables) {
    if (depth == 0) return leaf(variables);
    const auto sub = [&] { return expression(depth - 1, variables); };
    switch (pick(12)) {
      case 0: case 1: return node(Op::kAdd, {sub(), sub(), leaf(variables)});
      case 2: return node(Op::kAdd, {sub(), node(Op::kNegate, {sub()})});
      case 3: case 4: return node(Op::kMul, {sub(), sub()});
      case 5: return node(Op::kDivide, {sub(), sub()});
      case 6: return node(Op::kPower, {sub(), plain(pick(2) ? "2" : "3")});
      case 7: return node(Op::kRoot, {sub(), plain(pick(3) ? "2" : "3")});
      case 8: return node(Op::kNegate, {sub()});
      case 9: return node(pick(2) ? Op::kSin : Op::kCos, {sub()});
      case 10: return node(pick(2) ? Op::kExp : Op::kArctan, {leaf(variables)});
      default: return node(Op::kLog, {node(Op::kAdd, {plain("2"), node(Op::kPower, {leaf(variables), plain("2")})})});
    }
  }

  // The same value by one identity at a random node.
  ExprPtr rewritten(const ExprPtr& e) {
    if (!e->args.empty() && pick(3)) {
      auto copy = std::make_shared<Expr>(*e);
      // An index or an exponent stays written as it is: "the third root" is a notation, not a value.
      ExprPtr& arg = copy->args[e->op == Op::kRoot || e->op == Op::kPower ? 0 : pick(copy->args.size())];
      arg = rewritten(arg);
      return copy;
    }
    switch (e->op) {
      case Op::kAdd:
      case Op::kMul: {
        auto copy = std::make_shared<Expr>(*e);
        if (e->op == Op::kMul && copy->args[0]->op == Op::kAdd && pick(2)) {  // distributed
          std::vector<ExprPtr> terms;
          for (const ExprPtr& term : copy->args[0]->args) terms.push_back(node(Op::kMul, {term, copy->args[1]}));
          return node(Op::kAdd, std::move(terms));
        }
        std::shuffle(copy->args.begin(), copy->args.end(), random_);
        return copy;
      }
      case Op::kNegate: return node(Op::kMul, {plain("0-1"), e->args[0]});
      case Op::kDivide: return node(Op::kMul, {e->args[0], node(Op::kPower, {e->args[1], plain("-1")})});
      case Op::kPower:
        if (e->args[1]->text == "2") return node(Op::kMul, {e->args[0], e->args[0]});
        break;
      case Op::kRoot:
        if (e->args[1]->text == "2") return node(Op::kDivide, {node(Op::kRoot, {node(Op::kMul, {plain("9"), e->args[0]}), plain("2")}), plain("3")});
        break;
      case Op::kExp: return node(Op::kMul, {node(Op::kExp, {node(Op::kAdd, {e->args[0], plain("-1")})}), node(Op::kE)});
      case Op::kLog: return node(Op::kAdd, {node(Op::kLog, {node(Op::kMul, {plain("6"), e->args[0]})}), plain("-log(6)")});
      case Op::kSin: return node(Op::kNegate, {node(Op::kSin, {node(Op::kNegate, e->args)})});
      case Op::kCos: return node(Op::kSin, {node(Op::kAdd, {plain("pi/2"), node(Op::kNegate, e->args)})});
      default: break;
    }
    return pick(2) ? node(Op::kAdd, {e, plain("sqrt(7)"), plain("-sqrt(7)")}) : node(Op::kDivide, {node(Op::kMul, {e, plain("6")}), plain("12/2")});
  }

  ExprPtr off(const ExprPtr& e) {
    static constexpr const char* kErrors[] = {"1", "-1/1000", "10^-12", "10^-40", "pi*10^-20", "i/7"};
    switch (pick(3)) {
      case 0: return node(Op::kAdd, {e, plain(kErrors[pick(6)])});
      case 1: return node(Op::kAdd, {node(Op::kMul, {e, plain("1.000001")}), plain("10^-9")});
      default: return node(Op::kAdd, {plain(kErrors[pick(6)]), rewritten(e)});
    }
  }

  std::size_t pick(std::size_t count) { return random_() % count; }

 private:
  ExprPtr leaf(bool variables) {
    static constexpr const char* kConstants[] = {"1", "2", "3", "5", "1/2", "-7/3", "0.75", "0.r3", "pi", "e", "sqrt(2)", "sqrt(3)", "i", "12"};
    static constexpr const char* kVariables[] = {"x", "y", "x", "n"};
    if (variables && pick(2)) return plain(kVariables[pick(4)]);
    return plain(kConstants[pick(14)]);
  }
  std::mt19937_64 random_;
};

std::string shown(const Expr& e) {
  std::string out = e.op == Op::kNumber || e.op == Op::kSymbol ? e.text : "op" + std::to_string(static_cast<int>(e.op));
  if (e.scale) out += "e-" + std::to_string(e.scale);
  if (e.args.empty()) return out;
  out += "(";
  for (const ExprPtr& arg : e.args) out += shown(*arg) + ",";
  out.back() = ')';
  return out;
}

// How many of each; more by LACONIC_PROPERTY_RUNS.
int runs() {
  const char* named = std::getenv("LACONIC_PROPERTY_RUNS");
  return named ? std::atoi(named) : 1500;
}

TEST(EqualityProperty, RewrittenIsNeverDifferentAndOffIsNeverEqual) {
  std::map<Truth, int> same, apart;
  for (int i = 0; i < runs(); ++i) {
    Generator generator(static_cast<std::uint64_t>(i) * 7919 + 5);
    const bool variables = i % 2;
    const ExprPtr gold = generator.expression(2 + static_cast<int>(generator.pick(2)), variables);
    if (!is_finite_value(gold)) continue;
    ExprPtr twin = gold;
    for (std::size_t k = 1 + generator.pick(4); k > 0; --k) twin = generator.rewritten(twin);
    const Comparison equal = compare(gold, twin);
    ++same[equal.truth];
    EXPECT_TRUE(equal.truth == Truth::kEqual || equal.truth == Truth::kUndecided || equal.truth == Truth::kPredictionBad || equal.truth == Truth::kGoldBad)
        << i << ": " << shown(*gold) << " ~ " << shown(*twin) << ": " << equal.rule << " " << equal.detail;
    const ExprPtr wrong = generator.off(gold);
    const Comparison different = compare(gold, wrong);
    ++apart[different.truth];
    EXPECT_NE(different.truth, Truth::kEqual) << i << ": " << shown(*gold) << " ~ " << shown(*wrong) << ": " << different.rule << " " << different.detail;
  }
  const auto total = [](const std::map<Truth, int>& counts) {
    int sum = 0;
    for (const auto& [truth, count] : counts) sum += count;
    return sum;
  };
  EXPECT_GE(total(same), runs() / 2);
  EXPECT_GE(same[Truth::kEqual], total(same) * 97 / 100) << "undecided " << same[Truth::kUndecided] << ", bad " << same[Truth::kPredictionBad] << " and " << same[Truth::kGoldBad];
  EXPECT_GE(apart[Truth::kDifferent], total(apart) * 99 / 100);
  std::printf("rewritten: %d equal of %d; off: %d different of %d\n", same[Truth::kEqual], total(same), apart[Truth::kDifferent], total(apart));
}

}  // namespace
}  // namespace laconic::verifiers::math
