// Exact rational numbers, always reduced, the denominator positive.
//
// Bounded by its users: after each step they ask `fits()`; an operation on two that fit cannot exceed
// a few times the cap, so nothing runs away between two questions.
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "verifiers/math/big_integer.h"
#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

inline constexpr std::size_t kMaxRationalBits = 1 << 15;  // numerator and denominator together: about 9,800 digits

class Rational {
 public:
  Rational() : denominator_(1) {}
  Rational(std::int64_t value) : numerator_(value), denominator_(1) {}  // NOLINT: integers are rationals
  explicit Rational(BigInteger value) : numerator_(std::move(value)), denominator_(1) {}
  Rational(BigInteger numerator, BigInteger denominator);  // denominator ≠ 0

  const BigInteger& numerator() const { return numerator_; }
  const BigInteger& denominator() const { return denominator_; }
  bool is_zero() const { return numerator_.is_zero(); }
  bool is_one() const { return numerator_.is_one() && denominator_.is_one(); }
  bool is_integer() const { return denominator_.is_one(); }
  int sign() const { return numerator_.sign(); }
  std::size_t bits() const { return numerator_.bits() + denominator_.bits(); }
  bool fits() const { return bits() <= kMaxRationalBits; }
  std::optional<std::int64_t> small_integer() const;
  std::string text() const;  // "-3", "7/2"

  Rational operator-() const;
  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  friend Rational operator/(const Rational& a, const Rational& b);  // b ≠ 0
  friend bool operator==(const Rational& a, const Rational& b) { return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_; }
  friend int compare(const Rational& a, const Rational& b);

 private:
  BigInteger numerator_, denominator_;
};

BigInteger floor(const Rational& value);
BigInteger ceiling(const Rational& value);

// base^exponent for an integer exponent; nullopt for 0^negative and when it would not fit.
std::optional<Rational> power(const Rational& base, std::int64_t exponent);

// The rational r with r^index = value and, for an even index, r ≥ 0; nullopt if there is none.
std::optional<Rational> exact_root(const Rational& value, std::uint32_t index);

// The value of a kNumber node; nullopt if it does not fit.
std::optional<Rational> number_value(const Expr& number);

// The shortest decimal that reads back as `value` (finite), as an exact fraction: 0.1 is 1/10.
Rational from_double(double value);

}  // namespace laconic::verifiers::math
