#include "verifiers/math/enclosure.h"

#include <algorithm>
#include <array>

namespace laconic::verifiers::math {
namespace {

constexpr std::int64_t kMaxFactorial = 1 << 20;    // bounded by the work long before
constexpr std::int64_t kMaxSquarings = 1 << 12;    // integer powers by squaring; above it by exp and log
constexpr std::uint32_t kMaxRootIndex = 1 << 12;
constexpr std::size_t kMaxFractionBits = 6000;     // of a value that is no integer: its gcd costs

Number undefined() { return Number::of(Complex::undefined()); }

class Evaluator {
 public:
  Evaluator(std::vector<Binding> bindings, const Arithmetic& at, std::size_t exact_bits) : bindings_(std::move(bindings)), at_(at), exact_bits_(exact_bits) {}
  Number run(const Expr& e);

 private:
  using Unary = Complex (Evaluator::*)(const Complex&) const;
  struct UnaryRow {
    Op op;
    Unary function;
  };
  static const std::array<UnaryRow, 20> kUnary;

  Complex exp(const Complex& x) const { return exponential(x, at_); }
  Complex sin(const Complex& x) const { return trigonometric(x, true, false); }
  Complex cos(const Complex& x) const { return trigonometric(x, false, false); }
  Complex tan(const Complex& x) const { return trigonometric(x, true, true); }
  Complex cot(const Complex& x) const { return trigonometric(x, false, true); }
  Complex sec(const Complex& x) const { return divide(Complex::exact(1), cos(x), at_); }
  Complex csc(const Complex& x) const { return divide(Complex::exact(1), sin(x), at_); }
  Complex arcsin(const Complex& x) const { return arc_sine(x, at_); }
  Complex arccos(const Complex& x) const {
    const Ball quarter = scale(pi(at_), -1);
    if (x.is_real()) {  // by the angle of (x, √(1 − x²)): exact at both ends
      const Ball rest = subtract(Ball::exact(1), multiply(x.re, x.re, at_), at_);
      if (rest.sign() > 0 || rest.is_exact_zero()) return {angle(square_root(rest, at_), x.re, at_), Ball::exact(0)};
    }
    return subtract({quarter, Ball::exact(0)}, arc_sine(x, at_), at_);
  }
  Complex arctan(const Complex& x) const { return arc_tangent(x, at_); }
  Complex sinh(const Complex& x) const { return hyperbolics(x, true, false); }
  Complex cosh(const Complex& x) const { return hyperbolics(x, false, false); }
  Complex tanh(const Complex& x) const { return hyperbolics(x, true, true); }
  Complex arsinh(const Complex& x) const { return logarithm(add(x, square_root(add(multiply(x, x, at_), Complex::exact(1), at_), at_), at_), at_); }
  Complex arcosh(const Complex& x) const {
    const Complex one = Complex::exact(1);
    return logarithm(add(x, multiply(square_root(subtract(x, one, at_), at_), square_root(add(x, one, at_), at_), at_), at_), at_);
  }
  Complex artanh(const Complex& x) const {
    const Complex one = Complex::exact(1);
    const Complex twice = subtract(logarithm(add(one, x, at_), at_), logarithm(subtract(one, x, at_), at_), at_);
    return {scale(twice.re, -1), scale(twice.im, -1)};
  }
  Complex abs(const Complex& x) const { return {modulus(x, at_), Ball::exact(0)}; }
  Complex real_part(const Complex& x) const { return {x.re, Ball::exact(0)}; }
  Complex imaginary_part(const Complex& x) const { return {x.im, Ball::exact(0)}; }
  Complex conjugated(const Complex& x) const { return conjugate(x); }

  Complex trigonometric(const Complex& x, bool sine, bool quotient) const {
    Complex s, c;
    sine_cosine(x, s, c, at_);
    if (quotient) return sine ? divide(s, c, at_) : divide(c, s, at_);
    return sine ? s : c;
  }
  Complex hyperbolics(const Complex& x, bool sine, bool quotient) const {
    Complex s, c;
    hyperbolic(x, s, c, at_);
    return quotient ? divide(s, c, at_) : sine ? s : c;
  }

