#include "verifiers/math/build.h"

#include <algorithm>
#include <cstdint>

namespace laconic::verifiers::math {
namespace {

void count_signs(const ExprPtr& e, int& free_signs, bool& coupled) {
  if (e->op == Op::kPlusMinus) {
    ++free_signs;
    if (e->text == "mp") coupled = true;
  }
  for (const ExprPtr& arg : e->args) count_signs(arg, free_signs, coupled);
}

// `signs`: bit k set = the k-th ± is a minus; all use bit 0 when coupled.
ExprPtr with_signs(const ExprPtr& e, std::uint32_t signs, bool coupled, int& index) {
  if (!contains(e, Op::kPlusMinus)) return e;
  bool minus = false;
  if (e->op == Op::kPlusMinus) {
    minus = (signs >> (coupled ? 0 : index)) & 1u;
    if (e->text == "mp") minus = !minus;
    ++index;
  }
  std::vector<ExprPtr> args;
  for (const ExprPtr& arg : e->args) args.push_back(with_signs(arg, signs, coupled, index));
  if (e->op == Op::kPlusMinus) {
    const ExprPtr last = minus ? negate(args.back()) : args.back();
    return args.size() == 1 ? last : add(args[0], last);
  }
  auto copy = std::make_shared<Expr>(*e);
  copy->args = std::move(args);
  return copy;
}

}  // namespace

ExprPtr number(std::string digits, int scale, int repeat, bool decimal) {
  auto e = std::make_shared<Expr>();
  e->op = Op::kNumber;
  e->text = std::move(digits);
  e->scale = scale;
  e->repeat = repeat;
  e->decimal = decimal;
  return e;
}

ExprPtr integer(long long value) {
  ExprPtr magnitude = number(std::to_string(value < 0 ? -value : value));
  return value < 0 ? negate(std::move(magnitude)) : magnitude;
}

ExprPtr node(Op op, std::vector<ExprPtr> args, std::string text) {
  auto e = std::make_shared<Expr>();
  e->op = op;
  e->text = std::move(text);
  e->args = std::move(args);
  return e;
}

ExprPtr symbol(std::string name) { return node(Op::kSymbol, {}, std::move(name)); }

static ExprPtr flattened(Op op, ExprPtr a, ExprPtr b) {
  std::vector<ExprPtr> args;
  for (ExprPtr* part : {&a, &b}) {
    if ((*part)->op == op) args.insert(args.end(), (*part)->args.begin(), (*part)->args.end());
    else args.push_back(std::move(*part));
  }
  return node(op, std::move(args));
}

ExprPtr add(ExprPtr a, ExprPtr b) { return flattened(Op::kAdd, std::move(a), std::move(b)); }
ExprPtr multiply(ExprPtr a, ExprPtr b) { return flattened(Op::kMul, std::move(a), std::move(b)); }
ExprPtr negate(ExprPtr a) { return node(Op::kNegate, {std::move(a)}); }
ExprPtr divide(ExprPtr a, ExprPtr b) { return node(Op::kDivide, {std::move(a), std::move(b)}); }
ExprPtr subtract(const ExprPtr& a, const ExprPtr& b) { return add(a, negate(b)); }

std::string decimal_digits(std::string_view digits, int base) {
  std::vector<std::uint32_t> limbs;  // base 10^9, least first
  for (const char c : digits) {
    std::uint64_t carry = static_cast<std::uint64_t>(c >= 'A' ? c - 'A' + 10 : c - '0');
    for (std::uint32_t& limb : limbs) {
      const std::uint64_t value = static_cast<std::uint64_t>(limb) * static_cast<std::uint64_t>(base) + carry;
      limb = static_cast<std::uint32_t>(value % 1000000000u);
      carry = value / 1000000000u;
    }
    if (carry) limbs.push_back(static_cast<std::uint32_t>(carry));
  }
  if (limbs.empty()) return "0";
  std::string out = std::to_string(limbs.back());
  for (std::size_t i = limbs.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(limbs[i]);
    out.append(9 - part.size(), '0');
    out += part;
  }
  return out;
}

bool contains(const ExprPtr& e, Op op) {
  return e->op == op || std::any_of(e->args.begin(), e->args.end(), [&](const ExprPtr& arg) { return contains(arg, op); });
}

bool contains_call(const ExprPtr& e, std::string_view name) {
  return (e->op == Op::kCall && e->text == name) || std::any_of(e->args.begin(), e->args.end(), [&](const ExprPtr& arg) { return contains_call(arg, name); });
}

void free_symbols(const ExprPtr& e, std::set<std::string>& out) {
  if (e->op == Op::kSymbol) out.insert(e->text);
  if (e->op == Op::kSum || e->op == Op::kProduct) {
    std::set<std::string> inner = free_symbols(e->args[0]);
    inner.erase(e->args[1]->text);
    out.merge(inner);
    free_symbols(e->args[2], out);
    free_symbols(e->args[3], out);
    return;
  }
  for (const ExprPtr& arg : e->args) free_symbols(arg, out);
}

std::set<std::string> free_symbols(const ExprPtr& e) {
  std::set<std::string> out;
  free_symbols(e, out);
  return out;
}

ExprPtr substitute(const ExprPtr& e, const std::string& name, const ExprPtr& value) {
  if (e->op == Op::kSymbol) return e->text == name ? value : e;
  if (e->args.empty()) return e;
  const bool binds = (e->op == Op::kSum || e->op == Op::kProduct) && e->args[1]->text == name;
  bool changed = false;
  std::vector<ExprPtr> args;
  for (std::size_t i = 0; i < e->args.size(); ++i) {
    args.push_back(binds && i < 2 ? e->args[i] : substitute(e->args[i], name, value));
    changed = changed || args.back() != e->args[i];
  }
  if (!changed) return e;
  auto copy = std::make_shared<Expr>(*e);
  copy->args = std::move(args);
  return copy;
}

std::size_t node_count(const ExprPtr& e, std::size_t limit) {
  std::size_t n = 1;
  for (const ExprPtr& arg : e->args) {
    if (n > limit) break;
    n += node_count(arg, limit - n);
  }
  return n;
}

std::vector<ExprPtr> expand_signs(const ExprPtr& e, std::size_t limit) {
  int signs = 0;
  bool coupled = false;
  count_signs(e, signs, coupled);
  if (signs == 0) return {e};
  if (!coupled && signs > 10) return {};
  const std::size_t count = coupled ? 2 : std::size_t{1} << signs;
  if (count > limit) return {};
  std::vector<ExprPtr> out;
  for (std::uint32_t choice = 0; choice < count; ++choice) {
    int index = 0;
    out.push_back(with_signs(e, choice, coupled, index));
  }
  return out;
}

}  // namespace laconic::verifiers::math
