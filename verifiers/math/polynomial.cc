#include "verifiers/math/polynomial.h"

#include <algorithm>
#include <numeric>

namespace laconic::verifiers::math {
namespace {

constexpr std::int64_t kMaxExponentPart = std::int64_t(1) << 31;
constexpr std::size_t kMaxTerms = 4096;

std::optional<Exponent> reduced(__int128 top, __int128 bottom) {
  if (top == 0) return Exponent{};
  __int128 a = top < 0 ? -top : top, b = bottom;
  while (b) {
    const __int128 rest = a % b;
    a = b;
    b = rest;
  }
  top /= a;
  bottom /= a;
  if (top >= kMaxExponentPart || -top >= kMaxExponentPart || bottom >= kMaxExponentPart) return std::nullopt;
  return Exponent{static_cast<std::int64_t>(top), static_cast<std::int64_t>(bottom)};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

bool is_one(const Terms& terms) { return terms.size() == 1 && terms.begin()->first.empty() && terms.begin()->second.is_one(); }

std::optional<Monomial> merge(const Monomial& a, const Monomial& b) {
  Monomial out;
  out.reserve(a.size() + b.size());
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) {
      out.push_back(a[i++]);
    } else if (i == a.size() || b[j].first < a[i].first) {
      out.push_back(b[j++]);
    } else {
      const auto sum = add(a[i].second, b[j].second);
      if (!sum) return std::nullopt;
      if (sum->top != 0) out.emplace_back(a[i].first, *sum);
      ++i;
      ++j;
    }
  }
  return out;
}

Monomial inverse(Monomial m) {
  for (auto& [id, exponent] : m) exponent.top = -exponent.top;
  return m;
}

std::string text(const Terms& terms) {
  std::string out;
  for (const auto& [monomial, coefficient] : terms) {
    out += out.empty() ? "" : "+";
    out += coefficient.text();
    for (const auto& [id, exponent] : monomial) {
      out += "*" + std::to_string(id);
      if (exponent.top != 1 || exponent.bottom != 1) out += "^" + std::to_string(exponent.top) + "/" + std::to_string(exponent.bottom);
    }
  }
  return out;
}

}  // namespace

bool MonomialLess::operator()(const Monomial& a, const Monomial& b) const {
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size(); ++i, ++j) {
    if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) return a[i].second.top < 0;
    if (i == a.size() || b[j].first < a[i].first) return b[j].second.top > 0;
    if (a[i].second != b[j].second) return a[i].second < b[j].second;
  }
  return false;
}

std::optional<Exponent> Exponent::from(const Rational& value) {
  Exponent out;
  if (!value.numerator().fits(out.top) || !value.denominator().fits(out.bottom)) return std::nullopt;
  if (std::abs(out.top) >= kMaxExponentPart || out.bottom >= kMaxExponentPart) return std::nullopt;
  return out;
}

std::optional<Exponent> add(const Exponent& a, const Exponent& b) {
  return reduced(static_cast<__int128>(a.top) * b.bottom + static_cast<__int128>(b.top) * a.bottom, static_cast<__int128>(a.bottom) * b.bottom);
}

std::optional<Exponent> multiply(const Exponent& a, const Exponent& b) {
  return reduced(static_cast<__int128>(a.top) * b.top, static_cast<__int128>(a.bottom) * b.bottom);
}

std::optional<Rational> Quotient::constant() const {
  if (top.empty()) return Rational(0);
  if (!is_polynomial() || top.size() != 1 || !top.begin()->first.empty()) return std::nullopt;
  return top.begin()->second;
}

GeneratorId Ring::generator(GeneratorInfo info) {
  const auto [it, fresh] = by_key_.try_emplace(info.key, static_cast<GeneratorId>(generators_.size()));
  if (fresh) generators_.push_back(std::move(info));
  return it->second;
}

Quotient Ring::constant(Rational value) {
  Quotient out;
  if (!value.is_zero()) out.top.emplace(Monomial{}, std::move(value));
  out.bottom.emplace(Monomial{}, Rational(1));
  return out;
}