  // Keeps an exact value while it fits.
  Number settle(Rational value) const {
    if (value.bits() <= (value.is_integer() ? exact_bits_ : std::min(exact_bits_, kMaxFractionBits))) return Number::of(std::move(value));
    return Number::of(Complex{from_rational(value, at_), Ball::exact(0)});
  }
  bool charge(const Rational& a, const Rational& b) {
    const auto limbs = static_cast<std::int64_t>(a.numerator().limbs() + a.denominator().limbs() + b.numerator().limbs() + b.denominator().limbs());
    if (a.is_integer() && b.is_integer()) return at_.work.spend(limbs * limbs / 2 + 150);
    return at_.work.spend(4 * limbs * limbs + 240 * limbs + 150);  // the gcd
  }

  Number add_all(const Expr& e);
  Number multiply_all(const Expr& e);
  Number divide_two(const Number& a, const Number& b);
  Number power_of(const Number& base, const Number& exponent);
  Number rational_power(const Number& base, const Rational& exponent);
  Number root(const Number& radicand, const Number& index);
  Number factorial(const Number& n);
  Number binomial(const Number& n, const Number& k);
  Number floor_like(const Number& x, bool up);
  Number divisor_like(const Expr& e);
  Number extreme(const Expr& e);
  Number modulo(const Number& a, const Number& b);
  Number log(const Expr& e);
  Number range(const Expr& e);
  Number symbol(const std::string& name) const;

