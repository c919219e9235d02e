#include "verifiers/math/rational.h"

#include <charconv>
#include <cstdlib>

namespace laconic::verifiers::math {

Rational::Rational(BigInteger numerator, BigInteger denominator) : numerator_(std::move(numerator)), denominator_(std::move(denominator)) {
  if (denominator_.sign() < 0) {
    numerator_ = -numerator_;
    denominator_ = -denominator_;
  }
  if (denominator_.is_one()) return;
  const BigInteger common = gcd(numerator_, denominator_);
  if (common.is_one()) return;
  numerator_ = divide(numerator_, common).first;
  denominator_ = divide(denominator_, common).first;
}

std::optional<std::int64_t> Rational::small_integer() const {
  std::int64_t value = 0;
  if (!is_integer() || !numerator_.fits(value)) return std::nullopt;
  return value;
}

std::string Rational::text() const { return is_integer() ? numerator_.digits() : numerator_.digits() + "/" + denominator_.digits(); }

Rational Rational::operator-() const {
  Rational out = *this;
  out.numerator_ = -out.numerator_;
  return out;
}

Rational operator+(const Rational& a, const Rational& b) {
  if (a.denominator_ == b.denominator_) return Rational(a.numerator_ + b.numerator_, a.denominator_);
  return Rational(a.numerator_ * b.denominator_ + b.numerator_ * a.denominator_, a.denominator_ * b.denominator_);
}

Rational operator-(const Rational& a, const Rational& b) { return a + (-b); }

Rational operator*(const Rational& a, const Rational& b) { return Rational(a.numerator_ * b.numerator_, a.denominator_ * b.denominator_); }

Rational operator/(const Rational& a, const Rational& b) { return Rational(a.numerator_ * b.denominator_, a.denominator_ * b.numerator_); }

int compare(const Rational& a, const Rational& b) {
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  return compare(a.numerator_ * b.denominator_, b.numerator_ * a.denominator_);
}

BigInteger floor(const Rational& value) {
  auto [quotient, remainder] = divide(value.numerator(), value.denominator());
  return remainder.sign() < 0 ? quotient - 1 : quotient;
}

BigInteger ceiling(const Rational& value) { return -floor(-value); }

std::optional<Rational> power(const Rational& base, std::int64_t exponent) {
  if (exponent == 0) return Rational(1);
  if (base.is_zero()) return exponent > 0 ? std::optional<Rational>(0) : std::nullopt;
  const std::uint64_t count = exponent < 0 ? 0 - static_cast<std::uint64_t>(exponent) : static_cast<std::uint64_t>(exponent);
  const BigInteger top = base.numerator().magnitude();
  if (!(top.is_one() && base.is_integer())) {
    const std::size_t bits = std::max(top.bits(), base.denominator().bits());
    if (count > kMaxRationalBits || (bits - 1) * count > kMaxRationalBits) return std::nullopt;  // bits − 1: the exact size of a power of two
  }
  BigInteger numerator = top.is_one() ? BigInteger(1) : power(top, count);
  const BigInteger denominator = base.is_integer() ? BigInteger(1) : power(base.denominator(), count);
  if (base.sign() < 0 && (count & 1)) numerator = -numerator;
  const Rational out = exponent > 0 ? Rational(numerator, denominator) : Rational(denominator, numerator);
  return out.fits() ? std::optional(out) : std::nullopt;
}

std::optional<Rational> exact_root(const Rational& value, std::uint32_t index) {
  if (index == 0 || (value.sign() < 0 && index % 2 == 0)) return std::nullopt;
  BigInteger parts[2] = {value.numerator().magnitude(), value.denominator()};
  for (BigInteger& part : parts) {
    if (part.is_zero() || part.is_one()) continue;
    if (index >= part.bits()) return std::nullopt;  // 2^index is larger already
    const BigInteger root = floor_root(part, index);
    if (!(power(root, index) == part)) return std::nullopt;
    part = root;
  }
  return Rational(value.sign() < 0 ? -parts[0] : parts[0], parts[1]);
}

std::optional<Rational> number_value(const Expr& number) {
  const auto digits = static_cast<int>(number.text.size());
  if (digits > static_cast<int>(kMaxRationalBits / 4) || number.scale < 0 || number.scale > static_cast<int>(kMaxRationalBits / 4)) return std::nullopt;
  if (number.repeat < 0 || number.repeat > number.scale || number.repeat > digits) return std::nullopt;
  BigInteger numerator = BigInteger::from_digits(number.text);
  const BigInteger ten(10);
  BigInteger denominator = power(ten, static_cast<std::uint64_t>(number.scale - number.repeat));
  if (number.repeat > 0) {  // 0.1(6): (16 − 1) / (10 · 9)
    numerator = numerator - BigInteger::from_digits(std::string_view(number.text).substr(0, static_cast<std::size_t>(digits - number.repeat)));
    denominator = denominator * (power(ten, static_cast<std::uint64_t>(number.repeat)) - 1);
  }
  const Rational out(std::move(numerator), std::move(denominator));
  return out.fits() ? std::optional(out) : std::nullopt;
}

Rational from_double(double value) {
  char buffer[64];
  char* const end = std::to_chars(buffer, buffer + sizeof buffer - 1, value, std::chars_format::scientific).ptr;
  std::string digits;
  long exponent = 0;
  bool negative = false, fraction = false;
  for (char* c = buffer; c != end; ++c) {
    if (*c == '-') negative = true;
    else if (*c == '.') fraction = true;
    else if (*c == 'e') {
      *end = '\0';
      exponent += std::strtol(c + 1, nullptr, 10);
      break;
    } else {
      digits += *c;
      exponent -= fraction;
    }
  }
  const BigInteger scale = power(BigInteger(10), static_cast<std::uint64_t>(std::labs(exponent)));
  BigInteger numerator = BigInteger::from_digits(digits);
  if (negative) numerator = -numerator;
  return exponent < 0 ? Rational(numerator, scale) : Rational(numerator * scale);
}

}  // namespace laconic::verifiers::math
