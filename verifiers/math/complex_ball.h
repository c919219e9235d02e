// Complex balls: a rectangle of two real balls. A value that is known to be real has an imaginary part
// that is exactly 0, and stays on the real functions. Multi-valued functions take the principal branch;
// on an unresolved cut the enclosure covers both sides.
#pragma once

#include "verifiers/math/elementary.h"

namespace laconic::verifiers::math {

struct Complex {
  Ball re, im;

  static Complex undefined() { return {Ball::undefined(), Ball::exact(0)}; }
  static Complex exact(std::int64_t value) { return {Ball::exact(value), Ball::exact(0)}; }
  bool is_real() const { return im.is_exact_zero(); }
  bool is_exact_zero() const { return re.is_exact_zero() && im.is_exact_zero(); }
  bool contains_zero() const { return re.contains_zero() && im.contains_zero(); }
  bool finite() const { return re.finite() && im.finite(); }
  bool defined() const { return re.state != Ball::State::kUndefined && im.state != Ball::State::kUndefined; }
  std::int64_t accuracy() const;  // the smaller part's, against max(1, |z|)
};

Complex negate(Complex a);
Complex conjugate(Complex a);
Complex add(const Complex& a, const Complex& b, const Arithmetic& at);
Complex subtract(const Complex& a, const Complex& b, const Arithmetic& at);
Complex multiply(const Complex& a, const Complex& b, const Arithmetic& at);
Complex divide(const Complex& a, const Complex& b, const Arithmetic& at);
Complex times_i(const Complex& a);
Ball modulus(const Complex& a, const Arithmetic& at);
Complex square_root(const Complex& a, const Arithmetic& at);
Complex exponential(const Complex& a, const Arithmetic& at);
Complex logarithm(const Complex& a, const Arithmetic& at);
Complex power(const Complex& base, std::int64_t exponent, const Arithmetic& at);
void sine_cosine(const Complex& a, Complex& sine, Complex& cosine, const Arithmetic& at);
void hyperbolic(const Complex& a, Complex& sine, Complex& cosine, const Arithmetic& at);
Complex arc_sine(const Complex& a, const Arithmetic& at);
Complex arc_tangent(const Complex& a, const Arithmetic& at);

bool disjoint(const Complex& a, const Complex& b);

}  // namespace laconic::verifiers::math