  std::vector<Binding> bindings_;
  const Arithmetic& at_;
  const std::size_t exact_bits_;
};

const std::array<Evaluator::UnaryRow, 20> Evaluator::kUnary = {{
    {Op::kExp, &Evaluator::exp},         {Op::kSin, &Evaluator::sin},       {Op::kCos, &Evaluator::cos},           {Op::kTan, &Evaluator::tan},
    {Op::kCot, &Evaluator::cot},         {Op::kSec, &Evaluator::sec},       {Op::kCsc, &Evaluator::csc},           {Op::kArcsin, &Evaluator::arcsin},
    {Op::kArccos, &Evaluator::arccos},   {Op::kArctan, &Evaluator::arctan}, {Op::kSinh, &Evaluator::sinh},         {Op::kCosh, &Evaluator::cosh},
    {Op::kTanh, &Evaluator::tanh},       {Op::kArsinh, &Evaluator::arsinh}, {Op::kArcosh, &Evaluator::arcosh},     {Op::kArtanh, &Evaluator::artanh},
    {Op::kAbs, &Evaluator::abs},         {Op::kRe, &Evaluator::real_part},  {Op::kIm, &Evaluator::imaginary_part}, {Op::kConjugate, &Evaluator::conjugated},
}};

Number Evaluator::symbol(const std::string& name) const {
  for (auto it = bindings_.rbegin(); it != bindings_.rend(); ++it) {
    if (it->name == name) return it->value;
  }
  return undefined();
}

Number Evaluator::add_all(const Expr& e) {
  Number sum = Number::of(Rational(0));
  for (const ExprPtr& arg : e.args) {
    const Number term = run(*arg);
    if (!term.defined()) return undefined();
    if (sum.exact && term.exact) {
      if (!charge(*sum.exact, *term.exact)) return undefined();
      sum = settle(*sum.exact + *term.exact);
    } else {
      sum = Number::of(add(sum.ball(at_), term.ball(at_), at_));
    }
  }
  return sum;
}

Number Evaluator::multiply_all(const Expr& e) {
  Number product = Number::of(Rational(1));
  for (const ExprPtr& arg : e.args) {
    const Number factor = run(*arg);
    if (!factor.defined()) return undefined();
    if (product.exact && factor.exact) {
      if (!charge(*product.exact, *factor.exact)) return undefined();
      product = settle(*product.exact * *factor.exact);
    } else {
      const Complex a = product.ball(at_), b = factor.ball(at_);
      product = (a.is_exact_zero() && b.finite()) || (b.is_exact_zero() && a.finite()) ? Number::of(Rational(0)) : Number::of(multiply(a, b, at_));
    }
  }
  return product;
}

Number Evaluator::divide_two(const Number& a, const Number& b) {
  if (!a.defined() || !b.defined()) return undefined();
  if (b.exact && b.exact->is_zero()) return undefined();
  if (a.exact && b.exact) return charge(*a.exact, *b.exact) ? settle(*a.exact / *b.exact) : undefined();
  return Number::of(divide(a.ball(at_), b.ball(at_), at_));
}

Number Evaluator::rational_power(const Number& base, const Rational& exponent) {
  std::int64_t p = 0, q = 0;
  const bool small = exponent.numerator().fits(p) && exponent.denominator().fits(q);
  if (base.exact) {
    if (base.exact->is_zero()) return exponent.sign() > 0 ? base : exponent.is_zero() ? Number::of(Rational(1)) : undefined();
    if (small && q <= kMaxRootIndex) {
      charge(*base.exact, *base.exact);
      if (const auto rooted = exact_root(*base.exact, static_cast<std::uint32_t>(q))) {
        if (const auto out = power(*rooted, p); out && out->bits() <= exact_bits_) {
          charge(*out, *out);
          return Number::of(*out);
        }
      }
    }
  }
  const Complex x = base.ball(at_);
  if (exponent.is_integer() && small && std::abs(p) <= kMaxSquarings) return Number::of(power(x, p, at_));
  if (exponent == Rational(1, 2)) return Number::of(square_root(x, at_));
  const Ball share = from_rational(exponent, at_);
  const bool odd_denominator = exponent.denominator().is_odd();
  if (x.is_real() && x.re.sign() < 0 && odd_denominator) {
    const Ball size = exponential(multiply(share, logarithm(negate(x.re), at_), at_), at_);
    return Number::of(Complex{exponent.numerator().is_odd() ? negate(size) : size, Ball::exact(0)});
  }
  if (x.is_exact_zero()) return exponent.sign() > 0 ? Number::of(Rational(0)) : undefined();
  if (x.is_real() && x.re.contains_zero() && exponent.sign() > 0 && odd_denominator) {  // both signs possible, both small
    const Ball end{Ball::State::kFinite, {BigInteger(1), x.re.upper().exponent()}, {}};
    return Number::of(Complex{Ball::unsure(exponential(multiply(share, logarithm(end, at_), at_), at_).upper()), Ball::exact(0)});
  }
  return Number::of(exponential(multiply({share, Ball::exact(0)}, logarithm(x, at_), at_), at_));
}

Number Evaluator::power_of(const Number& base, const Number& exponent) {
  if (!base.defined() || !exponent.defined()) return undefined();
  if (exponent.exact) {
    const Complex x = base.ball(at_);
    if (!x.finite()) {  // ∞ to a power
      if (exponent.exact->is_zero() || !x.is_real()) return undefined();
      if (exponent.exact->sign() < 0) return Number::of(Rational(0));
      return x.re.sign() > 0 || !exponent.exact->is_integer() ? Number::of(Complex{Ball::infinity(false), Ball::exact(0)})
                                                              : Number::of(Complex{Ball::infinity(exponent.exact->numerator().is_odd()), Ball::exact(0)});
    }
    return rational_power(base, *exponent.exact);
  }
  const Complex x = base.ball(at_), y = exponent.ball(at_);
  if (x.is_exact_zero()) return y.is_real() && y.re.sign() > 0 ? Number::of(Rational(0)) : undefined();
  if (!y.finite()) {  // b^±∞ for b > 0
    if (!x.is_real() || !y.is_real() || x.re.sign() <= 0) return undefined();
    const int side = order(x.re, Ball::exact(1)) * y.re.sign();
    return side > 0 ? Number::of(Complex{Ball::infinity(false), Ball::exact(0)}) : side < 0 ? Number::of(Rational(0)) : undefined();
  }
  return Number::of(exponential(multiply(y, logarithm(x, at_), at_), at_));
}

Number Evaluator::root(const Number& radicand, const Number& index) {
  if (!radicand.defined() || !index.defined()) return undefined();
  if (!index.exact) return power_of(radicand, divide_two(Number::of(Rational(1)), index));
  if (index.exact->is_zero()) return undefined();
  return power_of(radicand, Number::of(Rational(1) / *index.exact));
}

Number Evaluator::factorial(const Number& n) {
  if (!n.exact) return undefined();
  const auto count = n.exact->small_integer();
  if (!count || *count < 0 || *count > kMaxFactorial) return undefined();
  // Exactly while it fits, then as a ball.
  BigInteger exact(1);
  std::int64_t i = 2;
  while (i <= *count && exact.bits() + 64 < kMaxRationalBits) {
    std::uint64_t chunk = 1;  // as many factors as one limb holds
    for (; i <= *count && chunk <= UINT64_MAX / static_cast<std::uint64_t>(i); ++i) chunk *= static_cast<std::uint64_t>(i);
    if (!at_.work.spend(static_cast<std::int64_t>(exact.limbs()) + 100)) return undefined();
    exact = exact * BigInteger::from_unsigned(chunk);
  }
  if (i > *count) return Number::of(Rational(std::move(exact)));
  Ball product = from_rational(Rational(std::move(exact)), at_);
  for (; i <= *count; ++i) {
    product = multiply(product, Ball::exact(i), at_);
    if (at_.work.spent()) return undefined();
  }
  return Number::of(Complex{product, Ball::exact(0)});
}

Number Evaluator::binomial(const Number& n, const Number& k) {
  if (!n.exact || !k.exact) return undefined();
  auto count = k.exact->small_integer();
  if (!count) return undefined();
  if (*count < 0) return n.exact->is_integer() && n.exact->sign() >= 0 ? Number::of(Rational(0)) : undefined();
  if (const auto whole = n.exact->small_integer(); whole && *whole >= 0) {
    if (*count > *whole) return Number::of(Rational(0));
    count = std::min(*count, *whole - *count);
  }
  Number out = Number::of(Rational(1));
  for (std::int64_t i = 0; i < *count; ++i) {
    const Rational factor = (*n.exact - Rational(i)) / Rational(i + 1);
    if (!at_.work.spend(300)) return undefined();
    if (out.exact) {
      if (!charge(*out.exact, factor)) return undefined();
      out = settle(*out.exact * factor);
    } else {
      out = Number::of(multiply(out.ball(at_), {from_rational(factor, at_), Ball::exact(0)}, at_));
    }
  }
  return out;
}

Number Evaluator::floor_like(const Number& x, bool up) {
  if (x.exact) return Number::of(Rational(up ? ceiling(*x.exact) : floor(*x.exact)));
  if (!x.value.is_real() || !x.value.finite()) return undefined();
  BigInteger whole;
  if (!floor_of(up ? negate(x.value.re) : x.value.re, whole)) return undefined();
  return settle(Rational(up ? -whole : whole));
}

Number Evaluator::divisor_like(const Expr& e) {
  Rational out;
  bool first = true;
  for (const ExprPtr& arg : e.args) {
    const Number x = run(*arg);
    if (!x.exact || !charge(out, *x.exact)) return undefined();
    // gcd(a/b, c/d) = gcd(a, c) / lcm(b, d), ≥ 0; lcm by the product, its sign kept.
    const auto common = [](const Rational& a, const Rational& b) {
      const BigInteger low = gcd(a.denominator(), b.denominator());
      return Rational(gcd(a.numerator(), b.numerator()), a.denominator() * divide(b.denominator(), low).first);
    };
    if (first) {
      out = *x.exact;
      if (e.args.size() == 1 || e.op == Op::kGcd) out = e.op == Op::kGcd && out.sign() < 0 ? -out : out;
    } else if (e.op == Op::kGcd) {
      out = common(out, *x.exact);
    } else {
      out = out.is_zero() || x.exact->is_zero() ? Rational(0) : out * *x.exact / common(out, *x.exact);
    }
    if (!out.fits()) return undefined();
    first = false;
  }
  return Number::of(out);
}

Number Evaluator::extreme(const Expr& e) {
  Number best;
  bool first = true;
  for (const ExprPtr& arg : e.args) {
    Number x = run(*arg);
    if (!x.defined()) return undefined();
    if (first) {
      best = std::move(x);
      first = false;
      continue;
    }
    int side = 0;
    if (best.exact && x.exact) {
      side = compare(*x.exact, *best.exact);
      if (side == 0) continue;
    } else {
      const Complex a = x.ball(at_), b = best.ball(at_);
      if (!a.is_real() || !b.is_real()) return undefined();
      side = order(a.re, b.re);
      if (side == 0) {
        best = Number::of(Complex{hull(a.re, b.re, at_), Ball::exact(0)});
        continue;
      }
    }
    if ((side > 0) == (e.op == Op::kMax)) best = std::move(x);
  }
  return first ? undefined() : best;
}

Number Evaluator::modulo(const Number& a, const Number& b) {  // a − b ⌊a/b⌋
  const Number count = floor_like(divide_two(a, b), false);
  if (!count.exact) return undefined();
  if (a.exact && b.exact) return charge(*b.exact, *count.exact) ? settle(*a.exact - *b.exact * *count.exact) : undefined();
  return Number::of(subtract(a.ball(at_), multiply(b.ball(at_), count.ball(at_), at_), at_));
}

Number Evaluator::log(const Expr& e) {
  const Number x = run(*e.args[0]);
  if (!x.defined()) return undefined();
  if (x.exact && x.exact->is_one()) return Number::of(Rational(0));
  const Complex top = logarithm(x.ball(at_), at_);
  if (e.args.size() == 1) return Number::of(top);
  const Number base = run(*e.args[1]);
  if (!base.defined() || (base.exact && base.exact->is_one())) return undefined();
  return Number::of(divide(top, logarithm(base.ball(at_), at_), at_));
}

// Σ and Π with integer bounds, term by term; each term costs work.
Number Evaluator::range(const Expr& e) {
  const Number low = run(*e.args[2]), high = run(*e.args[3]);
  if (!low.exact || !high.exact || !low.exact->is_integer() || !high.exact->is_integer()) return undefined();
  if (compare(*high.exact, *low.exact - Rational(1)) < 0) return undefined();  // shorter than empty: conventions differ
  const bool sum = e.op == Op::kSum;
  Number out = Number::of(Rational(sum ? 0 : 1));
  for (Rational i = *low.exact; compare(i, *high.exact) <= 0; i = i + Rational(1)) {
    if (!at_.work.spend(100)) return undefined();
    bindings_.push_back({e.args[1]->text, Number::of(i)});
    const Number term = run(*e.args[0]);
    bindings_.pop_back();
    if (!term.defined()) return undefined();
    if (out.exact && term.exact) {
      if (!charge(*out.exact, *term.exact)) return undefined();
      out = settle(sum ? *out.exact + *term.exact : *out.exact * *term.exact);
    } else {
      const Complex a = out.ball(at_), b = term.ball(at_);
      out = Number::of(sum ? add(a, b, at_) : multiply(a, b, at_));
    }
  }
  return out;
}

Number Evaluator::run(const Expr& e) {
  if (!at_.work.spend(100)) return undefined();
  const auto arg = [&](std::size_t i) { return run(*e.args[i]); };
  switch (e.op) {
    case Op::kNumber: {
      const auto value = number_value(e);
      return value ? Number::of(*value) : undefined();
    }
    case Op::kSymbol: return symbol(e.text);
    case Op::kPi: return Number::of(Complex{pi(at_), Ball::exact(0)});
    case Op::kE: return Number::of(Complex{exponential(Ball::exact(1), at_), Ball::exact(0)});
    case Op::kI: return Number::of(Complex{Ball::exact(0), Ball::exact(1)});
    case Op::kInfinity: return Number::of(Complex{Ball::infinity(false), Ball::exact(0)});
    case Op::kAdd: return add_all(e);
    case Op::kMul: return multiply_all(e);
    case Op::kNegate: {
      const Number x = arg(0);
      return x.exact ? Number::of(-*x.exact) : Number::of(negate(x.value));
    }
    case Op::kDivide: return divide_two(arg(0), arg(1));
    case Op::kPower: {
      if (e.args[0]->op == Op::kE) {  // the same as exp, and one function fewer
        const Number x = arg(1);
        if (x.exact && x.exact->is_zero()) return Number::of(Rational(1));
        return x.defined() ? Number::of(exponential(x.ball(at_), at_)) : undefined();
      }
      const Number base = arg(0);
      return power_of(base, arg(1));
    }
    case Op::kRoot: {
      const Number radicand = arg(0);
      return root(radicand, arg(1));
    }
    case Op::kFactorial: return factorial(arg(0));
    case Op::kBinomial: {
      const Number n = arg(0);
      return binomial(n, arg(1));
    }
    case Op::kFloor: return floor_like(arg(0), false);
    case Op::kCeiling: return floor_like(arg(0), true);
    case Op::kGcd:
    case Op::kLcm: return divisor_like(e);
    case Op::kMin:
    case Op::kMax: return extreme(e);
    case Op::kMod: {
      const Number a = arg(0);
      return modulo(a, arg(1));
    }
    case Op::kLog: return log(e);
    case Op::kSum:
    case Op::kProduct: return range(e);
    case Op::kPlusMinus:
    case Op::kCall: return undefined();
    default: break;
  }
  const Number x = arg(0);
  if (!x.defined()) return undefined();
  if (x.exact) {
    if (e.op == Op::kAbs) return Number::of(x.exact->sign() < 0 ? -*x.exact : *x.exact);
    if (e.op == Op::kRe || e.op == Op::kConjugate) return x;
    if (e.op == Op::kIm) return Number::of(Rational(0));
    if (x.exact->is_zero() && (e.op == Op::kSin || e.op == Op::kTan || e.op == Op::kSinh || e.op == Op::kTanh || e.op == Op::kArcsin || e.op == Op::kArctan)) return x;
    if (x.exact->is_zero() && (e.op == Op::kCos || e.op == Op::kCosh || e.op == Op::kExp || e.op == Op::kSec)) return Number::of(Rational(1));
  }
  for (const UnaryRow& row : kUnary) {
    if (row.op == e.op) return Number::of((this->*row.function)(x.ball(at_)));
  }
  return undefined();
}

}  // namespace

Number evaluate(const Expr& expression, const std::vector<Binding>& bindings, const Arithmetic& at, std::size_t exact_bits) {
  Number out = Evaluator(bindings, at, exact_bits).run(expression);
  if (at.work.spent()) return undefined();
  if (!out.exact && out.value.is_real() && out.value.finite() && out.value.re.radius.is_zero()) {
    const Dyadic& middle = out.value.re.middle;  // a point after all, such as 1/∞
    if (std::abs(middle.exponent) < 1024) {
      const BigInteger scale = BigInteger::power_of_two(static_cast<std::size_t>(std::abs(middle.exponent)));
      return Number::of(middle.exponent < 0 ? Rational(middle.mantissa, scale) : Rational(middle.mantissa * scale));
    }
  }
  if (!out.exact && (!out.value.re.finite() || !out.value.im.finite())) {
    // A signed infinity is a value of its own only on the real line.
    if (!out.value.is_real()) return undefined();
  }
  return out;
}

}  // namespace laconic::verifiers::math
