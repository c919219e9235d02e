// Real ball arithmetic: a midpoint with a mantissa of `precision` bits and a radius, rounded outward,
// so the true value is always inside. Exponents are wide (±2^40): 9^(9^9) is an ordinary value, and a
// tower beyond is `undefined`, never an overflow.
//
// Sources: Johnson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic" (2017).
#pragma once

#include <cstdint>

#include "verifiers/math/big_integer.h"
#include "verifiers/math/rational.h"
#include "verifiers/math/work.h"

namespace laconic::verifiers::math {

inline constexpr std::int64_t kMaxExponent = std::int64_t(1) << 40;

// An upper or lower bound of a magnitude, f · 2^e with f in [0.5, 1) or 0; which of the two the
// function's name says. Infinite when it left the exponent range upwards.
class Bound {
 public:
  Bound() = default;
  static Bound two_to(std::int64_t exponent);
  static Bound infinite();
  static Bound above(const BigInteger& mantissa, std::int64_t exponent);  // ≥ |mantissa · 2^exponent|
  static Bound below(const BigInteger& mantissa, std::int64_t exponent);  // ≤

  bool is_zero() const { return fraction_ == 0; }
  bool is_infinite() const;
  std::int64_t exponent() const { return exponent_; }  // the value is < 2^exponent; meaningless for 0

  friend Bound add_up(Bound a, Bound b);
  friend Bound multiply_up(Bound a, Bound b);
  friend Bound divide_up(Bound a, Bound lower_bound);  // infinite for a lower bound of 0
  friend Bound subtract_down(Bound lower, Bound upper);  // 0 when negative
  friend Bound square_root_up(Bound a);
  friend Bound square_root_down(Bound a);
  friend bool operator<(Bound a, Bound b);
  BigInteger mantissa(std::int64_t& exponent) const;  // exactly

 private:
  static Bound of(double fraction, std::int64_t exponent);
  double fraction_ = 0;
  std::int64_t exponent_ = 0;
};

// mantissa · 2^exponent, exactly.
struct Dyadic {
  BigInteger mantissa;
  std::int64_t exponent = 0;
  std::int64_t top() const { return exponent + static_cast<std::int64_t>(mantissa.bits()); }  // |value| < 2^top
};

struct Arithmetic {
  std::size_t precision;  // bits of a midpoint
  Work& work;
};

struct Ball {
  enum class State : std::uint8_t { kFinite, kPositiveInfinity, kNegativeInfinity, kUndefined };
  State state = State::kFinite;
  Dyadic middle;
  Bound radius;

  static Ball exact(std::int64_t value);
  static Ball undefined();
  static Ball infinity(bool negative);
  static Ball unsure(Bound magnitude);  // [−magnitude, magnitude]

  bool finite() const { return state == State::kFinite; }
  bool is_exact_zero() const { return finite() && middle.mantissa.is_zero() && radius.is_zero(); }
  bool contains_zero() const { return finite() && !(radius < Bound::below(middle.mantissa, middle.exponent)) && !(radius.is_zero() && !middle.mantissa.is_zero()); }
  // Certain signs; 0 when the ball contains zero or is undefined.
  int sign() const;
  Bound upper() const { return add_up(Bound::above(middle.mantissa, middle.exponent), radius); }                 // ≥ |x|
  Bound lower() const { return subtract_down(Bound::below(middle.mantissa, middle.exponent), radius); }          // ≤ |x|
  // Bits of agreement between the ends, against max(1, |x|); 0 at least.
  std::int64_t accuracy() const;
};

Ball from_rational(const Rational& value, const Arithmetic& at);
Ball negate(Ball a);
Ball add(const Ball& a, const Ball& b, const Arithmetic& at);
Ball subtract(const Ball& a, const Ball& b, const Arithmetic& at);
Ball multiply(const Ball& a, const Ball& b, const Arithmetic& at);
Ball divide(const Ball& a, const Ball& b, const Arithmetic& at);    // undefined if b contains zero
Ball square_root(const Ball& a, const Arithmetic& at);               // of the part ≥ 0; undefined if all is negative
Ball scale(Ball a, std::int64_t power_of_two);
Ball absolute(const Ball& a, const Arithmetic& at);
Ball hull(const Ball& a, const Ball& b, const Arithmetic& at);

bool disjoint(const Ball& a, const Ball& b);  // certain; false if either is undefined
int order(const Ball& a, const Ball& b);      // −1, +1 certain; 0 not separated
// Largest integer ≤ x when it is the same for the whole ball and not longer than the precision.
bool floor_of(const Ball& a, BigInteger& out);

}  // namespace laconic::verifiers::math
