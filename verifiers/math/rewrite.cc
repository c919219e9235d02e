#include "verifiers/math/rewrite.h"

#include <algorithm>

namespace laconic::verifiers::math {
namespace {

bool mentions(const Expr& e, const std::vector<std::string>& names) {
  if (e.op == Op::kSymbol) return std::find(names.begin(), names.end(), e.text) != names.end();
  return std::any_of(e.args.begin(), e.args.end(), [&](const ExprPtr& arg) { return mentions(*arg, names); });
}

ExprPtr node(Op op, std::vector<ExprPtr> args, std::string text = {}) { return std::make_shared<Expr>(Expr{.op = op, .text = std::move(text), .args = std::move(args)}); }

ExprPtr integer(const BigInteger& value) {
  ExprPtr out = node(Op::kNumber, {}, value.magnitude().digits());
  return value.sign() < 0 ? node(Op::kNegate, {out}) : out;
}

// A polynomial in variables, π, i and radicals, written out again.
ExprPtr written(const Ring& ring, const Quotient& value) {
  if (!value.is_polynomial()) return nullptr;
  std::vector<ExprPtr> terms;
  for (const auto& [m, c] : value.top) {
    std::vector<ExprPtr> factors{node(Op::kDivide, {integer(c.numerator()), integer(c.denominator())})};
    for (const auto& [id, e] : m) {
      const GeneratorInfo& info = ring.info(id);
      ExprPtr base;
      if (info.kind == Generator::kSymbol) base = node(Op::kSymbol, {}, info.key.substr(1));
      if (info.kind == Generator::kPrime) base = integer(info.prime);
      if (info.kind == Generator::kPi) base = node(Op::kPi, {});
      if (info.kind == Generator::kUnit) base = node(Op::kI, {});
      if (!base) return nullptr;
      factors.push_back(node(Op::kPower, {base, node(Op::kDivide, {integer(BigInteger(e.top)), integer(BigInteger(e.bottom))})}));
    }
    terms.push_back(node(Op::kMul, std::move(factors)));
  }
  return terms.empty() ? integer(BigInteger(0)) : node(Op::kAdd, std::move(terms));
}

bool is_rational(const Expr& e) {
  return e.op == Op::kNumber || ((e.op == Op::kNegate || e.op == Op::kDivide || e.op == Op::kMul || e.op == Op::kAdd || e.op == Op::kPower) &&
                                 std::all_of(e.args.begin(), e.args.end(), [](const ExprPtr& arg) { return is_rational(*arg); }));
}

// gcd(a, b, …) and lcm(a, b, …) = a·b/gcd(a, b), folded from the left.
ExprPtr divisor(const Expr& e, Normaliser& normaliser) {
  ExprPtr out = e.args[0];
  for (std::size_t i = 1; i < e.args.size(); ++i) {
    const auto common = normaliser.run(*node(Op::kGcd, {out, e.args[i]}));
    const ExprPtr expression = common ? written(normaliser.ring(), *common) : nullptr;
    if (!expression) return nullptr;
    out = e.op == Op::kGcd ? expression : common->is_zero() ? expression : node(Op::kDivide, {node(Op::kMul, {out, e.args[i]}), expression});
  }
  return out;
}

ExprPtr replace(const ExprPtr& pointer, Normaliser& normaliser, std::vector<std::string>& bound) {
  const Expr& e = *pointer;
  if (e.args.empty() && e.op != Op::kCall) return pointer;
  const bool binds = e.op == Op::kSum || e.op == Op::kProduct;
  if (binds) bound.push_back(e.args[1]->text);
  auto copy = std::make_shared<Expr>(e);
  for (ExprPtr& arg : copy->args) arg = replace(arg, normaliser, bound);
  if (binds) bound.pop_back();
  if (mentions(*copy, bound)) return copy;
  if ((e.op == Op::kGcd || e.op == Op::kLcm) && !std::all_of(copy->args.begin(), copy->args.end(), [](const ExprPtr& arg) { return is_rational(*arg); })) {
    const ExprPtr polynomial = divisor(*copy, normaliser);
    return polynomial ? polynomial : copy;
  }
  if (e.op != Op::kCall) return copy;
  std::string name = e.text + "(";
  for (const ExprPtr& arg : copy->args) {
    const auto normal = normaliser.run(*arg);
    if (!normal) return copy;
    name += normaliser.ring().key(*normal) + ";";
  }
  return std::make_shared<Expr>(Expr{.op = Op::kSymbol, .text = name + ")", .args = {}});
}

}  // namespace

bool needs_rewriting(const Expr& e) {
  return e.op == Op::kCall || e.op == Op::kGcd || e.op == Op::kLcm || std::any_of(e.args.begin(), e.args.end(), [](const ExprPtr& arg) { return needs_rewriting(*arg); });
}

ExprPtr rewrite(const ExprPtr& expression, Normaliser& normaliser) {
  std::vector<std::string> bound;
  return replace(expression, normaliser, bound);
}

}  // namespace laconic::verifiers::math
