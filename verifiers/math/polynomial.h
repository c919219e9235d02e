// Polynomials over the rationals in generators with rational exponents, and their quotients.
//
// A generator is a variable, a prime (for its fractional powers), π, i, or a value that stays whole,
// such as log 2 or sin x. Exponents add, whatever the generator: that is true of the values because each
// generator stands for one fixed branch. Some generators obey a relation, applied on multiplication:
//
//   kPrime   p^(1 + r) = p · p^r      kUnit   i² = −1
//   kRoot    g^q = base               kCosine c² = 1 − s²
//
// So two quotients with equal normal forms are equal wherever both are defined. The converse is not
// claimed: what differs here is only "not proven".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verifiers/math/rational.h"
#include "verifiers/math/work.h"

namespace laconic::verifiers::math {

struct Exponent {
  std::int64_t top = 0, bottom = 1;  // reduced, bottom > 0, both small (|…| < 2^31)

  bool is_integer() const { return bottom == 1; }
  friend bool operator==(const Exponent& a, const Exponent& b) = default;
  friend auto operator<=>(const Exponent& a, const Exponent& b) { return a.top * b.bottom <=> b.top * a.bottom; }
  static std::optional<Exponent> from(const Rational& value);
  Rational value() const { return Rational(BigInteger(top), BigInteger(bottom)); }
};
std::optional<Exponent> add(const Exponent& a, const Exponent& b);
std::optional<Exponent> multiply(const Exponent& a, const Exponent& b);

using GeneratorId = std::uint32_t;
// Sorted by generator, no zero exponents.
using Monomial = std::vector<std::pair<GeneratorId, Exponent>>;

// Lexicographic by exponents, a missing generator counting as exponent 0: kept by multiplication.
struct MonomialLess {
  bool operator()(const Monomial& a, const Monomial& b) const;
};

using Terms = std::map<Monomial, Rational, MonomialLess>;  // no zero coefficients

enum class Generator : std::uint8_t { kSymbol, kPrime, kPi, kUnit, kRoot, kSine, kCosine, kPower, kLog, kArc, kOpaque };

struct Quotient {
  Terms top, bottom;  // bottom is never empty

  bool is_zero() const { return top.empty(); }
  bool is_polynomial() const { return bottom.size() == 1 && bottom.begin()->first.empty() && bottom.begin()->second.is_one(); }
  std::optional<Rational> constant() const;  // its rational value, if it is visibly one
};

struct GeneratorInfo {
  Generator kind;
  std::string key;            // equal keys are equal values
  bool real = false;          // certainly real (variables are taken as real)
  bool positive = false;      // certainly a positive real
  BigInteger prime{};         // kPrime
  Terms base{};               // kRoot: g^index = base
  std::int64_t index = 0;
  GeneratorId partner = 0;    // kCosine: its sine
  std::vector<Quotient> arguments{};  // kLog, kArc, kPower (an exponential): what the function was applied to
  Op function = Op::kNumber;  // kArc: which
};

// The generators of one comparison and the arithmetic of quotients over them. Not thread-safe. Every
// function gives nullopt once the work is spent or a number outgrew its cap.
class Ring {
 public:
  explicit Ring(Work& work) : work_(work) {}

  GeneratorId generator(GeneratorInfo info);  // the one with the same key, or a new one
  const GeneratorInfo& info(GeneratorId id) const { return generators_[id]; }

  static Quotient constant(Rational value);
  static Quotient monomial(Monomial monomial, Rational coefficient = Rational(1));
  Quotient of(GeneratorId id) const { return monomial({{id, Exponent{1, 1}}}); }
  Quotient unit();  // i
  Quotient pi();

  std::optional<Quotient> add(const Quotient& a, const Quotient& b);
  std::optional<Quotient> multiply(const Quotient& a, const Quotient& b);
  std::optional<Quotient> divide(const Quotient& a, const Quotient& b);  // nullopt for a zero divisor
  std::optional<Quotient> power(const Quotient& base, std::int64_t exponent);
  Quotient negate(Quotient a) const;
  std::optional<Quotient> reduced(Monomial monomial, Rational coefficient);  // with the relations applied

  // Is the difference zero after clearing denominators and applying the relations?
  bool equal(const Quotient& a, const Quotient& b);

  std::string key(const Quotient& value) const;
  Work& work() { return work_; }

 private:
  bool add_to(Terms& sum, const Monomial& monomial, const Rational& coefficient);
  bool multiply_into(Terms& sum, const Monomial& a, const Rational& x, const Monomial& b, const Rational& y);
  bool reduce_into(Terms& sum, Monomial monomial, Rational coefficient);
  std::optional<Terms> multiply_terms(const Terms& a, const Terms& b);
  std::optional<Terms> divide_exactly(const Terms& a, const Terms& b);
  std::optional<Quotient> settled(Terms top, Terms bottom);

  Work& work_;
  std::vector<GeneratorInfo> generators_;
  std::map<std::string, GeneratorId> by_key_;
};

}  // namespace laconic::verifiers::math
