#include "verifiers/math/identity.h"

#include <array>

namespace laconic::verifiers::math {
namespace {

struct Fraction {
  std::int64_t top, bottom;
};
// Below 1, around 1, around 10, far out; the signs alternate in pairs so that several variables meet in
// all combinations.
constexpr std::array<Fraction, 24> kReal = {{{3, 7},    {17, 11},  {-5, 13},     {31, 7},  {-19, 7},     {12345, 67}, {47, 9},  {-8, 11},
                                             {13, 5},   {-29, 13}, {-98765, 41}, {-3, 19}, {1000003, 3}, {-71, 6},    {5, 23},  {23, 17},
                                             {-11, 12}, {7, 29},   {2, 17},      {-3, 5},  {9, 11},      {101, 12},   {16, 21}, {-14, 9}}};
constexpr std::array<std::int64_t, 24> kWhole = {5, 2, 7, 3, 12, 1, -2, 4, 53, 6, -1, 8, 0, 10, 13, 9, 11, 14, -3, 64, 21, -4, 97, 120};

constexpr std::size_t kPrecisions[] = {288, 1024};
constexpr std::size_t kExactBits = 2048;
constexpr std::int64_t kAccuracyWanted = 200;

}  // namespace

std::vector<Binding> point(int index, const std::set<std::string>& names, const std::set<std::string>& integers) {
  std::vector<Binding> out;
  std::size_t variable = 0, whole = 0;
  const auto i = static_cast<std::size_t>(index);
  for (const std::string& name : names) {
    if (integers.count(name)) {
      // Different steps, so that n > k, n = k and n < k all occur.
      out.push_back({name, Number::of(Rational(kWhole[(i * (2 * whole + 1) + 7 * whole + i / 24) % 24]))});
      ++whole;
    } else {
      const Fraction f = kReal[(i * (2 * variable + 1) + 5 * variable + i / 24) % 24];
      // The second round shifts each value, so that it is a new point for one variable too.
      const Rational shift = i < 24 ? Rational(0) : Rational(BigInteger(f.top > 0 ? 1 : -1), BigInteger(31));
      out.push_back({name, Number::of(Rational(BigInteger(f.top), BigInteger(f.bottom)) + shift)});
      ++variable;
    }
  }
  return out;
}

PointResult agree_at(const std::vector<Binding>& bindings, const Expr& a, const Expr& b, Work& a_work, Work& b_work) {
  PointResult out;
  for (const std::size_t precision : kPrecisions) {
    const Number x = evaluate(a, bindings, {precision, a_work}, kExactBits), y = evaluate(b, bindings, {precision, b_work}, kExactBits);
    out.a_defined = x.defined();
    out.b_defined = y.defined();
    if (!out.a_defined || !out.b_defined) {
      out.agreement = Agreement::kOneUndefined;  // or only not told from 1/0 at this precision
      continue;
    }
    out.agreement = Agreement::kUnsure;
    if (x.exact && y.exact) {
      out.agreement = *x.exact == *y.exact ? Agreement::kAgree : Agreement::kDisagree;
      return out;
    }
    Work free(INT64_MAX);
    const Complex p = x.ball({precision, free}), q = y.ball({precision, free});
    const bool p_apart = p.im.sign() != 0, q_apart = q.im.sign() != 0;  // certainly not real
    if ((p.is_real() && q_apart) || (q.is_real() && p_apart)) out.agreement = Agreement::kOneReal;
    else if (disjoint(p, q)) out.agreement = Agreement::kDisagree;
    else if (!p.finite() && !q.finite()) out.agreement = Agreement::kAgree;  // the same infinity: others are disjoint
    else if (p.accuracy() >= kAccuracyWanted && q.accuracy() >= kAccuracyWanted) out.agreement = Agreement::kAgree;
    if (out.agreement != Agreement::kUnsure) return out;
  }
  return out;
}

}  // namespace laconic::verifiers::math
