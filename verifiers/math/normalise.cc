#include "verifiers/math/normalise.h"

#include <algorithm>

#include "verifiers/math/enclosure.h"
#include "verifiers/math/shape.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::int64_t kMaxUnrolled = 64;  // terms of a sum, steps of a shifted factorial
constexpr std::size_t kSignPrecision = 192;

}  // namespace

bool Normaliser::is_real(const Terms& terms) const {
  return std::all_of(terms.begin(), terms.end(), [&](const auto& term) {
    return std::all_of(term.first.begin(), term.first.end(), [&](const auto& part) { return ring_.info(part.first).real; });
  });
}

// A value that stays whole, known by its operation and its arguments' normal forms.
std::optional<Quotient> Normaliser::opaque(const Expr& e, std::vector<Quotient> arguments, bool real) {
  std::vector<std::string> keys;
  for (const Quotient& argument : arguments) keys.push_back(ring_.key(argument));
  if (e.op == Op::kMin || e.op == Op::kMax) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  }
  std::string key = "op" + std::to_string(static_cast<int>(e.op)) + ":" + e.text + "(";
  for (const std::string& part : keys) key += part + ";";
  return ring_.of(ring_.generator({.kind = Generator::kOpaque, .key = key + ")", .real = real}));
}

std::optional<Quotient> Normaliser::fold(const Expr& e, Result (Ring::*step)(const Quotient&, const Quotient&), std::int64_t start) {
  Result out = Ring::constant(Rational(start));
  for (const ExprPtr& arg : e.args) {
    const Result x = run(*arg);
    out = x ? (ring_.*step)(*out, *x) : std::nullopt;
    if (!out) return std::nullopt;
  }
  return out;
}

// Operations that need the value itself: exactly by enclosure if the expression is constant.
std::optional<Quotient> Normaliser::whole_function(const Expr& e) {
  if (bound_.empty() && is_constant(e)) {
    const Number value = evaluate(e, {}, {kSignPrecision, ring_.work()});
    if (value.exact) return Ring::constant(*value.exact);
    if (e.op == Op::kMod) {  // a − b ⌊a/b⌋
      const Result a = run(*e.args[0]), b = run(*e.args[1]);
      const auto quotient = std::make_shared<Expr>(Expr{.op = Op::kDivide, .text = {}, .args = e.args});
      const Number count = evaluate(Expr{.op = Op::kFloor, .text = {}, .args = {quotient}}, {}, {kSignPrecision, ring_.work()});
      if (!a || !b || !count.exact) return std::nullopt;
      const Result product = ring_.multiply(*b, Ring::constant(-*count.exact));
      return product ? ring_.add(*a, *product) : std::nullopt;
    }
    if (e.op == Op::kMin || e.op == Op::kMax) {  // the one certainly beyond all others
      for (const ExprPtr& candidate : e.args) {
        const Number x = evaluate(*candidate, {}, {kSignPrecision, ring_.work()});
        const bool beyond = std::all_of(e.args.begin(), e.args.end(), [&](const ExprPtr& other) {
          if (other == candidate || same_tree(*other, *candidate)) return true;
          const Number y = evaluate(*other, {}, {kSignPrecision, ring_.work()});
          if (!x.defined() || !y.defined()) return false;
          const Complex a = x.ball({kSignPrecision, ring_.work()}), b = y.ball({kSignPrecision, ring_.work()});
          return a.is_real() && b.is_real() && math::order(a.re, b.re) == (e.op == Op::kMax ? 1 : -1);
        });
        if (beyond) return run(*candidate);
      }
    }
  }
  std::vector<Quotient> arguments;
  for (const ExprPtr& arg : e.args) {
    Result x = run(*arg);
    if (!x) return std::nullopt;
    arguments.push_back(std::move(*x));
  }
  // Rational after all, such as ⌊√2·√2⌋.
  if (!arguments.empty() && std::all_of(arguments.begin(), arguments.end(), [](const Quotient& x) { return x.constant().has_value(); }) && e.op != Op::kCall) {
    std::vector<Rational> values;
    for (const Quotient& x : arguments) values.push_back(*x.constant());
    const auto less = [](const Rational& a, const Rational& b) { return compare(a, b) < 0; };
    switch (e.op) {
      case Op::kFloor: return Ring::constant(Rational(floor(values[0])));
      case Op::kCeiling: return Ring::constant(Rational(ceiling(values[0])));
      case Op::kMin: return Ring::constant(*std::min_element(values.begin(), values.end(), less));
      case Op::kMax: return Ring::constant(*std::max_element(values.begin(), values.end(), less));
      default: return values[1].is_zero() ? std::nullopt : Result(Ring::constant(values[0] - values[1] * Rational(floor(values[0] / values[1]))));
    }
  }
  // ⌊x + 3⌋ = ⌊x⌋ + 3
  if ((e.op == Op::kFloor || e.op == Op::kCeiling) && arguments[0].is_polynomial()) {
    const auto it = arguments[0].top.find(Monomial{});
    if (it != arguments[0].top.end()) {
      const Rational shift(floor(it->second));
      it->second = it->second - shift;
      if (it->second.is_zero()) arguments[0].top.erase(it);
      const Result inner = opaque(e, std::move(arguments), true);
      return inner ? ring_.add(*inner, Ring::constant(shift)) : std::nullopt;
    }
  }
  return opaque(e, std::move(arguments), e.op != Op::kMod && e.op != Op::kCall);
}

