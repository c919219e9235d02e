// Powers, roots, exponentials and logarithms in normal form.
#include <algorithm>

#include "verifiers/math/normalise.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::uint64_t kTrialBound = 1 << 12;
constexpr std::int64_t kMaxRootIndex = 1 << 12;

// gcd of numerators over lcm of denominators: what is left has integer coefficients without common factor.
Rational content(const Terms& terms) {
  BigInteger top, bottom(1);
  for (const auto& [m, c] : terms) {
    top = gcd(top, c.numerator());
    bottom = bottom * divide(c.denominator(), gcd(bottom, c.denominator())).first;
  }
  return Rational(top, bottom);
}

Quotient polynomial(Terms terms) { return {std::move(terms), {{Monomial{}, Rational(1)}}}; }

}  // namespace

std::vector<std::pair<BigInteger, std::int64_t>> Normaliser::factors(BigInteger value) {
  std::vector<std::pair<BigInteger, std::int64_t>> out;
  const auto take = [&](std::uint64_t p) {
    std::int64_t count = 0;
    while (!value.is_one() && value.modulo(p) == 0) {
      value = divide(value, BigInteger::from_unsigned(p)).first;
      ++count;
      ring_.work().spend(static_cast<std::int64_t>(value.limbs()) + 4);
    }
    if (count) out.emplace_back(BigInteger::from_unsigned(p), count);
  };
  take(2);
  for (std::uint64_t p = 3; p < kTrialBound && !value.is_one() && !ring_.work().spent(); p += 2) {
    std::int64_t small = 0;
    if (value.fits(small) && static_cast<std::uint64_t>(small) < p * p) break;
    ring_.work().spend(8 * static_cast<std::int64_t>(value.limbs()));
    take(p);
  }
  if (value.is_one()) return out;
  for (const std::uint32_t index : {2u, 3u}) {  // a perfect power of something without small factors
    ring_.work().spend(static_cast<std::int64_t>(value.limbs() * value.limbs()) * 16);
    const BigInteger root = floor_root(value, index);
    if (math::power(root, index) == value) {
      out.emplace_back(root, index);
      return out;
    }
  }
  out.emplace_back(value, 1);
  return out;
}

GeneratorId Normaliser::prime(const BigInteger& value) {
  return ring_.generator({.kind = Generator::kPrime, .key = "p" + value.digits(), .real = true, .positive = true, .prime = value});
}

bool Normaliser::is_positive(const Terms& terms) const {
  if (terms.empty()) return false;
  return std::all_of(terms.begin(), terms.end(), [&](const auto& term) {
    return term.second.sign() > 0 && std::all_of(term.first.begin(), term.first.end(), [&](const auto& part) { return ring_.info(part.first).positive; });
  });
}

// Π p^(v_p · exponent): the whole part of each exponent is a factor, the rest a generator's.
std::optional<Quotient> Normaliser::positive_rational_power(const Rational& value, const Rational& exponent) {
  Monomial product;
  const auto collect = [&](const BigInteger& part, int sign) {
    for (const auto& [p, count] : factors(part)) {
      const auto e = Exponent::from(Rational(sign * count) * exponent);
      if (!e) return false;
      product.emplace_back(prime(p), *e);
    }
    return true;
  };
  if (!collect(value.numerator(), 1) || !collect(value.denominator(), -1)) return std::nullopt;
  std::sort(product.begin(), product.end());
  return ring_.reduced(std::move(product), Rational(1));
}

// (−1)^exponent: real for an odd denominator, the principal value otherwise.
std::optional<Quotient> Normaliser::minus_one_power(const Rational& exponent) {
  if (exponent.denominator().is_odd()) return Ring::constant(Rational(exponent.numerator().is_odd() ? -1 : 1));
  Quotient sine, cosine;
  if (!sine_cosine_of_pi(exponent, sine, cosine)) return std::nullopt;
  const auto imaginary = ring_.multiply(ring_.unit(), sine);
  return imaginary ? ring_.add(cosine, *imaginary) : std::nullopt;
}

// √(a + b√d) = √((a+c)/2) ± √((a−c)/2) with c = √(a² − b²d), if c is rational and 0 ≤ c ≤ a.
std::optional<Quotient> Normaliser::denested(const Terms& base) {
  if (base.size() != 2) return std::nullopt;
  const auto constant = base.find(Monomial{});
  if (constant == base.end()) return std::nullopt;
  const auto& other = base.begin() == constant ? *base.rbegin() : *base.begin();
  const auto square = ring_.multiply(polynomial({other}), polynomial({other}));
  const auto surd = square ? square->constant() : std::nullopt;
  const Rational a = constant->second;
  if (!surd || surd->sign() < 0 || a.sign() <= 0) return std::nullopt;
  if (!std::all_of(other.first.begin(), other.first.end(), [&](const auto& part) { return ring_.info(part.first).positive; })) return std::nullopt;
  const auto c = exact_root(a * a - *surd, 2);
  if (!c) return std::nullopt;
  const Rational half(BigInteger(1), BigInteger(2));
  const auto larger = positive_rational_power((a + *c) * half, half);
  const Rational rest = (a - *c) * half;
  auto smaller = rest.is_zero() ? std::optional(Ring::constant(Rational(0))) : positive_rational_power(rest, half);
  if (!larger || !smaller) return std::nullopt;
  return ring_.add(*larger, other.second.sign() < 0 ? ring_.negate(*smaller) : *smaller);
}

