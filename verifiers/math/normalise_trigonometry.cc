// Sines of rational multiples of π, shifts by quarter turns, signs, and inverse functions.
#include <algorithm>

#include "verifiers/math/normalise.h"

namespace laconic::verifiers::math {
namespace {

Rational fraction(std::int64_t top, std::int64_t bottom) { return Rational(BigInteger(top), BigInteger(bottom)); }

// sin and cos of π·share for shares up to 1/4, as (a + b√r)/d under an outer root of index 1 or 2:
// value = ((a + b√r)/d)^(1/outer).
struct Surd {
  std::int64_t a, b, r, d, outer;
};
struct Row {
  std::int64_t top, bottom;
  Surd sine, cosine;
};
constexpr Row kTable[] = {
    {1, 12, {2, -1, 3, 4, 2}, {2, 1, 3, 4, 2}},   {1, 10, {-1, 1, 5, 4, 1}, {5, 1, 5, 8, 2}}, {1, 8, {2, -1, 2, 4, 2}, {2, 1, 2, 4, 2}},
    {1, 6, {1, 0, 1, 2, 1}, {3, 0, 1, 4, 2}},     {1, 5, {5, -1, 5, 8, 2}, {1, 1, 5, 4, 1}},  {1, 4, {1, 0, 1, 2, 2}, {1, 0, 1, 2, 2}},
};

// Multiples of π whose tangent, sine or cosine answers contain.
constexpr std::int64_t kArcDenominators[] = {1, 2, 3, 4, 5, 6, 8, 10, 12};

}  // namespace

bool Normaliser::sine_cosine_of_pi(Rational share, Quotient& sine, Quotient& cosine) {
  if (!share.fits()) return false;
  share = share - Rational(floor(share * fraction(1, 2))) * Rational(2);  // [0, 2)
  const BigInteger quadrant = floor(share * Rational(2));
  share = share - Rational(quadrant) * fraction(1, 2);  // [0, 1/2)
  std::int64_t turns = 0;
  quadrant.fits(turns);
  const bool swapped = compare(share, fraction(1, 4)) > 0;
  if (swapped) share = fraction(1, 2) - share;
  const auto written = [&](const Surd& s) -> Result {
    Result inner = Ring::constant(fraction(s.a, s.d));
    if (s.b != 0) {
      const auto surd = positive_rational_power(Rational(s.r), fraction(1, 2));
      const auto scaled = surd ? ring_.multiply(*surd, Ring::constant(fraction(s.b, s.d))) : std::nullopt;
      inner = scaled ? ring_.add(*inner, *scaled) : std::nullopt;
    }
    return inner && s.outer == 2 ? rational_power(*inner, fraction(1, 2)) : inner;
  };
  Result s, c;
  if (share.is_zero()) {
    s = Ring::constant(Rational(0));
    c = Ring::constant(Rational(1));
  } else {
    for (const Row& row : kTable) {
      if (!(share == fraction(row.top, row.bottom))) continue;
      s = written(row.sine);
      c = written(row.cosine);
      if (!s || !c) return false;
    }
  }
  if (!s) {
    const std::string name = "(pi*" + share.text() + ")";
    const GeneratorId id = ring_.generator({.kind = Generator::kSine, .key = "sin" + name, .real = true, .positive = true});
    s = ring_.of(id);
    c = ring_.of(ring_.generator({.kind = Generator::kCosine, .key = "cos" + name, .real = true, .positive = true, .partner = id}));
  }
  if (swapped) std::swap(s, c);
  sine = *s;
  cosine = *c;
  for (; turns > 0; --turns) {  // sin(x + π/2) = cos x, cos(x + π/2) = −sin x
    std::swap(sine, cosine);
    cosine = ring_.negate(cosine);
  }
  return true;
}

bool Normaliser::sine_cosine(const Quotient& x, Quotient& sine, Quotient& cosine) {
  if (x.is_zero()) return sine_cosine_of_pi(Rational(0), sine, cosine);
  Quotient rest = x;
  Rational share;
  if (x.is_polynomial()) {
    const Monomial pi_alone = ring_.pi().top.begin()->first;
    const auto it = rest.top.find(pi_alone);
    if (it != rest.top.end()) {
      share = it->second;
      if (rest.top.size() == 1) return sine_cosine_of_pi(share, sine, cosine);
      const Rational quarter_turns = Rational(floor(share * Rational(2))) * fraction(1, 2);
      it->second = it->second - quarter_turns;
      share = quarter_turns;
      if (it->second.is_zero()) rest.top.erase(it);
    }
    // sin(arcsin a) and the like.
    if (rest.top.size() == 1 && share.is_zero() && rest.top.begin()->second.is_one()) {
      const Monomial& m = rest.top.begin()->first;
      if (m.size() == 1 && m[0].second == Exponent{1, 1} && ring_.info(m[0].first).kind == Generator::kArc) {
        const Op function = ring_.info(m[0].first).function;
        const Quotient a = ring_.info(m[0].first).arguments[0];
        const auto square = ring_.multiply(a, a);
        const auto other = square ? ring_.add(Ring::constant(Rational(1)), function == Op::kArctan ? *square : ring_.negate(*square)) : std::nullopt;
        const auto root = other ? rational_power(*other, fraction(1, 2)) : std::nullopt;
        if (!root) return false;
        if (function == Op::kArcsin) {
          sine = a;
          cosine = *root;
          return true;
        }
        const auto s = ring_.divide(a, *root), c = ring_.divide(Ring::constant(Rational(1)), *root);
        if (!s || !c) return false;
        sine = *s;
        cosine = *c;
        return true;
      }
    }
  }
  const bool negative = !rest.top.empty() && rest.top.rbegin()->second.sign() < 0;
  if (negative) rest = ring_.negate(rest);
  const bool real = is_real(rest);
  const std::string name = "(" + ring_.key(rest) + ")";
  const GeneratorId id = ring_.generator({.kind = Generator::kSine, .key = "sin" + name, .real = real});
  sine = ring_.of(id);
  cosine = ring_.of(ring_.generator({.kind = Generator::kCosine, .key = "cos" + name, .real = real, .partner = id}));
  if (negative) sine = ring_.negate(sine);
  if (!share.is_zero()) {
    const BigInteger twice = floor(share * Rational(2));
    std::uint64_t turns = twice.modulo(4);
    if (twice.sign() < 0) turns = (4 - turns) % 4;
    for (; turns > 0; --turns) {
      std::swap(sine, cosine);
      cosine = ring_.negate(cosine);
    }
  }
  return true;
}

std::optional<Quotient> Normaliser::trigonometric(Op op, const Quotient& x) {
  Quotient s, c;
  if (!sine_cosine(x, s, c)) return std::nullopt;
  const Quotient one = Ring::constant(Rational(1));
  switch (op) {
    case Op::kSin: return s;
    case Op::kCos: return c;
    case Op::kTan: return ring_.divide(s, c);
    case Op::kCot: return ring_.divide(c, s);
    case Op::kSec: return ring_.divide(one, c);
    default: return ring_.divide(one, s);
  }
}

std::optional<Quotient> Normaliser::hyperbolic(Op op, const Quotient& x) {
  const auto up = exponential(x), down = exponential(ring_.negate(x));
  if (!up || !down) return std::nullopt;
  const auto twice_sine = ring_.add(*up, ring_.negate(*down)), twice_cosine = ring_.add(*up, *down);
  if (!twice_sine || !twice_cosine) return std::nullopt;
  if (op == Op::kTanh) return ring_.divide(*twice_sine, *twice_cosine);
  return ring_.multiply(op == Op::kSinh ? *twice_sine : *twice_cosine, Ring::constant(fraction(1, 2)));
}

// As logarithms: arsinh x = log(x + √(x² + 1)), arcosh x = log(x + √(x − 1) √(x + 1)),
// artanh x = (log(1 + x) − log(1 − x)) / 2.
std::optional<Quotient> Normaliser::inverse_hyperbolic(Op op, const Quotient& x) {
  const Quotient one = Ring::constant(Rational(1));
  const Rational half = fraction(1, 2);
  const auto above = ring_.add(x, one), below = ring_.add(x, ring_.negate(one));
  if (!above || !below) return std::nullopt;
  if (op == Op::kArtanh) {
    const auto top = logarithm(*above), bottom = logarithm(ring_.negate(*below));
    const auto twice = top && bottom ? ring_.add(*top, ring_.negate(*bottom)) : std::nullopt;
    return twice ? ring_.multiply(*twice, Ring::constant(half)) : std::nullopt;
  }
  Result root;
  if (op == Op::kArsinh) {
    const auto square = ring_.multiply(x, x);
    const auto sum = square ? ring_.add(*square, one) : std::nullopt;
    root = sum ? rational_power(*sum, half) : std::nullopt;
  } else {
    const auto a = rational_power(*below, half), b = rational_power(*above, half);
    root = a && b ? ring_.multiply(*a, *b) : std::nullopt;
  }
  const auto argument = root ? ring_.add(x, *root) : std::nullopt;
  return argument ? logarithm(*argument) : std::nullopt;
}

// arccos by π/2 − arcsin; an odd function's sign comes out; π·p/q for the few q of the table is found by
// comparing sines or tangents.
std::optional<Quotient> Normaliser::arc(Op op, const Quotient& x) {
  const auto quarter = ring_.multiply(ring_.pi(), Ring::constant(fraction(1, 2)));
  if (op == Op::kArccos) {
    const auto sine = arc(Op::kArcsin, x);
    return sine && quarter ? ring_.add(*quarter, ring_.negate(*sine)) : std::nullopt;
  }
  if (x.is_zero()) return x;
  const bool variable = std::any_of(x.top.begin(), x.top.end(), [&](const auto& term) {
    return std::any_of(term.first.begin(), term.first.end(), [&](const auto& part) { return ring_.info(part.first).kind == Generator::kSymbol; });
  });
  if (!variable) {
    if (auto known = arc_of_table(op, x)) return known;
  }
  if (ring_.work().spent()) return std::nullopt;
  const bool negative = x.top.rbegin()->second.sign() < 0;
  const Quotient inner = negative ? ring_.negate(x) : x;
  const Quotient out = ring_.of(ring_.generator({.kind = Generator::kArc, .key = std::string(op == Op::kArcsin ? "arcsin(" : "arctan(") + ring_.key(inner) + ")",
                                                 .real = op == Op::kArctan && is_real(inner), .arguments = {inner}, .function = op}));
  return negative ? ring_.negate(out) : out;
}

std::optional<Quotient> Normaliser::arc_of_table(Op op, const Quotient& x) {
  for (const std::int64_t bottom : kArcDenominators) {
    for (std::int64_t top = 1; 2 * top <= bottom; ++top) {
      Quotient s, c;
      if (!sine_cosine_of_pi(fraction(top, bottom), s, c)) return std::nullopt;
      if (op == Op::kArctan && c.is_zero()) continue;
      const auto value = op == Op::kArcsin ? Result(s) : ring_.divide(s, c);
      if (!value) return std::nullopt;
      if (ring_.equal(*value, x)) return ring_.multiply(ring_.pi(), Ring::constant(fraction(top, bottom)));
      if (ring_.equal(*value, ring_.negate(x))) return ring_.multiply(ring_.pi(), Ring::constant(fraction(-top, bottom)));
      if (ring_.work().spent()) return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace laconic::verifiers::math