Quotient Ring::monomial(Monomial monomial, Rational coefficient) {
  Quotient out;
  out.top.emplace(std::move(monomial), std::move(coefficient));
  out.bottom.emplace(Monomial{}, Rational(1));
  return out;
}

Quotient Ring::unit() { return of(generator({.kind = Generator::kUnit, .key = "i"})); }
Quotient Ring::pi() { return of(generator({.kind = Generator::kPi, .key = "pi", .real = true, .positive = true})); }

bool Ring::add_to(Terms& sum, const Monomial& monomial, const Rational& coefficient) {
  if (coefficient.is_zero()) return true;
  const auto [it, fresh] = sum.try_emplace(monomial, coefficient);
  if (!fresh) {
    it->second = it->second + coefficient;
    if (!it->second.fits()) return false;
    if (it->second.is_zero()) sum.erase(it);
  }
  return sum.size() <= kMaxTerms;
}

// Applies the relations until none applies. Each application of a root's or a cosine's relation lowers
// that generator's exponent, and what it brings in was made before it, so this ends.
bool Ring::reduce_into(Terms& sum, Monomial monomial, Rational coefficient) {
  if (!work_.spend(150)) return false;
  for (std::size_t k = 0; k < monomial.size(); ++k) {
    const auto [id, exponent] = monomial[k];
    const GeneratorInfo& generator = generators_[id];
    if (generator.kind == Generator::kPrime) {
      const std::int64_t whole = floor_divide(exponent.top, exponent.bottom);
      if (whole == 0) continue;
      const auto factor = math::power(Rational(generator.prime), whole);
      if (!factor) continue;  // too large to write out: it stays an exponent
      work_.spend(static_cast<std::int64_t>(factor->numerator().limbs() + factor->denominator().limbs()) * 8);
      coefficient = coefficient * *factor;
      if (!coefficient.fits()) return false;
      monomial[k].second.top -= whole * exponent.bottom;
      if (monomial[k].second.top == 0) monomial.erase(monomial.begin() + static_cast<std::ptrdiff_t>(k--));
    } else if (generator.kind == Generator::kUnit) {
      if (!exponent.is_integer()) return false;
      const std::int64_t turns = ((exponent.top % 4) + 4) % 4;
      if (turns >= 2) coefficient = -coefficient;
      if (turns % 2 == 0) monomial.erase(monomial.begin() + static_cast<std::ptrdiff_t>(k--));
      else monomial[k].second = Exponent{1, 1};
    } else if (generator.kind == Generator::kRoot || generator.kind == Generator::kCosine) {
      const bool root = generator.kind == Generator::kRoot;
      const std::int64_t step = root ? generator.index : 2;
      if (!exponent.is_integer() || exponent.top < step) continue;
      Monomial rest = monomial;
      rest[k].second.top -= step;
      if (rest[k].second.top == 0) rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
      Terms replacement;
      if (root) {
        replacement = generator.base;
      } else {
        replacement.emplace(Monomial{}, Rational(1));
        replacement.emplace(Monomial{{generator.partner, Exponent{2, 1}}}, Rational(-1));
      }
      for (const auto& [m, c] : replacement) {
        if (!multiply_into(sum, rest, coefficient, m, c)) return false;
      }
      return true;
    }
  }
  return add_to(sum, monomial, coefficient);
}

bool Ring::multiply_into(Terms& sum, const Monomial& a, const Rational& x, const Monomial& b, const Rational& y) {
  const auto limbs = static_cast<std::int64_t>(x.numerator().limbs() + x.denominator().limbs() + y.numerator().limbs() + y.denominator().limbs());
  if (!work_.spend(250 + 2 * limbs * limbs)) return false;
  auto product = merge(a, b);
  if (!product) return false;
  Rational coefficient = x * y;
  if (!coefficient.fits()) return false;
  return reduce_into(sum, std::move(*product), std::move(coefficient));
}

