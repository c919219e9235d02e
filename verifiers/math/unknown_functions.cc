#include "verifiers/math/unknown_functions.h"

#include <algorithm>

namespace laconic::verifiers::math {
namespace {

bool mentions(const Expr& e, const std::vector<std::string>& names) {
  if (e.op == Op::kSymbol) return std::find(names.begin(), names.end(), e.text) != names.end();
  return std::any_of(e.args.begin(), e.args.end(), [&](const ExprPtr& arg) { return mentions(*arg, names); });
}

ExprPtr replace(const ExprPtr& pointer, Normaliser& normaliser, std::vector<std::string>& bound) {
  const Expr& e = *pointer;
  if (e.args.empty() && e.op != Op::kCall) return pointer;
  const bool binds = e.op == Op::kSum || e.op == Op::kProduct;
  if (binds) bound.push_back(e.args[1]->text);
  auto copy = std::make_shared<Expr>(e);
  for (ExprPtr& arg : copy->args) arg = replace(arg, normaliser, bound);
  if (binds) bound.pop_back();
  if (e.op != Op::kCall || mentions(*copy, bound)) return copy;
  std::string name = e.text + "(";
  for (const ExprPtr& arg : copy->args) {
    const auto normal = normaliser.run(*arg);
    if (!normal) return copy;
    name += normaliser.ring().key(*normal) + ";";
  }
  return std::make_shared<Expr>(Expr{.op = Op::kSymbol, .text = name + ")", .args = {}});
}

}  // namespace

ExprPtr replace_calls(const ExprPtr& expression, Normaliser& normaliser) {
  std::vector<std::string> bound;
  return replace(expression, normaliser, bound);
}

}  // namespace laconic::verifiers::math
