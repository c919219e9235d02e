#include "verifiers/math/complex_ball.h"

#include <algorithm>

namespace laconic::verifiers::math {
namespace {

Complex real(Ball x) {
  if (x.state == Ball::State::kUndefined) return Complex::undefined();
  return {std::move(x), Ball::exact(0)};
}

Complex half(Complex a) { return {scale(std::move(a.re), -1), scale(std::move(a.im), -1)}; }

}  // namespace

std::int64_t Complex::accuracy() const {
  if (!finite()) return 0;
  // Both parts against the larger of them.
  const auto size = [](const Ball& x) { return x.middle.mantissa.is_zero() ? std::int64_t(1) : std::max<std::int64_t>(1, x.middle.top()); };
  const std::int64_t top = std::max(size(re), size(im));
  const auto bits = [&](const Ball& x) { return x.radius.is_zero() ? kMaxExponent : std::max<std::int64_t>(0, top - x.radius.exponent()); };
  return std::min(bits(re), bits(im));
}

Complex negate(Complex a) { return {negate(std::move(a.re)), negate(std::move(a.im))}; }
Complex conjugate(Complex a) { return {std::move(a.re), negate(std::move(a.im))}; }
Complex times_i(const Complex& a) { return {negate(a.im), a.re}; }

Complex add(const Complex& a, const Complex& b, const Arithmetic& at) { return {add(a.re, b.re, at), add(a.im, b.im, at)}; }
Complex subtract(const Complex& a, const Complex& b, const Arithmetic& at) { return {subtract(a.re, b.re, at), subtract(a.im, b.im, at)}; }

Complex multiply(const Complex& a, const Complex& b, const Arithmetic& at) {
  if (a.is_real() && b.is_real()) return real(multiply(a.re, b.re, at));
  if (a.is_real()) return {multiply(a.re, b.re, at), multiply(a.re, b.im, at)};
  if (b.is_real()) return multiply(b, a, at);
  return {subtract(multiply(a.re, b.re, at), multiply(a.im, b.im, at), at), add(multiply(a.re, b.im, at), multiply(a.im, b.re, at), at)};
}

Complex divide(const Complex& a, const Complex& b, const Arithmetic& at) {
  if (b.is_real()) {
    const Ball re = divide(a.re, b.re, at);
    if (re.state == Ball::State::kUndefined) return Complex::undefined();
    return {re, a.is_real() ? Ball::exact(0) : divide(a.im, b.re, at)};
  }
  const Ball square = add(multiply(b.re, b.re, at), multiply(b.im, b.im, at), at);
  const Complex product = multiply(a, conjugate(b), at);
  return {divide(product.re, square, at), divide(product.im, square, at)};
}

Ball modulus(const Complex& a, const Arithmetic& at) {
  if (a.is_real()) return absolute(a.re, at);
  if (a.re.is_exact_zero()) return absolute(a.im, at);
  Ball square = add(multiply(a.re, a.re, at), multiply(a.im, a.im, at), at);
  if (square.sign() < 0) return Ball::undefined();
  return square_root(square, at);
}

Complex square_root(const Complex& a, const Arithmetic& at) {
  if (!a.defined()) return Complex::undefined();
  if (a.is_real()) {
    if (a.re.sign() > 0 || a.re.is_exact_zero()) return real(square_root(a.re, at));
    if (a.re.sign() < 0) return a.re.finite() ? Complex{Ball::exact(0), square_root(negate(a.re), at)} : Complex::undefined();
    const Ball both = Ball::unsure(square_root_up(a.re.upper()));
    return {both, both};
  }
  if (!a.finite()) return Complex::undefined();
  const Ball size = modulus(a, at);
  if (a.re.sign() > 0) {
    const Ball re = square_root(scale(add(size, a.re, at), -1), at);
    return {re, divide(a.im, scale(re, 1), at)};
  }
  if (const int side = a.im.sign(); side != 0) {
    Ball im = square_root(scale(subtract(size, a.re, at), -1), at);
    if (side < 0) im = negate(im);
    const Ball re = divide(a.im, scale(im, 1), at);
    if (re.finite()) return {re, im};
  }
  const Ball both = Ball::unsure(square_root_up(size.upper()));
  return {both, both};
}

Complex exponential(const Complex& a, const Arithmetic& at) {
  const Ball size = exponential(a.re, at);
  if (a.is_real()) return real(size);
  if (!size.finite()) return Complex::undefined();
  Ball s, c;
  sine_cosine(a.im, s, c, at);
  return {multiply(size, c, at), multiply(size, s, at)};
}

Complex logarithm(const Complex& a, const Arithmetic& at) {
  if (a.is_real() && a.re.sign() > 0) return real(logarithm(a.re, at));
  if (!a.finite() || a.contains_zero()) return Complex::undefined();
  return {logarithm(modulus(a, at), at), angle(a.im, a.re, at)};
}

Complex power(const Complex& base, std::int64_t exponent, const Arithmetic& at) {
  if (exponent < 0) return divide(Complex::exact(1), power(base, -exponent, at), at);
  Complex out = Complex::exact(1), square = base;
  for (auto n = static_cast<std::uint64_t>(exponent); n; n >>= 1) {
    if (n & 1) out = multiply(out, square, at);
    if (n > 1) square = multiply(square, square, at);
  }
  return out;
}

void sine_cosine(const Complex& a, Complex& sine, Complex& cosine, const Arithmetic& at) {
  Ball s, c;
  sine_cosine(a.re, s, c, at);
  if (a.is_real()) {
    sine = real(s);
    cosine = real(c);
    return;
  }
  const Ball up = exponential(a.im, at), down = divide(Ball::exact(1), up, at);
  const Ball sinh = scale(subtract(up, down, at), -1), cosh = scale(add(up, down, at), -1);
  sine = {multiply(s, cosh, at), multiply(c, sinh, at)};
  cosine = {multiply(c, cosh, at), negate(multiply(s, sinh, at))};
}

void hyperbolic(const Complex& a, Complex& sine, Complex& cosine, const Arithmetic& at) {
  const Complex up = exponential(a, at), down = divide(Complex::exact(1), up, at);
  sine = half(subtract(up, down, at));
  cosine = half(add(up, down, at));
}

Complex arc_sine(const Complex& a, const Arithmetic& at) {
  const Complex rest = subtract(Complex::exact(1), multiply(a, a, at), at);
  if (a.is_real() && (rest.re.sign() > 0 || rest.re.is_exact_zero())) return real(angle(a.re, square_root(rest.re, at), at));
  // −i log(i z + √(1 − z²))
  return negate(times_i(logarithm(add(times_i(a), square_root(rest, at), at), at)));
}

Complex arc_tangent(const Complex& a, const Arithmetic& at) {
  if (a.is_real()) return real(arc_tangent(a.re, at));
  // (i/2) (log(1 − i z) − log(1 + i z))
  const Complex turned = times_i(a), one = Complex::exact(1);
  return half(times_i(subtract(logarithm(subtract(one, turned, at), at), logarithm(add(one, turned, at), at), at)));
}

bool disjoint(const Complex& a, const Complex& b) {
  if (!a.defined() || !b.defined()) return false;
  return disjoint(a.re, b.re) || disjoint(a.im, b.im);
}

}  // namespace laconic::verifiers::math
