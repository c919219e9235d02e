// The value of an expression at a point: exactly while it is a rational of bounded size, as a complex
// ball otherwise. Conventions: x^(p/q) with an odd q and a negative real x is the real power, as are odd
// roots; other powers, logarithms and inverse functions take the principal branch; 0^0 = 1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/math/complex_ball.h"
#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

struct Number {
  std::optional<Rational> exact;
  Complex value;  // only if not exact

  static Number of(Rational value) { return {std::move(value), {}}; }
  static Number of(Complex value) { return {std::nullopt, std::move(value)}; }
  Complex ball(const Arithmetic& at) const { return exact ? Complex{from_rational(*exact, at), Ball::exact(0)} : value; }
  bool defined() const { return exact || value.defined(); }
};

struct Binding {
  std::string_view name;
  Number value;
};

// Undefined (not `defined()`): 1/0 and what cannot be told from it at this precision, log 0, a value
// beyond the exponent's range, an unbound name, or the work was spent.
//
// `exact_bits`: how long a rational may get before it becomes a ball.
Number evaluate(const Expr& expression, const std::vector<Binding>& bindings, const Arithmetic& at, std::size_t exact_bits = kMaxRationalBits);

}  // namespace laconic::verifiers::math
