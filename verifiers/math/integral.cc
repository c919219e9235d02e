// \int … dx of powers, exponentials, sines and cosines: enough to read an answer that leaves a simple
// integral standing. Everything else is not understood.
#include <algorithm>

#include "verifiers/math/build.h"
#include "verifiers/math/parser.h"

namespace laconic::verifiers::math {
namespace {

bool depends(const ExprPtr& e, const std::string& name) { return free_symbols(e).contains(name); }

ExprPtr antiderivative(const ExprPtr& e, const std::string& x);

ExprPtr power_rule(const ExprPtr& base, const ExprPtr& exponent) {
  if (exponent->op == Op::kNegate && exponent->args[0]->op == Op::kNumber && exponent->args[0]->text == "1" && exponent->args[0]->scale == 0) return node(Op::kLog, {node(Op::kAbs, {base})});
  const ExprPtr raised = add(exponent, integer(1));
  return divide(node(Op::kPower, {base, raised}), raised);
}

ExprPtr antiderivative(const ExprPtr& e, const std::string& x) {
  if (!depends(e, x)) return multiply(e, symbol(x));
  if (e->op == Op::kSymbol) return power_rule(e, integer(1));
  if (e->op == Op::kAdd || e->op == Op::kNegate) {
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : e->args) {
      args.push_back(antiderivative(arg, x));
      if (!args.back()) return nullptr;
    }
    return node(e->op, std::move(args));
  }
  if (e->op == Op::kMul) {
    std::vector<ExprPtr> constants;
    ExprPtr varying;
    for (const ExprPtr& arg : e->args) {
      if (!depends(arg, x)) constants.push_back(arg);
      else if (varying) return nullptr;
      else varying = arg;
    }
    ExprPtr inner = antiderivative(varying, x);
    if (!inner) return nullptr;
    for (const ExprPtr& constant : constants) inner = multiply(constant, inner);
    return inner;
  }
  if (e->op == Op::kDivide && !depends(e->args[1], x)) {
    ExprPtr inner = antiderivative(e->args[0], x);
    return inner ? divide(inner, e->args[1]) : nullptr;
  }
  if (e->op == Op::kDivide && !depends(e->args[0], x) && e->args[1]->op == Op::kSymbol) return multiply(e->args[0], node(Op::kLog, {node(Op::kAbs, {e->args[1]})}));
  if (e->op == Op::kPower && e->args[0]->op == Op::kSymbol && !depends(e->args[1], x)) return power_rule(e->args[0], e->args[1]);
  if (e->op == Op::kPower && e->args[0]->op == Op::kE && e->args[1]->op == Op::kSymbol) return e;
  if (e->args.size() == 1 && e->args[0]->op == Op::kSymbol) {
    if (e->op == Op::kSin) return negate(node(Op::kCos, e->args));
    if (e->op == Op::kCos) return node(Op::kSin, e->args);
    if (e->op == Op::kExp) return e;
  }
  return nullptr;
}

// … · d · x at the end of a product: what stands before, and the variable.
ExprPtr integrand(const ExprPtr& e, std::string& x) {
  if (e->op == Op::kMul && e->args.size() >= 2) {
    const ExprPtr& variable = e->args.back();
    const ExprPtr& mark = e->args[e->args.size() - 2];
    if (variable->op != Op::kSymbol || mark->op != Op::kSymbol || mark->text != "d") return nullptr;
    x = variable->text;
    std::vector<ExprPtr> rest(e->args.begin(), e->args.end() - 2);
    if (rest.empty()) return integer(1);
    return rest.size() == 1 ? rest[0] : node(Op::kMul, std::move(rest));
  }
  if (e->op == Op::kAdd) {
    const ExprPtr last = integrand(e->args.back(), x);
    if (!last) return nullptr;
    std::vector<ExprPtr> args(e->args.begin(), e->args.end() - 1);
    args.push_back(last);
    return node(Op::kAdd, std::move(args));
  }
  if (e->op == Op::kNegate) {
    const ExprPtr inner = integrand(e->args[0], x);
    return inner ? negate(inner) : nullptr;
  }
  return nullptr;
}

}  // namespace

ExprPtr Parser::integral() {
  ExprPtr lower, upper;
  if (kind() == Tok::kUnder) {
    ++at_;
    lower = argument();
    if (!lower || !expect(Tok::kPower, "an upper bound")) return nullptr;
    upper = exponent();
    if (!upper) return nullptr;
  }
  const ExprPtr body = sum();
  if (!body) return nullptr;
  std::string x;
  const ExprPtr inside = integrand(body, x);
  const ExprPtr primitive = inside ? antiderivative(inside, x) : nullptr;
  if (!primitive) return fail_scalar("an integral that is not known");
  if (!lower) return made(primitive);
  return made(subtract(substitute(primitive, x, upper), substitute(primitive, x, lower)));
}

}  // namespace laconic::verifiers::math
