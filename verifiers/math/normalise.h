// From an expression to a quotient of polynomials over generators (polynomial.h): the form in which
// equality is proven without the helper. Radicals of rationals, i, π, powers, logarithms of products,
// sines of rational multiples of π, shifted factorials and the like are written in one way.
//
// Every rewriting is an identity wherever both sides are defined. Nothing is returned when a rule would
// need an assumption, a value is undefined, or the work is spent.
#pragma once

#include "verifiers/math/expr.h"
#include "verifiers/math/polynomial.h"

namespace laconic::verifiers::math {

class Normaliser {
 public:
  explicit Normaliser(Work& work) : ring_(work) {}

  // The expression has a usable shape (shape.h).
  std::optional<Quotient> run(const Expr& expression);
  Ring& ring() { return ring_; }

 private:
  using Result = std::optional<Quotient>;

  // normalise.cc
  Result fold(const Expr& e, Result (Ring::*step)(const Quotient&, const Quotient&), std::int64_t start);
  Result opaque(const Expr& e, std::vector<Quotient> arguments, bool real);
  Result whole_function(const Expr& e);   // constants through enclosures
  Result range(const Expr& e);
  Result factorial(const Expr& e);
  Result factorial_of(const Quotient& n);
  Result binomial(const Expr& e);
  Result divisor(const Expr& e);
  Result absolute(const Expr& e);
  Result conjugate(const Quotient& value);
  bool is_real(const Terms& terms) const;
  bool is_real(const Quotient& value) const { return is_real(value.top) && is_real(value.bottom); }

  // normalise_power.cc
  Result power(const Quotient& base, const Quotient& exponent);
  Result rational_power(const Quotient& base, const Rational& exponent);
  Result positive_rational_power(const Rational& value, const Rational& exponent);
  Result minus_one_power(const Rational& exponent);
  Result root_of(const Quotient& polynomial, std::int64_t index);
  Result denested(const Terms& base);
  Result exponential(const Quotient& x);
  Result logarithm(const Quotient& x);
  // The prime factors up to a trial bound; the last may be composite.
  std::vector<std::pair<BigInteger, std::int64_t>> factors(BigInteger value);
  GeneratorId prime(const BigInteger& value);
  bool is_positive(const Terms& terms) const;  // certainly

  // normalise_trigonometry.cc
  Result trigonometric(Op op, const Quotient& x);
  Result hyperbolic(Op op, const Quotient& x);
  Result inverse_hyperbolic(Op op, const Quotient& x);
  Result arc(Op op, const Quotient& x);
  Result arc_of_table(Op op, const Quotient& x);  // π times a small fraction
  bool sine_cosine(const Quotient& x, Quotient& sine, Quotient& cosine);
  bool sine_cosine_of_pi(Rational share, Quotient& sine, Quotient& cosine);

  Ring ring_;
  int bound_depth_ = 0;
  std::vector<std::pair<std::string, Quotient>> bound_;  // bound variables of sums
};

}  // namespace laconic::verifiers::math