// polynomial^(1/index), taken as one whole generator.
std::optional<Quotient> Normaliser::root_of(const Quotient& base, std::int64_t index) {
  if (index == 2) {
    if (auto simple = denested(base.top)) return simple;
  }
  const bool odd = index % 2 == 1, positive = is_positive(base.top);
  return ring_.of(ring_.generator({.kind = Generator::kRoot, .key = "root" + std::to_string(index) + "(" + ring_.key(base) + ")",
                                   .real = positive || (odd && is_real(base.top)), .positive = positive, .base = base.top, .index = index}));
}

std::optional<Quotient> Normaliser::rational_power(const Quotient& base, const Rational& exponent) {
  if (const auto whole = exponent.small_integer()) return ring_.power(base, *whole);
  std::int64_t p = 0, q = 0;
  if (!exponent.numerator().fits(p) || !exponent.denominator().fits(q)) return std::nullopt;
  if (base.is_zero()) return p > 0 ? std::optional(base) : std::nullopt;
  if (!base.is_polynomial()) {
    const bool split = is_positive(base.bottom) || (q % 2 == 1 && is_real(base));
    if (split) {  // (n/d)^r = n^r / d^r
      const auto top = rational_power(polynomial(base.top), exponent), bottom = rational_power(polynomial(base.bottom), exponent);
      return top && bottom ? ring_.divide(*top, *bottom) : std::nullopt;
    }
    const GeneratorId id = ring_.generator({.kind = Generator::kOpaque, .key = "root" + std::to_string(q) + "(" + ring_.key(base) + ")"});
    return ring_.power(ring_.of(id), p);
  }
  // Positive factors come out: the content, and generators common to all terms.
  const Rational factor = content(base.top);
  auto out = positive_rational_power(factor, exponent);
  if (!out) return std::nullopt;
  Monomial outside;
  for (const auto& [id, first] : base.top.begin()->first) {
    if (!ring_.info(id).positive) continue;
    Exponent least = first;
    const bool everywhere = std::all_of(base.top.begin(), base.top.end(), [&, id = id](const auto& term) {
      const auto it = std::find_if(term.first.begin(), term.first.end(), [&](const auto& part) { return part.first == id; });
      if (it != term.first.end()) least = std::min(least, it->second);
      return it != term.first.end();
    });
    if (everywhere) outside.emplace_back(id, least);
  }
  Monomial raised, removed;
  for (const auto& [id, e] : outside) {
    const auto share = Exponent::from(e.value() * exponent);
    if (!share) return std::nullopt;
    const Generator kind = ring_.info(id).kind;
    if (kind == Generator::kRoot && !share->is_integer()) continue;  // a root's exponents stay whole
    if (kind == Generator::kOpaque && !share->is_integer()) continue;
    if (kind == Generator::kUnit) continue;
    raised.emplace_back(id, *share);
    removed.emplace_back(id, Exponent{-e.top, e.bottom});
  }
  const auto pulled = ring_.reduced(raised, Rational(1));
  if (!pulled) return std::nullopt;
  out = ring_.multiply(*out, *pulled);
  const auto rest = ring_.multiply(base, Ring::monomial(removed, Rational(1) / factor));
  if (!out || !rest || rest->is_zero()) return std::nullopt;
  if (const auto sign = rest->constant(); sign && (sign->is_one() || (-*sign).is_one())) {
    if (sign->is_one()) return out;
    const auto turn = minus_one_power(exponent);
    return turn ? ring_.multiply(*out, *turn) : std::nullopt;
  }
  if (q > kMaxRootIndex) return std::nullopt;
  const auto root = root_of(*rest, q);
  const auto powered = root ? ring_.power(*root, p) : std::nullopt;
  return powered ? ring_.multiply(*out, *powered) : std::nullopt;
}

