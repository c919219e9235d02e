#include "verifiers/math/elementary.h"

#include <algorithm>
#include <cmath>

namespace laconic::verifiers::math {
namespace {

// A fixed-point constant: value = mantissa · 2^−kConstantBits within 2^16 last places.
struct Constant {
  BigInteger mantissa;
};
constexpr std::int64_t kConstantSlack = 16;

// n · atan(1/x) or, hyperbolic, n · atanh(1/x), in fixed point: at most one last place lost a step.
BigInteger inverse_series(std::int64_t n, std::int64_t x, bool hyperbolic) {
  BigInteger term = divide(BigInteger(n) << kConstantBits, BigInteger(x)).first, sum = term;
  const BigInteger square(x * x);
  for (std::int64_t k = 3; !term.is_zero(); k += 2) {
    term = divide(term, square).first;
    const BigInteger piece = divide(term, BigInteger(k)).first;
    sum = hyperbolic || k % 4 == 1 ? sum + piece : sum - piece;
  }
  return sum;
}

// Machin's formula, and its like for log 2: each at most 2,000 steps, so within 2^13 last places.
const Constant& pi_constant() {
  static const Constant value{inverse_series(16, 5, false) - inverse_series(4, 239, false)};
  return value;
}
const Constant& log2_constant() {
  static const Constant value{inverse_series(18, 26, true) - inverse_series(2, 4801, true) + inverse_series(8, 8749, true)};
  return value;
}

Ball constant_ball(const Constant& constant, std::size_t precision) {
  Ball out;
  const std::size_t cut = kConstantBits - std::min(kConstantBits - 64, precision + 32);
  out.middle.mantissa = constant.mantissa >> cut;
  out.middle.exponent = -static_cast<std::int64_t>(kConstantBits - cut);
  out.radius = add_up(Bound::two_to(out.middle.exponent), Bound::two_to(kConstantSlack - static_cast<std::int64_t>(kConstantBits)));
  return out;
}

// x · 2^bits, towards zero.
BigInteger to_fixed(const Dyadic& x, std::size_t bits) {
  const std::int64_t shift = x.exponent + static_cast<std::int64_t>(bits);
  if (shift >= 0) return x.mantissa << static_cast<std::size_t>(shift);
  return -shift >= static_cast<std::int64_t>(x.mantissa.bits()) ? BigInteger() : x.mantissa >> static_cast<std::size_t>(-shift);
}

Ball from_fixed(BigInteger mantissa, std::size_t bits, std::int64_t error_bits) {
  Ball out;
  out.middle.mantissa = std::move(mantissa);
  out.middle.exponent = -static_cast<std::int64_t>(bits);
  out.radius = Bound::two_to(error_bits - static_cast<std::int64_t>(bits));
  return out;
}

double to_double(const Dyadic& x) {
  const auto bits = static_cast<int>(std::min<std::size_t>(x.mantissa.bits(), 53));
  if (bits == 0) return 0;
  const double top = static_cast<double>(x.mantissa.top_bits(bits));
  const std::int64_t exponent = std::clamp<std::int64_t>(x.top() - bits, -2000, 2000);
  return std::ldexp(x.mantissa.sign() < 0 ? -top : top, static_cast<int>(exponent));
}

Dyadic from_double_exact(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return {BigInteger(static_cast<std::int64_t>(std::ldexp(fraction, 53))), exponent - 53};
}

Ball from_dyadic(Dyadic x) {
  Ball out;
  out.middle = std::move(x);
  return out;
}

// middle / divisor to the nearest integer, and the rest as a ball. False when it needs more bits of the
// divisor than there are.
bool reduce(const Dyadic& x, const Constant& constant, int constant_shift, const Arithmetic& at, BigInteger& count, Ball& rest) {
  const std::int64_t top = std::max<std::int64_t>(0, x.top());
  const std::size_t wide = at.precision + static_cast<std::size_t>(std::min<std::int64_t>(top, kMaxExponent)) + 64;
  if (wide + 64 > kConstantBits) return false;
  const Arithmetic wider{wide, at.work};
  const Ball divisor = scale(constant_ball(constant, wide), constant_shift);
  const Ball quotient = divide(from_dyadic(x), divisor, {static_cast<std::size_t>(top) + 64, at.work});
  const BigInteger half_up = to_fixed(quotient.middle, 1);  // 2q, then (2q ± 1) / 2 towards zero
  count = (half_up + (half_up.sign() < 0 ? -1 : 1)) >> 1;
  rest = subtract(from_dyadic(x), multiply(from_dyadic({count, 0}), divisor, wider), wider);
  return true;
}

// Halvings of the argument: about the square root of the precision balances them against the terms.
std::size_t halvings(std::size_t precision) { return 4 + static_cast<std::size_t>(std::sqrt(static_cast<double>(precision)) / 3); }

std::int64_t series_cost(std::size_t bits) {
  const auto limbs = static_cast<std::int64_t>(bits / 64 + 1);
  return (limbs * limbs + 24 * limbs + 150) * static_cast<std::int64_t>(bits / (halvings(bits) + 5));
}

// exp of a ball with |x| < 1 and a small radius, by Σ xⁿ/n! of x/2^k and k squarings. In last places:
// 3 a term, fewer than `bits` terms, and each squaring at most doubles by the value's factor, e² in all.
Ball exponential_reduced(const Ball& x, const Arithmetic& at) {
  const std::size_t k = halvings(at.precision), bits = at.precision + 2 * k + 32;
  at.work.spend(series_cost(bits));
  const BigInteger argument = to_fixed(x.middle, bits - k);  // x / 2^k
  BigInteger term = BigInteger::power_of_two(bits), sum = term;
  for (std::int64_t n = 1; !term.is_zero(); ++n) {
    term = divide((term * argument) >> bits, BigInteger(n)).first;
    sum = sum + term;
  }
  for (std::size_t i = 0; i < k; ++i) sum = (sum * sum) >> bits;
  Ball out = from_fixed(std::move(sum), bits, static_cast<std::int64_t>(k) + 16);
  // |e^x − e^m| ≤ e^m (e^r − 1) ≤ 8 r for r ≤ 1, |m| < 1
  if (!x.radius.is_zero()) out.radius = add_up(out.radius, multiply_up(x.radius, Bound::two_to(3)));
  return out;
}

// Both for |x| < 1: Taylor of x/2^k, then k doublings (each error grows at most by four).
void sine_cosine_reduced(const Dyadic& x, Ball& sine, Ball& cosine, const Arithmetic& at) {
  const std::size_t k = halvings(at.precision) / 2 + 1, bits = at.precision + 2 * k + 40;
  at.work.spend(2 * series_cost(bits));
  const BigInteger argument = to_fixed(x, bits - k), one = BigInteger::power_of_two(bits);
  BigInteger term = one, s, c = one;
  for (std::int64_t n = 1; !term.is_zero(); ++n) {
    term = divide((term * argument) >> bits, BigInteger(n)).first;
    BigInteger& target = n & 1 ? s : c;
    target = n & 2 ? target - term : target + term;
  }
  for (std::size_t i = 0; i < k; ++i) {
    s = (s * c) >> (bits - 1);
    c = ((c * c) >> (bits - 1)) - one;
  }
  const auto error = static_cast<std::int64_t>(2 * k) + 18;
  sine = from_fixed(std::move(s), bits, error);
  cosine = from_fixed(std::move(c), bits, error);
}

// Both for any middle; the radius is the caller's.
bool sine_cosine_point(const Dyadic& x, Ball& sine, Ball& cosine, const Arithmetic& at) {
  BigInteger quadrant;
  Ball rest = from_dyadic(x);
  if (x.top() > -1 && !reduce(x, pi_constant(), -1, at, quadrant, rest)) return false;
  sine_cosine_reduced(rest.middle, sine, cosine, at);
  sine.radius = add_up(sine.radius, rest.radius);  // both derivatives are at most 1
  cosine.radius = add_up(cosine.radius, rest.radius);
  if (x.top() < -static_cast<std::int64_t>(at.precision) / 2) {
    // Small angles keep their relative accuracy: sin x = x within x³/6.
    const Bound size = Bound::above(x.mantissa, x.exponent);
    sine = from_dyadic(x);
    sine.radius = multiply_up(size, multiply_up(size, size));
    if (size.exponent() > -static_cast<std::int64_t>(at.precision)) sine = subtract(sine, Ball::exact(0), at);
  }
  // Modulo 4 of a possibly negative count.
  std::uint64_t turn = quadrant.modulo(4);
  if (quadrant.sign() < 0) turn = (4 - turn) % 4;
  if (turn & 1) {
    std::swap(sine, cosine);
    cosine = negate(cosine);
  }
  if (turn & 2) {
    sine = negate(sine);
    cosine = negate(cosine);
  }
  return true;
}

}  // namespace

Ball pi(const Arithmetic& at) {
  at.work.spend(64);
  return constant_ball(pi_constant(), at.precision);
}

Ball exponential(const Ball& x, const Arithmetic& at) {
  if (x.state == Ball::State::kPositiveInfinity) return x;
  if (x.state == Ball::State::kNegativeInfinity) return Ball::exact(0);
  if (!x.finite()) return x;
  if (x.is_exact_zero()) return Ball::exact(1);
  if (!x.radius.is_zero() && x.radius.exponent() > 0) {  // wide: (0, e^upper]
    Ball end = from_dyadic(x.middle);
    std::int64_t exponent = 0;
    Dyadic radius{x.radius.mantissa(exponent), 0};
    radius.exponent = exponent;
    end = add(end, from_dyadic(radius), at);
    if (end.middle.top() > 60) return end.middle.mantissa.sign() < 0 ? Ball::unsure(Bound::two_to(-kMaxExponent)) : Ball::undefined();
    end.radius = add_up(end.radius, Bound::two_to(-64));
    end = exponential(end, at);
    return end.finite() ? Ball::unsure(end.upper()) : end;
  }
  if (x.middle.top() > 44) return x.middle.mantissa.sign() < 0 ? Ball::unsure(Bound::two_to(-kMaxExponent)) : Ball::undefined();
  BigInteger twos;
  Ball rest = x;
  if (x.middle.top() > -1) {
    if (!reduce(x.middle, log2_constant(), 0, at, twos, rest)) return Ball::undefined();
    rest.radius = add_up(rest.radius, x.radius);
  }
  std::int64_t shift = 0;
  twos.fits(shift);
  Ball out = scale(exponential_reduced(rest, at), shift);
  return add(out, Ball::exact(0), at);  // rounds, and meets the exponent's limit
}

Ball logarithm(const Ball& x, const Arithmetic& at) {
  if (x.state == Ball::State::kPositiveInfinity) return x;
  if (x.sign() <= 0) return Ball::undefined();
  // x = m · 2^n with m in [1/2, 1), or in [1, 2) when x itself is there: log of values near 1 is small.
  std::int64_t n = x.middle.top();
  if (n == 1) n = 0;
  const Ball m = from_dyadic({x.middle.mantissa, x.middle.exponent - n});
  const Ball near_one = subtract(m, Ball::exact(1), {m.middle.mantissa.bits() + 8, at.work});
  if (near_one.is_exact_zero() && n == 0 && x.radius.is_zero()) return Ball::exact(0);
  const Arithmetic wide{at.precision + 32, at.work};
  Ball y = from_dyadic(from_double_exact(std::log(to_double(m.middle))));
  if (near_one.middle.top() < -40) y = Ball::exact(0);  // the series alone
  Ball step, last;
  std::int64_t accurate = near_one.middle.top() < -40 ? -near_one.middle.top() : 48;
  while (true) {
    // log m = y + 2 atanh(d), d = (m/e^y − 1)/(m/e^y + 1); cut after d: the error is below |d|³.
    const std::size_t bits = std::min<std::size_t>(wide.precision, static_cast<std::size_t>(std::min<std::int64_t>(3 * accurate, 1 << 20)) + 64);
    const bool final = bits == wide.precision;
    const Arithmetic here{bits, at.work};
    const Ball power = exponential(y, here);
    const Ball d = divide(subtract(m, power, wide), add(m, power, here), here);
    const Bound size = d.upper();
    step = scale(d, 1);
    step.radius = add_up(step.radius, multiply_up(size, multiply_up(size, size)));
    y = add(y, step, wide);
    last = y;
    accurate = 3 * accurate - 4;
    if (final && accurate > static_cast<std::int64_t>(wide.precision)) break;
    y.radius = {};  // a guess again
    if (at.work.spent()) return Ball::undefined();
  }
  Ball out = last;
  if (n != 0) out = add(out, multiply(Ball::exact(n), constant_ball(log2_constant(), wide.precision + 48), wide), at);
  if (!x.radius.is_zero()) out.radius = add_up(out.radius, divide_up(x.radius, x.lower()));
  return add(out, Ball::exact(0), at);
}

void sine_cosine(const Ball& x, Ball& sine, Ball& cosine, const Arithmetic& at) {
  sine = cosine = Ball::undefined();
  if (!x.finite()) return;
  const Ball trivial = Ball::unsure(Bound::two_to(0));
  if ((!x.radius.is_zero() && x.radius.exponent() > 2) || !sine_cosine_point(x.middle, sine, cosine, at)) {
    sine = cosine = trivial;
    return;
  }
  sine.radius = add_up(sine.radius, x.radius);
  cosine.radius = add_up(cosine.radius, x.radius);
  if (x.is_exact_zero()) {
    sine = Ball::exact(0);
    cosine = Ball::exact(1);
  }
  sine = add(sine, Ball::exact(0), at);
  cosine = add(cosine, Ball::exact(0), at);
}

Ball arc_tangent(const Ball& x, const Arithmetic& at) {
  if (x.state == Ball::State::kUndefined) return x;
  if (!x.finite()) return scale(x.sign() < 0 ? negate(pi(at)) : pi(at), -1);
  if (x.is_exact_zero()) return x;
  const Arithmetic wide{at.precision + 32, at.work};
  if (x.middle.top() > 1) {  // |x| ≥ 2: ±π/2 − atan(1/x)
    if (x.contains_zero()) return Ball::unsure(Bound::two_to(1));
    const Ball quarter = scale(pi(wide), -1);
    return subtract(x.sign() < 0 ? negate(quarter) : quarter, arc_tangent(divide(Ball::exact(1), x, wide), wide), at);
  }
  const Ball m = from_dyadic(x.middle);
  Ball y = from_dyadic(from_double_exact(std::atan(to_double(x.middle)))), last;
  std::int64_t accurate = 48;
  if (x.middle.top() < -40) {
    y = Ball::exact(0);
    accurate = -x.middle.top();
  }
  while (!m.is_exact_zero()) {
    // atan m = y + atan(t), t = (m cos y − sin y)/(cos y + m sin y); |atan t − t| ≤ |t|³
    const std::size_t bits = std::min<std::size_t>(wide.precision, static_cast<std::size_t>(std::min<std::int64_t>(3 * accurate, 1 << 20)) + 64);
    const bool final = bits == wide.precision;
    const Arithmetic here{bits, at.work};
    Ball s, c;
    sine_cosine(y, s, c, here);
    const Ball t = divide(subtract(multiply(m, c, wide), s, wide), add(c, multiply(m, s, here), here), here);
    const Bound size = t.upper();
    Ball step = t;
    step.radius = add_up(step.radius, multiply_up(size, multiply_up(size, size)));
    y = add(y, step, wide);
    last = y;
    accurate = 3 * accurate - 4;
    if (final && accurate > static_cast<std::int64_t>(wide.precision)) break;
    y.radius = {};
    if (at.work.spent()) return Ball::undefined();
  }
  last.radius = add_up(last.radius, x.radius);  // the derivative is at most 1
  return add(last, Ball::exact(0), at);
}

Ball angle(const Ball& y, const Ball& x, const Arithmetic& at) {
  if (!x.finite() || !y.finite()) return Ball::undefined();
  const Arithmetic wide{at.precision + 16, at.work};
  if (y.is_exact_zero()) {
    if (x.sign() > 0) return Ball::exact(0);
    if (x.sign() < 0) return pi(at);
  }
  const int sx = x.sign(), sy = y.sign();
  if (sx > 0) return arc_tangent(divide(y, x, wide), at);
  if (sy != 0) {  // sign(y) π/2 − atan(x/y)
    const Ball quarter = scale(pi(wide), -1);
    return subtract(sy < 0 ? negate(quarter) : quarter, arc_tangent(divide(x, y, wide), wide), at);
  }
  return Ball::unsure(pi(wide).upper());
}

}  // namespace laconic::verifiers::math