std::optional<Terms> Ring::multiply_terms(const Terms& a, const Terms& b) {
  if (is_one(a)) return b;
  if (is_one(b)) return a;
  Terms out;
  for (const auto& [m, x] : a) {
    for (const auto& [n, y] : b) {
      if (!multiply_into(out, m, x, n, y)) return std::nullopt;
    }
  }
  return out;
}

// a / b when it leaves no rest: by leading terms, at most as many as a dividend may have.
std::optional<Terms> Ring::divide_exactly(const Terms& a, const Terms& b) {
  Terms rest = a, quotient;
  const auto& [lead, lead_coefficient] = *b.rbegin();
  const Monomial lead_inverse = inverse(lead);
  for (std::size_t steps = 0; !rest.empty(); ++steps) {
    if (steps > 2 * a.size() + 8) return std::nullopt;
    const auto& [m, c] = *rest.rbegin();
    const auto factor = merge(m, lead_inverse);
    if (!factor) return std::nullopt;
    if (std::any_of(factor->begin(), factor->end(), [](const auto& part) { return part.second.top < 0; })) return std::nullopt;
    const Rational share = c / lead_coefficient;
    if (!add_to(quotient, *factor, share)) return std::nullopt;
    const Monomial gone = m;
    for (const auto& [n, y] : b) {
      if (!multiply_into(rest, *factor, -share, n, y)) return std::nullopt;
    }
    if (rest.count(gone)) return std::nullopt;
  }
  return quotient;
}