// exp(Σ c·m) = Π exp(m)^c; exp(c·log a) = a^c and exp(c·iπ) are written out.
std::optional<Quotient> Normaliser::exponential(const Quotient& x) {
  if (!x.is_polynomial()) {
    const bool real = is_real(x);
    return ring_.of(ring_.generator({.kind = Generator::kPower, .key = "exp(" + ring_.key(x) + ")", .real = real, .positive = real, .arguments = {x}}));
  }
  Result out = Ring::constant(Rational(1));
  for (const auto& [m, c] : x.top) {
    Result factor;
    if (m.size() == 2 && m[0].second == Exponent{1, 1} && m[1].second == Exponent{1, 1}) {
      const Generator a = ring_.info(m[0].first).kind, b = ring_.info(m[1].first).kind;
      if ((a == Generator::kUnit && b == Generator::kPi) || (a == Generator::kPi && b == Generator::kUnit)) {
        Quotient sine, cosine;
        if (!sine_cosine_of_pi(c, sine, cosine)) return std::nullopt;
        const auto imaginary = ring_.multiply(ring_.unit(), sine);
        factor = imaginary ? ring_.add(cosine, *imaginary) : std::nullopt;
        if (!factor) return std::nullopt;
      }
    }
    if (!factor && m.size() == 1 && m[0].second == Exponent{1, 1} && ring_.info(m[0].first).kind == Generator::kLog) {
      const Quotient inner = ring_.info(m[0].first).arguments[0];
      if (c.is_integer() || (inner.is_polynomial() && is_positive(inner.top))) factor = rational_power(inner, c);
    }
    if (!factor) {
      const auto share = Exponent::from(c);
      if (!share) return std::nullopt;
      Quotient inner = Ring::monomial(m);
      const bool real = is_real(inner.top);
      const GeneratorId id = ring_.generator({.kind = Generator::kPower, .key = "exp(" + ring_.key(inner) + ")", .real = real, .positive = real, .arguments = {inner}});
      factor = Ring::monomial({{id, *share}});
    }
    out = ring_.multiply(*out, *factor);
    if (!out) return std::nullopt;
  }
  return out;
}

std::optional<Quotient> Normaliser::logarithm(const Quotient& x) {
  if (x.is_zero()) return std::nullopt;
  if (!x.is_polynomial() && is_positive(x.top) && is_positive(x.bottom)) {
    const auto top = logarithm(polynomial(x.top)), bottom = logarithm(polynomial(x.bottom));
    return top && bottom ? ring_.add(*top, ring_.negate(*bottom)) : std::nullopt;
  }
  Result out = Ring::constant(Rational(0));
  const auto add_share = [&](const Quotient& value, const Rational& share) {
    const auto term = ring_.multiply(value, Ring::constant(share));
    out = term ? ring_.add(*out, *term) : std::nullopt;
    return out.has_value();
  };
  const auto whole = [&](const Quotient& inner) {
    const bool positive = inner.is_polynomial() && is_positive(inner.top);
    return ring_.of(ring_.generator({.kind = Generator::kLog, .key = "log(" + ring_.key(inner) + ")", .real = positive, .arguments = {inner}}));
  };
  if (!x.is_polynomial()) return whole(x);
  // log(c·m·rest) = log c + log m + log rest for a positive c·m.
  const Rational factor = content(x.top);
  for (int side = 0; side < 2; ++side) {
    for (const auto& [p, count] : factors(side == 0 ? factor.numerator() : factor.denominator())) {
      if (!add_share(whole(Ring::constant(Rational(p))), Rational(side == 0 ? count : -count))) return std::nullopt;
    }
  }
  Monomial removed;
  if (x.top.size() == 1) {
    const Monomial& m = x.top.begin()->first;
    for (const auto& [id, e] : m) {
      const GeneratorInfo info = ring_.info(id);
      if (!info.positive) continue;
      Result inner;
      if (info.kind == Generator::kPrime) inner = whole(Ring::constant(Rational(info.prime)));
      else if (info.kind == Generator::kPower) inner = info.arguments[0];
      else if (info.kind == Generator::kRoot) {
        inner = logarithm(polynomial(info.base));
        if (inner) inner = ring_.multiply(*inner, Ring::constant(Rational(BigInteger(1), BigInteger(info.index))));
      } else inner = whole(ring_.of(id));
      if (!inner || !add_share(*inner, e.value())) return std::nullopt;
      removed.emplace_back(id, Exponent{-e.top, e.bottom});
    }
  }
  const auto rest = ring_.multiply(x, Ring::monomial(removed, Rational(1) / factor));
  if (!rest) return std::nullopt;
  if (const auto sign = rest->constant()) {
    if (sign->is_one()) return out;
    const auto turn = ring_.multiply(ring_.unit(), ring_.pi());  // log −1 = iπ
    return turn && add_share(*turn, Rational(1)) ? out : std::nullopt;
  }
  if (rest->top.size() == 1 && rest->top.begin()->first == ring_.unit().top.begin()->first) {
    const auto turn = ring_.multiply(ring_.unit(), ring_.pi());  // log ±i = ±iπ/2
    return turn && add_share(*turn, Rational(BigInteger(rest->top.begin()->second.sign()), BigInteger(2))) ? out : std::nullopt;
  }
  return add_share(whole(*rest), Rational(1)) ? out : std::nullopt;
}

std::optional<Quotient> Normaliser::power(const Quotient& base, const Quotient& exponent) {
  if (const auto share = exponent.constant()) return rational_power(base, *share);
  if (base.is_zero()) return std::nullopt;
  const auto logarithm_of_base = logarithm(base);
  const auto product = logarithm_of_base ? ring_.multiply(*logarithm_of_base, exponent) : std::nullopt;
  return product ? exponential(*product) : std::nullopt;
}

}  // namespace laconic::verifiers::math