std::optional<Quotient> Normaliser::range(const Expr& e) {
  const Result low = run(*e.args[2]), high = run(*e.args[3]);
  if (!low || !high) return std::nullopt;
  const bool sum = e.op == Op::kSum;
  const auto first = low->constant(), last = high->constant();
  const std::string& name = e.args[1]->text;
  if (first && last && first->is_integer() && last->is_integer() && compare(*last - *first, Rational(kMaxUnrolled)) < 0) {
    Result out = Ring::constant(Rational(sum ? 0 : 1));
    for (Rational i = *first; compare(i, *last) <= 0; i = i + Rational(1)) {
      bound_.emplace_back(name, Ring::constant(i));
      const Result term = run(*e.args[0]);
      bound_.pop_back();
      out = !term ? std::nullopt : sum ? ring_.add(*out, *term) : ring_.multiply(*out, *term);
      if (!out) return std::nullopt;
    }
    return out;
  }
  if (first && last && bound_.empty() && is_constant(e)) {
    const Number value = evaluate(e, {}, {kSignPrecision, ring_.work()});
    if (value.exact) return Ring::constant(*value.exact);
  }
  // Whole, the bound variable named by its depth.
  const std::string fresh = "#" + std::to_string(bound_depth_);
  ++bound_depth_;
  bound_.emplace_back(name, ring_.of(ring_.generator({.kind = Generator::kSymbol, .key = fresh, .real = true})));
  const Result term = run(*e.args[0]);
  bound_.pop_back();
  --bound_depth_;
  if (!term) return std::nullopt;
  return opaque(Expr{.op = e.op, .text = {}, .args = {}}, {*term, *low, *high}, false);
}

// (n + c)! as a product over n!, for a whole number c.
std::optional<Quotient> Normaliser::factorial_of(const Quotient& n) {
  Quotient rest = n;
  std::int64_t shift = 0;
  if (n.is_polynomial()) {
    const auto it = rest.top.find(Monomial{});
    if (it != rest.top.end()) {
      const auto whole = it->second.small_integer();
      if (whole && std::abs(*whole) <= kMaxUnrolled) {
        shift = *whole;
        rest.top.erase(it);
      }
    }
  }
  Result out = opaque(Expr{.op = Op::kFactorial, .text = {}, .args = {}}, {rest}, true);
  for (std::int64_t i = 1; out && i <= shift; ++i) {
    const Result factor = ring_.add(rest, Ring::constant(Rational(i)));
    out = factor ? ring_.multiply(*out, *factor) : std::nullopt;
  }
  for (std::int64_t i = 0; out && i > shift; --i) {
    const Result factor = ring_.add(rest, Ring::constant(Rational(i)));
    out = factor ? ring_.divide(*out, *factor) : std::nullopt;
  }
  return out;
}

std::optional<Quotient> Normaliser::factorial(const Expr& e) {
  const Result n = run(*e.args[0]);
  if (!n) return std::nullopt;
  if (const auto value = n->constant()) {
    const auto count = value->small_integer();
    if (!count || *count < 0 || *count > 4096) return std::nullopt;
    BigInteger product(1);
    for (std::int64_t i = 2; i <= *count; ++i) {
      product = product * BigInteger(i);
      if (!ring_.work().spend(static_cast<std::int64_t>(product.limbs()) + 8) || product.bits() > kMaxRationalBits) return std::nullopt;
    }
    return Ring::constant(Rational(std::move(product)));
  }
  return factorial_of(*n);
}

