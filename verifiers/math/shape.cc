#include "verifiers/math/shape.h"

#include <algorithm>

namespace laconic::verifiers::math {
namespace {

struct ArityRow {
  Op op;
  Arity arity;
};
// Every operation not listed takes one argument.
constexpr ArityRow kArities[] = {
    {Op::kNumber, {0, 0}}, {Op::kSymbol, {0, 0}},   {Op::kPi, {0, 0}},  {Op::kE, {0, 0}},   {Op::kI, {0, 0}},   {Op::kInfinity, {0, 0}},
    {Op::kAdd, {1, -1}},   {Op::kMul, {1, -1}},     {Op::kDivide, {2, 2}}, {Op::kPower, {2, 2}}, {Op::kRoot, {2, 2}}, {Op::kPlusMinus, {1, 2}},
    {Op::kBinomial, {2, 2}}, {Op::kGcd, {1, -1}},   {Op::kLcm, {1, -1}}, {Op::kMin, {1, -1}}, {Op::kMax, {1, -1}}, {Op::kMod, {2, 2}},
    {Op::kLog, {1, 2}},    {Op::kSum, {4, 4}},      {Op::kProduct, {4, 4}}, {Op::kCall, {0, -1}},
};

class Walk {
 public:
  enum class Context : std::uint8_t { kAny, kWholeByName, kWhole };

  explicit Walk(Shape& shape) : shape_(shape) {}

  bool visit(const ExprPtr& pointer, int depth, Context integer) {
    if (!pointer) return refuse("an argument is missing");
    const Expr& e = *pointer;
    if (++shape_.nodes > kMaxNodes) return refuse("more than " + std::to_string(kMaxNodes) + " nodes");
    if (depth > kMaxDepth) return refuse("deeper than " + std::to_string(kMaxDepth) + " levels");
    const Arity arity = arity_of(e.op);
    const auto count = static_cast<int>(e.args.size());
    if (count < arity.least || (arity.most >= 0 && count > arity.most)) return refuse("a wrong number of arguments");
    if (e.op == Op::kPlusMinus) return refuse("a ± that was not expanded");
    if (e.op == Op::kNumber && (e.text.empty() || e.text.find_first_not_of("0123456789") != std::string::npos)) return refuse("a number without digits");
    shape_.has_infinity |= e.op == Op::kInfinity;
    shape_.has_call |= e.op == Op::kCall;
    if (e.op == Op::kSymbol) {
      if (std::find(bound_.begin(), bound_.end(), e.text) == bound_.end()) {
        shape_.free.insert(e.text);
        if (integer == Context::kWhole || (integer == Context::kWholeByName && is_whole_name(e.text))) shape_.integers.insert(e.text);
      }
      return true;
    }
    if (e.op == Op::kSum || e.op == Op::kProduct) {
      if (!e.args[1] || e.args[1]->op != Op::kSymbol) return refuse("a sum without a variable");
      ++shape_.nodes;
      if (!visit(e.args[2], depth + 1, Context::kWhole) || !visit(e.args[3], depth + 1, Context::kWhole)) return false;
      bound_.push_back(e.args[1]->text);
      const bool fine = visit(e.args[0], depth + 1, integer);
      bound_.pop_back();
      return fine;
    }
    for (std::size_t i = 0; i < e.args.size(); ++i) {
      if (!visit(e.args[i], depth + 1, std::max(integer, context_of(e, i)))) return false;
    }
    return true;
  }

 private:
  bool refuse(std::string problem) {
    shape_.problem = std::move(problem);
    return false;
  }

  static bool is_negative_number(const Expr& e) {
    return (e.op == Op::kNegate && e.args.size() == 1 && e.args[0] && e.args[0]->op == Op::kNumber);
  }
  static bool is_whole_name(const std::string& name) { return name == "n" || name == "k" || name == "m" || name == "N"; }

  // Factorials, binomial coefficients and bounds of sums make sense for integers only; under a floor, a
  // divisor function or as the exponent of a negative number a letter that usually counts does count.
  static Context context_of(const Expr& e, std::size_t argument) {
    switch (e.op) {
      case Op::kFactorial: case Op::kBinomial: return Context::kWhole;
      case Op::kFloor: case Op::kCeiling: case Op::kGcd: case Op::kLcm: case Op::kMod: return Context::kWholeByName;
      case Op::kPower: return argument == 1 && e.args[0] && is_negative_number(*e.args[0]) ? Context::kWholeByName : Context::kAny;
      default: return Context::kAny;
    }
  }

  Shape& shape_;
  std::vector<std::string> bound_;
};

bool constant_under(const Expr& e, std::vector<std::string_view>& bound) {
  if (e.op == Op::kCall) return false;
  if (e.op == Op::kSymbol) return std::find(bound.begin(), bound.end(), e.text) != bound.end();
  if (e.op == Op::kSum || e.op == Op::kProduct) {
    if (!constant_under(*e.args[2], bound) || !constant_under(*e.args[3], bound)) return false;
    bound.push_back(e.args[1]->text);
    const bool fine = constant_under(*e.args[0], bound);
    bound.pop_back();
    return fine;
  }
  return std::all_of(e.args.begin(), e.args.end(), [&](const ExprPtr& arg) { return constant_under(*arg, bound); });
}

}  // namespace

Arity arity_of(Op op) {
  for (const ArityRow& row : kArities) {
    if (row.op == op) return row.arity;
  }
  return {1, 1};
}

Shape shape_of(const ExprPtr& expression) {
  Shape shape;
  shape.usable = Walk(shape).visit(expression, 0, Walk::Context::kAny);
  return shape;
}

bool is_constant(const Expr& expression) {
  std::vector<std::string_view> bound;
  return constant_under(expression, bound);
}

bool same_tree(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  return a.op == b.op && a.text == b.text && a.scale == b.scale && a.repeat == b.repeat && a.args.size() == b.args.size() &&
         std::equal(a.args.begin(), a.args.end(), b.args.begin(), [](const ExprPtr& x, const ExprPtr& y) { return same_tree(*x, *y); });
}

}  // namespace laconic::verifiers::math
