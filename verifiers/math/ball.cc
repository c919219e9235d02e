#include "verifiers/math/ball.h"

#include <algorithm>
#include <cmath>

namespace laconic::verifiers::math {
namespace {

constexpr double kUp = 1 + 0x1p-50, kDown = 1 - 0x1p-50;  // wider than the rounding of one operation on doubles
constexpr std::int64_t kFar = 200;                        // beyond it a double's fraction no longer feels the smaller one

// Truncates to the precision; what was cut goes into the radius.
void round(Ball& x, std::size_t precision) {
  const std::size_t bits = x.middle.mantissa.bits();
  if (bits > precision + 32) {  // some slack: rounding costs more than a few bits
    const std::size_t cut = bits - precision;
    x.middle.mantissa = x.middle.mantissa >> cut;
    x.middle.exponent += static_cast<std::int64_t>(cut);
    x.radius = add_up(x.radius, Bound::two_to(x.middle.exponent));
  }
  if (x.middle.mantissa.is_zero()) x.middle.exponent = 0;
  else if (x.middle.top() > kMaxExponent || x.radius.is_infinite()) x = Ball::undefined();
  else if (x.middle.top() < -kMaxExponent) x = Ball::unsure(Bound::two_to(-kMaxExponent));
  if (x.radius.is_infinite()) x = Ball::undefined();
}

std::int64_t cost(const Ball& a, const Ball& b) { return 120 + static_cast<std::int64_t>((a.middle.mantissa.limbs() + 1) * (b.middle.mantissa.limbs() + 1)); }

Dyadic add_exact(const Dyadic& a, const Dyadic& b) {
  if (a.mantissa.is_zero()) return b;
  if (b.mantissa.is_zero()) return a;
  const std::int64_t low = std::min(a.exponent, b.exponent);
  return {(a.mantissa << static_cast<std::size_t>(a.exponent - low)) + (b.mantissa << static_cast<std::size_t>(b.exponent - low)), low};
}

}  // namespace

Bound Bound::of(double fraction, std::int64_t exponent) {
  Bound out;
  if (fraction <= 0) return out;
  int shift = 0;
  out.fraction_ = std::frexp(fraction, &shift);
  out.exponent_ = exponent + shift;
  if (out.exponent_ > 2 * kMaxExponent) return infinite();
  if (out.exponent_ < -4 * kMaxExponent) out.exponent_ = -4 * kMaxExponent;
  return out;
}

Bound Bound::two_to(std::int64_t exponent) { return of(1, exponent); }

Bound Bound::infinite() {
  Bound out;
  out.fraction_ = 0.5;
  out.exponent_ = INT64_MAX / 4;
  return out;
}

bool Bound::is_infinite() const { return exponent_ == INT64_MAX / 4; }

Bound Bound::above(const BigInteger& mantissa, std::int64_t exponent) {
  if (mantissa.is_zero()) return {};
  const auto bits = static_cast<std::int64_t>(mantissa.bits());
  if (bits <= 53) return of(static_cast<double>(mantissa.top_bits(static_cast<int>(bits))), exponent);
  return of(static_cast<double>(mantissa.top_bits(52) + 1), exponent + bits - 52);
}

Bound Bound::below(const BigInteger& mantissa, std::int64_t exponent) {
  if (mantissa.is_zero()) return {};
  const auto bits = static_cast<std::int64_t>(mantissa.bits());
  const auto used = std::min<std::int64_t>(bits, 53);
  return of(static_cast<double>(mantissa.top_bits(static_cast<int>(used))), exponent + bits - used);
}

Bound add_up(Bound a, Bound b) {
  if (a.is_infinite() || b.is_infinite()) return Bound::infinite();
  if (a < b) std::swap(a, b);
  if (b.is_zero()) return a;
  const std::int64_t gap = a.exponent_ - b.exponent_;
  const double smaller = gap > kFar ? 0x1p-60 : std::ldexp(b.fraction_, -static_cast<int>(gap));
  return Bound::of((a.fraction_ + smaller) * kUp, a.exponent_);
}

Bound multiply_up(Bound a, Bound b) {
  if (a.is_zero() || b.is_zero()) return {};
  if (a.is_infinite() || b.is_infinite()) return Bound::infinite();
  return Bound::of(a.fraction_ * b.fraction_ * kUp, a.exponent_ + b.exponent_);
}

Bound divide_up(Bound a, Bound lower_bound) {
  if (lower_bound.is_zero() || a.is_infinite()) return Bound::infinite();
  if (a.is_zero()) return {};
  return Bound::of(a.fraction_ / lower_bound.fraction_ * kUp, a.exponent_ - lower_bound.exponent_);
}

Bound subtract_down(Bound lower, Bound upper) {
  if (upper.is_zero()) return lower;
  if (upper.is_infinite() || !(upper < lower)) return {};
  const std::int64_t gap = lower.exponent_ - upper.exponent_;
  const double smaller = gap > kFar ? 0x1p-60 : std::ldexp(upper.fraction_, -static_cast<int>(gap));
  const double rest = lower.fraction_ - smaller * kUp;
  return rest <= 0 ? Bound() : Bound::of(rest * kDown, lower.exponent_);
}

Bound square_root_up(Bound a) {
  if (a.is_zero() || a.is_infinite()) return a;
  const bool odd = a.exponent_ & 1;
  return Bound::of(std::sqrt(odd ? 2 * a.fraction_ : a.fraction_) * kUp, (a.exponent_ - odd) / 2);
}

Bound square_root_down(Bound a) {
  if (a.is_zero() || a.is_infinite()) return a;
  const bool odd = a.exponent_ & 1;
  return Bound::of(std::sqrt(odd ? 2 * a.fraction_ : a.fraction_) * kDown, (a.exponent_ - odd) / 2);
}

bool operator<(Bound a, Bound b) {
  if (a.is_zero() || b.is_zero()) return a.is_zero() && !b.is_zero();
  return a.exponent_ != b.exponent_ ? a.exponent_ < b.exponent_ : a.fraction_ < b.fraction_;
}

BigInteger Bound::mantissa(std::int64_t& exponent) const {
  exponent = exponent_ - 53;
  return BigInteger(static_cast<std::int64_t>(std::ldexp(fraction_, 53)));
}

Ball Ball::exact(std::int64_t value) {
  Ball out;
  out.middle.mantissa = value;
  return out;
}

Ball Ball::undefined() {
  Ball out;
  out.state = State::kUndefined;
  return out;
}

Ball Ball::infinity(bool negative) {
  Ball out;
  out.state = negative ? State::kNegativeInfinity : State::kPositiveInfinity;
  return out;
}

Ball Ball::unsure(Bound magnitude) {
  if (magnitude.is_infinite()) return undefined();
  Ball out;
  out.radius = magnitude;
  return out;
}

int Ball::sign() const {
  if (state == State::kPositiveInfinity) return 1;
  if (state == State::kNegativeInfinity) return -1;
  return !finite() || contains_zero() ? 0 : middle.mantissa.sign();
}

std::int64_t Ball::accuracy() const {
  if (!finite()) return 0;
  if (radius.is_zero()) return kMaxExponent;
  const std::int64_t size = std::max<std::int64_t>(1, middle.mantissa.is_zero() ? 1 : middle.top());
  return std::max<std::int64_t>(0, size - radius.exponent());
}

Ball from_rational(const Rational& value, const Arithmetic& at) {
  Ball numerator, denominator;
  numerator.middle.mantissa = value.numerator();
  if (value.is_integer()) {
    round(numerator, at.precision);
    return numerator;
  }
  denominator.middle.mantissa = value.denominator();
  return divide(numerator, denominator, at);
}

Ball negate(Ball a) {
  if (a.state == Ball::State::kPositiveInfinity || a.state == Ball::State::kNegativeInfinity) return Ball::infinity(a.state == Ball::State::kPositiveInfinity);
  a.middle.mantissa = -a.middle.mantissa;
  return a;
}

Ball add(const Ball& a, const Ball& b, const Arithmetic& at) {
  if (!a.finite() || !b.finite()) {
    if (a.state == Ball::State::kUndefined || b.state == Ball::State::kUndefined) return Ball::undefined();
    if (a.finite()) return b;
    return b.finite() || a.state == b.state ? a : Ball::undefined();
  }
  at.work.spend(120);
  Ball out;
  out.radius = add_up(a.radius, b.radius);
  const Ball& larger = a.middle.mantissa.is_zero() || (!b.middle.mantissa.is_zero() && a.middle.top() < b.middle.top()) ? b : a;
  const Ball& smaller = &larger == &a ? b : a;
  const auto reach = static_cast<std::int64_t>(at.precision) + 64;
  if (!smaller.middle.mantissa.is_zero() && larger.middle.top() - smaller.middle.top() > reach) {
    out.middle = larger.middle;
    out.radius = add_up(out.radius, Bound::above(smaller.middle.mantissa, smaller.middle.exponent));
  } else {
    out.middle = add_exact(a.middle, b.middle);
  }
  round(out, at.precision);
  return out;
}

Ball subtract(const Ball& a, const Ball& b, const Arithmetic& at) { return add(a, negate(b), at); }

Ball multiply(const Ball& a, const Ball& b, const Arithmetic& at) {
  if (!a.finite() || !b.finite()) {
    const int sign = a.sign() * b.sign();
    return sign == 0 ? Ball::undefined() : Ball::infinity(sign < 0);
  }
  at.work.spend(cost(a, b));
  Ball out;
  out.middle.mantissa = a.middle.mantissa * b.middle.mantissa;
  out.middle.exponent = a.middle.exponent + b.middle.exponent;
  if (!a.radius.is_zero() || !b.radius.is_zero()) {
    const Bound x = Bound::above(a.middle.mantissa, a.middle.exponent), y = Bound::above(b.middle.mantissa, b.middle.exponent);
    out.radius = add_up(add_up(multiply_up(x, b.radius), multiply_up(y, a.radius)), multiply_up(a.radius, b.radius));
  }
  round(out, at.precision);
  return out;
}

Ball divide(const Ball& a, const Ball& b, const Arithmetic& at) {
  if (!a.finite() || !b.finite()) {
    if (a.finite() && b.state != Ball::State::kUndefined) return Ball::exact(0);
    const int sign = a.sign() * b.sign();
    return sign == 0 || !b.finite() ? Ball::undefined() : Ball::infinity(sign < 0);
  }
  const Bound lower = b.lower();
  if (lower.is_zero()) return Ball::undefined();
  Ball out;
  const auto shift = static_cast<std::int64_t>(at.precision) + 2 + static_cast<std::int64_t>(b.middle.mantissa.bits()) - static_cast<std::int64_t>(a.middle.mantissa.bits());
  at.work.spend(100 + cost(a, b) + 2 * static_cast<std::int64_t>(at.precision / 64 + 1) * static_cast<std::int64_t>(b.middle.mantissa.limbs() + 1));
  if (!a.middle.mantissa.is_zero()) {
    auto [quotient, remainder] = divide(shift > 0 ? a.middle.mantissa << static_cast<std::size_t>(shift) : a.middle.mantissa, b.middle.mantissa);
    out.middle.mantissa = std::move(quotient);
    out.middle.exponent = a.middle.exponent - b.middle.exponent - std::max<std::int64_t>(shift, 0);
    if (!remainder.is_zero()) out.radius = Bound::two_to(out.middle.exponent);
  }
  if (!a.radius.is_zero() || !b.radius.is_zero()) {
    // |a/b − a₀/b₀| ≤ (r_a + |a₀/b₀| r_b) / |b|
    const Bound ratio = divide_up(Bound::above(a.middle.mantissa, a.middle.exponent), Bound::below(b.middle.mantissa, b.middle.exponent));
    out.radius = add_up(out.radius, divide_up(add_up(a.radius, multiply_up(ratio, b.radius)), lower));
  }
  round(out, at.precision);
  return out;
}

Ball square_root(const Ball& a, const Arithmetic& at) {
  if (a.state == Ball::State::kPositiveInfinity) return a;
  if (!a.finite() || a.sign() < 0) return Ball::undefined();
  if (a.is_exact_zero()) return a;
  if (a.contains_zero()) {  // [0, √upper]
    const Bound end = square_root_up(a.upper());
    Ball out;
    out.middle.mantissa = end.mantissa(out.middle.exponent);
    --out.middle.exponent;
    out.radius = Bound::above(out.middle.mantissa, out.middle.exponent);
    return out;
  }
  std::int64_t shift = 2 * static_cast<std::int64_t>(at.precision + 2) - static_cast<std::int64_t>(a.middle.mantissa.bits());
  if (shift < 0) shift = 0;
  if ((a.middle.exponent - shift) & 1) ++shift;
  const auto limbs = static_cast<std::int64_t>(at.precision / 64 + 1);
  at.work.spend(30 * limbs * limbs + 2500);
  const BigInteger scaled = a.middle.mantissa << static_cast<std::size_t>(shift);
  Ball out;
  out.middle.mantissa = floor_root(scaled, 2);
  out.middle.exponent = (a.middle.exponent - shift) / 2;
  if (!(out.middle.mantissa * out.middle.mantissa == scaled)) out.radius = Bound::two_to(out.middle.exponent);
  if (!a.radius.is_zero()) {  // |√x − √m| = |x − m| / (√x + √m)
    out.radius = add_up(out.radius, divide_up(a.radius, square_root_down(Bound::below(a.middle.mantissa, a.middle.exponent))));
  }
  round(out, at.precision);
  return out;
}

Ball scale(Ball a, std::int64_t power_of_two) {
  if (!a.finite()) return a;
  if (!a.middle.mantissa.is_zero()) a.middle.exponent += power_of_two;
  a.radius = multiply_up(a.radius, Bound::two_to(power_of_two));
  return a;
}

Ball absolute(const Ball& a, const Arithmetic& at) {
  if (!a.finite()) return a.state == Ball::State::kUndefined ? a : Ball::infinity(false);
  const int sign = a.sign();
  if (sign > 0 || a.is_exact_zero()) return a;
  if (sign < 0) return negate(a);
  return hull(Ball::exact(0), Ball::unsure(a.upper()), at);
}

Ball hull(const Ball& a, const Ball& b, const Arithmetic& at) {
  if (!a.finite() || !b.finite()) return Ball::undefined();
  Ball out = scale(add(a, b, at), -1);
  const Ball half = scale(subtract(a, b, at), -1);
  out.radius = add_up(out.radius, add_up(half.upper(), add_up(a.radius, b.radius)));
  return out;
}

int order(const Ball& a, const Ball& b) {
  if (a.state == Ball::State::kUndefined || b.state == Ball::State::kUndefined) return 0;
  if (!a.finite() || !b.finite()) {
    const int x = a.finite() ? 0 : a.sign(), y = b.finite() ? 0 : b.sign();
    return x < y ? -1 : x > y ? 1 : 0;
  }
  Work unlimited(INT64_MAX);
  const Ball difference = subtract(a, b, {128, unlimited});
  return difference.sign();
}

bool disjoint(const Ball& a, const Ball& b) { return order(a, b) != 0; }

bool floor_of(const Ball& a, BigInteger& out) {
  if (!a.finite() || a.middle.top() > 4096 || (!a.radius.is_zero() && a.radius.exponent() > 4)) return false;
  // The ends, exactly: the radius is a double's worth of bits.
  std::int64_t exponent = 0;
  const BigInteger radius = a.radius.is_zero() ? BigInteger() : a.radius.mantissa(exponent);
  if (exponent < -100'000 || a.middle.exponent < -100'000) return false;
  const auto floor_dyadic = [](const Dyadic& x) {
    if (x.exponent >= 0) return x.mantissa << static_cast<std::size_t>(x.exponent);
    const auto shift = static_cast<std::size_t>(-x.exponent);
    BigInteger whole = x.mantissa >> shift;
    if (x.mantissa.sign() < 0 && x.mantissa.trailing_zeros() < shift) whole = whole - 1;
    return whole;
  };
  const BigInteger low = floor_dyadic(add_exact(a.middle, {-radius, exponent})), high = floor_dyadic(add_exact(a.middle, {radius, exponent}));
  if (!(low == high)) return false;
  out = low;
  return true;
}

}  // namespace laconic::verifiers::math