std::optional<Quotient> Normaliser::binomial(const Expr& e) {
  const Result n = run(*e.args[0]), k = run(*e.args[1]);
  if (!n || !k) return std::nullopt;
  if (const auto value = k->constant()) {
    const auto count = value->small_integer();
    if (!count) return std::nullopt;
    if (n->constant()) return whole_function(e);
    if (*count < 0 || *count > kMaxUnrolled) return std::nullopt;
    Result out = Ring::constant(Rational(1));
    for (std::int64_t i = 0; out && i < *count; ++i) {
      const Result factor = ring_.add(*n, Ring::constant(Rational(-i)));
      out = factor ? ring_.multiply(*out, *factor) : std::nullopt;
      if (out) out = ring_.multiply(*out, Ring::constant(Rational(BigInteger(1), BigInteger(i + 1))));
    }
    return out;
  }
  const Result rest = ring_.add(*n, ring_.negate(*k));
  if (!rest) return std::nullopt;
  const auto value_of = [&](const Quotient& x) -> Result {
    const auto whole = x.constant();
    if (!whole) return factorial_of(x);
    const auto count = whole->small_integer();
    if (!count || *count < 0 || *count > kMaxUnrolled) return std::nullopt;
    Rational product(1);
    for (std::int64_t i = 2; i <= *count; ++i) product = product * Rational(i);
    return Ring::constant(product);
  };
  const Result top = value_of(*n), lower = value_of(*k), other = value_of(*rest);
  if (!top || !lower || !other) return std::nullopt;
  const Result bottom = ring_.multiply(*lower, *other);
  return bottom ? ring_.divide(*top, *bottom) : std::nullopt;
}

// gcd and lcm of polynomials where one side is a monomial: of the integer contents, times the common
// generators. With coefficients that are no integers the content counts as a unit.
std::optional<Quotient> Normaliser::divisor(const Expr& e) {
  Result out;
  for (const ExprPtr& arg : e.args) {
    const Result x = run(*arg);
    if (!x || !x->is_polynomial()) return std::nullopt;
    if (!out) {
      out = x;
      continue;
    }
    if (ring_.equal(*out, *x)) continue;
    const auto a = out->constant(), b = x->constant();
    Result common;
    if (a && b) {
      const auto divide_out = [](const Rational& p, const Rational& q) {
        const BigInteger low = gcd(p.denominator(), q.denominator());
        return Rational(gcd(p.numerator(), q.numerator()), p.denominator() * divide(q.denominator(), low).first);
      };
      common = Ring::constant(divide_out(*a, *b));
    } else if (out->is_zero() || x->is_zero()) {
      common = out->is_zero() ? x : out;
    } else {
      if (out->top.size() > 1 && x->top.size() > 1) return std::nullopt;
      BigInteger contents;
      bool integral = true;
      Monomial shared = out->top.begin()->first;
      for (const Quotient* side : {static_cast<const Quotient*>(&*out), &*x}) {
        for (const auto& [m, c] : side->top) {
          integral = integral && c.is_integer();
          contents = gcd(contents, c.numerator());
          Monomial kept;
          for (const auto& [id, exponent] : shared) {
            const auto it = std::find_if(m.begin(), m.end(), [id = id](const auto& part) { return part.first == id; });
            if (it != m.end()) kept.emplace_back(id, std::min(exponent, it->second));
          }
          shared = std::move(kept);
        }
      }
      common = Ring::monomial(shared, integral ? Rational(contents) : Rational(1));
    }
    if (e.op == Op::kGcd) {
      out = common;
    } else {
      const Result product = ring_.multiply(*out, *x);
      out = !product ? std::nullopt : common->is_zero() ? Result(Ring::constant(Rational(0))) : ring_.divide(*product, *common);
    }
    if (!out) return std::nullopt;
  }
  if (out && e.op == Op::kGcd && out->constant() && out->constant()->sign() < 0) return ring_.negate(*out);
  return out;
}

std::optional<Quotient> Normaliser::conjugate(const Quotient& value) {
  if (!value.is_polynomial()) {
    const auto top = conjugate({value.top, {{Monomial{}, Rational(1)}}}), bottom = conjugate({value.bottom, {{Monomial{}, Rational(1)}}});
    return top && bottom ? ring_.divide(*top, *bottom) : std::nullopt;
  }
  const GeneratorId unit = ring_.unit().top.begin()->first[0].first;
  Quotient out = value;
  for (auto& [m, c] : out.top) {
    for (const auto& [id, exponent] : m) {
      if (id == unit) c = -c;
      else if (!ring_.info(id).real || ring_.info(id).kind == Generator::kSymbol) return std::nullopt;
    }
  }
  return out;
}

std::optional<Quotient> Normaliser::absolute(const Expr& e) {
  const Result x = run(*e.args[0]);
  if (!x) return std::nullopt;
  if (bound_.empty() && is_constant(*e.args[0])) {
    const Arithmetic at{kSignPrecision, ring_.work()};
    const Number value = evaluate(*e.args[0], {}, at);
    if (!value.defined()) return std::nullopt;
    const Complex z = value.ball(at);
    if (z.is_real() && z.re.sign() != 0) return z.re.sign() > 0 ? x : Result(ring_.negate(*x));
    if (const Result other = conjugate(*x)) {  // |z| = √(z z̄)
      const Result square = ring_.multiply(*x, *other);
      return square ? rational_power(*square, Rational(BigInteger(1), BigInteger(2))) : std::nullopt;
    }
  }
  if (x->is_polynomial() && is_positive(x->top)) return x;
  // |c·rest| = |c|·|rest|
  if (x->is_polynomial() && !x->is_zero()) {
    const Rational lead = x->top.rbegin()->second;
    const Result rest = ring_.multiply(*x, Ring::constant(Rational(1) / lead));
    const Result inner = rest ? opaque(e, {*rest}, true) : std::nullopt;
    return inner ? ring_.multiply(*inner, Ring::constant(lead.sign() < 0 ? -lead : lead)) : std::nullopt;
  }
  return opaque(e, {*x}, true);
}