std::optional<Quotient> Ring::settled(Terms top, Terms bottom) {
  if (bottom.empty()) return std::nullopt;
  if (top.empty()) return constant(Rational(0));
  if (is_one(bottom)) return Quotient{std::move(top), std::move(bottom)};
  // The denominator's common monomial and leading coefficient go into the numerator.
  Monomial common = bottom.begin()->first;
  for (const auto& [m, c] : bottom) {
    Monomial kept;
    for (const auto& [id, exponent] : common) {
      const auto it = std::find_if(m.begin(), m.end(), [id = id](const auto& part) { return part.first == id; });
      if (it != m.end()) kept.emplace_back(id, std::min(exponent, it->second));
    }
    common = std::move(kept);
  }
  const Monomial common_inverse = inverse(common);
  const Rational lead = Rational(1) / bottom.rbegin()->second;
  Quotient out;
  for (const auto& [m, c] : top) {
    if (!multiply_into(out.top, m, c, common_inverse, lead)) return std::nullopt;
  }
  for (const auto& [m, c] : bottom) {
    const auto shifted = merge(m, common_inverse);
    if (!shifted || !add_to(out.bottom, *shifted, c * lead)) return std::nullopt;
  }
  if (is_one(out.bottom)) return out;
  if (out.top.size() >= out.bottom.size()) {
    if (auto whole = divide_exactly(out.top, out.bottom)) {
      out.top = std::move(*whole);
      out.bottom = {{Monomial{}, Rational(1)}};
    } else if (work_.spent()) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<Quotient> Ring::add(const Quotient& a, const Quotient& b) {
  if (a.bottom == b.bottom) {
    Quotient out = a;
    for (const auto& [m, c] : b.top) {
      if (!work_.spend(200) || !add_to(out.top, m, c)) return std::nullopt;
    }
    if (out.is_polynomial()) return out;
    return settled(std::move(out.top), std::move(out.bottom));
  }
  auto x = multiply_terms(a.top, b.bottom);
  const auto y = multiply_terms(b.top, a.bottom);
  auto bottom = multiply_terms(a.bottom, b.bottom);
  if (!x || !y || !bottom) return std::nullopt;
  for (const auto& [m, c] : *y) {
    if (!add_to(*x, m, c)) return std::nullopt;
  }
  return settled(std::move(*x), std::move(*bottom));
}

std::optional<Quotient> Ring::multiply(const Quotient& a, const Quotient& b) {
  auto top = multiply_terms(a.top, b.top);
  auto bottom = multiply_terms(a.bottom, b.bottom);
  if (!top || !bottom) return std::nullopt;
  return settled(std::move(*top), std::move(*bottom));
}

std::optional<Quotient> Ring::divide(const Quotient& a, const Quotient& b) {
  if (b.is_zero()) return std::nullopt;
  auto top = multiply_terms(a.top, b.bottom);
  auto bottom = multiply_terms(a.bottom, b.top);
  if (!top || !bottom) return std::nullopt;
  return settled(std::move(*top), std::move(*bottom));
}

std::optional<Quotient> Ring::power(const Quotient& base, std::int64_t exponent) {
  if (exponent == 0) return constant(Rational(1));
  if (exponent >= kMaxExponentPart || -exponent >= kMaxExponentPart) return std::nullopt;
  if (exponent < 0) {
    const auto positive = power(base, -exponent);
    return positive ? divide(constant(Rational(1)), *positive) : std::nullopt;
  }
  // A monomial at once, unless a relation would be applied again and again.
  const auto unrolls = [&](const auto& part) {
    const Generator kind = generators_[part.first].kind;
    return (kind == Generator::kRoot || kind == Generator::kCosine) && exponent > 3;
  };
  if (base.is_polynomial() && base.top.size() == 1 && std::none_of(base.top.begin()->first.begin(), base.top.begin()->first.end(), unrolls)) {
    const auto& [m, c] = *base.top.begin();
    const auto coefficient = math::power(c, exponent);
    if (!coefficient || !work_.spend(64)) return std::nullopt;
    Monomial raised = m;
    for (auto& [id, e] : raised) {
      const auto product = math::multiply(e, Exponent{exponent, 1});
      if (!product) return std::nullopt;
      e = *product;
    }
    return reduced(std::move(raised), *coefficient);
  }
  std::optional<Quotient> out = constant(Rational(1));
  Quotient square = base;
  for (auto n = static_cast<std::uint64_t>(exponent);;) {
    if (n & 1) out = multiply(*out, square);
    n >>= 1;
    if (!out || !n) return out;
    auto next = multiply(square, square);
    if (!next) return std::nullopt;
    square = std::move(*next);
  }
}

std::optional<Quotient> Ring::reduced(Monomial monomial, Rational coefficient) {
  Quotient out = constant(Rational(0));
  if (!reduce_into(out.top, std::move(monomial), std::move(coefficient))) return std::nullopt;
  return out;
}

Quotient Ring::negate(Quotient a) const {
  for (auto& [m, c] : a.top) c = -c;
  return a;
}

bool Ring::equal(const Quotient& a, const Quotient& b) {
  if (a.top == b.top && a.bottom == b.bottom) return true;
  const auto x = multiply_terms(a.top, b.bottom);
  auto y = multiply_terms(b.top, a.bottom);
  if (!x || !y) return false;
  Terms difference = *x;
  for (const auto& [m, c] : *y) {
    if (!add_to(difference, m, -c)) return false;
  }
  // 1/g and g/base are the same: clear negative exponents of roots and cosines, then reduce.
  for (int round = 0; round < 8 && !difference.empty(); ++round) {
    std::map<GeneratorId, Exponent> lowest;
    for (const auto& [m, c] : difference) {
      for (const auto& [id, exponent] : m) {
        const Generator kind = generators_[id].kind;
        if (exponent.top < 0 && (kind == Generator::kRoot || kind == Generator::kCosine)) {
          auto& low = lowest.try_emplace(id, exponent).first->second;
          low = std::min(low, exponent);
        }
      }
    }
    if (lowest.empty()) break;
    Monomial factor;
    for (const auto& [id, exponent] : lowest) factor.emplace_back(id, Exponent{-exponent.top, exponent.bottom});
    Terms cleared;
    for (const auto& [m, c] : difference) {
      if (!multiply_into(cleared, m, c, factor, Rational(1))) return false;
    }
    difference = std::move(cleared);
  }
  return difference.empty();
}

std::string Ring::key(const Quotient& value) const { return value.is_polynomial() ? text(value.top) : "(" + text(value.top) + ")/(" + text(value.bottom) + ")"; }

}  // namespace laconic::verifiers::math