std::optional<Quotient> Normaliser::run(const Expr& e) {
  if (!ring_.work().spend(64)) return std::nullopt;
  const auto with = [&](auto function) -> Result {
    const Result x = run(*e.args[0]);
    return x ? function(*x) : std::nullopt;
  };
  switch (e.op) {
    case Op::kNumber: {
      const auto value = number_value(e);
      return value ? Result(Ring::constant(*value)) : std::nullopt;
    }
    case Op::kSymbol: {
      for (auto it = bound_.rbegin(); it != bound_.rend(); ++it) {
        if (it->first == e.text) return it->second;
      }
      return ring_.of(ring_.generator({.kind = Generator::kSymbol, .key = "$" + e.text, .real = true}));
    }
    case Op::kPi: return ring_.pi();
    case Op::kE: return exponential(Ring::constant(Rational(1)));
    case Op::kI: return ring_.unit();
    case Op::kAdd: return fold(e, &Ring::add, 0);
    case Op::kMul: return fold(e, &Ring::multiply, 1);
    case Op::kNegate: return with([&](const Quotient& x) { return Result(ring_.negate(x)); });
    case Op::kDivide: {
      const Result a = run(*e.args[0]), b = run(*e.args[1]);
      return a && b ? ring_.divide(*a, *b) : std::nullopt;
    }
    case Op::kPower: {
      const Result exponent = run(*e.args[1]);
      if (!exponent) return std::nullopt;
      if (e.args[0]->op == Op::kE) return exponential(*exponent);
      const Result base = run(*e.args[0]);
      return base ? power(*base, *exponent) : std::nullopt;
    }
    case Op::kRoot: {
      const Result radicand = run(*e.args[0]), index = run(*e.args[1]);
      if (!radicand || !index || index->is_zero()) return std::nullopt;
      const Result exponent = ring_.divide(Ring::constant(Rational(1)), *index);
      return exponent ? power(*radicand, *exponent) : std::nullopt;
    }
    case Op::kExp: return with([&](const Quotient& x) { return exponential(x); });
    case Op::kLog: {
      const Result x = run(*e.args[0]);
      const Result top = x ? logarithm(*x) : std::nullopt;
      if (!top || e.args.size() == 1) return top;
      const Result base = run(*e.args[1]);
      const Result bottom = base ? logarithm(*base) : std::nullopt;
      return bottom ? ring_.divide(*top, *bottom) : std::nullopt;
    }
    case Op::kSin: case Op::kCos: case Op::kTan: case Op::kCot: case Op::kSec: case Op::kCsc:
      return with([&](const Quotient& x) { return trigonometric(e.op, x); });
    case Op::kSinh: case Op::kCosh: case Op::kTanh:
      return with([&](const Quotient& x) { return hyperbolic(e.op, x); });
    case Op::kArcsin: case Op::kArccos: case Op::kArctan:
      return with([&](const Quotient& x) { return arc(e.op, x); });
    case Op::kFactorial: return factorial(e);
    case Op::kBinomial: return binomial(e);
    case Op::kGcd: case Op::kLcm: return divisor(e);
    case Op::kSum: case Op::kProduct: return range(e);
    case Op::kAbs: return absolute(e);
    case Op::kConjugate: return with([&](const Quotient& x) { return conjugate(x); });
    case Op::kRe: case Op::kIm:
      return with([&](const Quotient& x) -> Result {
        const Result other = conjugate(x);
        if (!other) return std::nullopt;
        const Result twice = ring_.add(x, e.op == Op::kRe ? *other : ring_.negate(*other));
        if (!twice) return std::nullopt;
        const Quotient two = Ring::constant(Rational(2));
        const Result divisor = e.op == Op::kRe ? Result(two) : ring_.multiply(two, ring_.unit());
        return divisor ? ring_.divide(*twice, *divisor) : std::nullopt;
      });
    case Op::kFloor: case Op::kCeiling: case Op::kMin: case Op::kMax: case Op::kMod: case Op::kCall: return whole_function(e);
    case Op::kArsinh: case Op::kArcosh: case Op::kArtanh: return with([&](const Quotient& x) { return inverse_hyperbolic(e.op, x); });
    case Op::kInfinity: case Op::kPlusMinus: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace laconic::verifiers::math
