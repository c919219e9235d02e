// exp, log, sigmoid and SiLU over F16: own polynomials, fused operations only, no libm, so that all
// levels agree. About 1 ulp (tests/kernels/math_test.cc measures it). See docs/numerics.md.

namespace laconic::kernels {
namespace {

constexpr float kInf = __builtin_inff();

// The first n lanes of p, the others `fill`: tails go through the same arithmetic as whole vectors.
template <class T>
inline F16 load_part(const T* p, std::int64_t n, T fill) {
  T lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = i < n ? p[i] : fill;
  return load16(lanes);
}
template <class T>
inline void store_part(F16 x, T* p, std::int64_t n) {
  T lanes[16];
  store16(x, lanes);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}

// exp(x) = 2^n · e^r, n = round(x · log2 e), |r| ≤ ½ ln 2; degree 6, fitted for relative error 3e-9.
// Exactly 1 at 0; exactly 0 below −86.5 (before the result could become denormal); +inf above 88.72.
inline F16 exp16(F16 x) {
  const F16 magic = set16(12582912.0f);  // 1.5 · 2^23: adding it rounds to an integer in the low bits
  const F16 clamped = minimum(set16(89.0f), x);
  const F16 t = fma(clamped, set16(1.44269504f), magic);
  const F16 n = sub(t, magic);
  F16 r = fma(n, set16(-0.693359375f), clamped);
  r = fma(n, set16(2.12194440e-4f), r);
  F16 p = set16(0x1.6a2352p-10f);
  p = fma(p, r, set16(0x1.123a6cp-7f));
  p = fma(p, r, set16(0x1.5558f4p-5f));
  p = fma(p, r, set16(0x1.55549p-3f));
  p = fma(p, r, set16(0x1.fffffcp-2f));
  p = add(fma(mul(r, r), p, r), set16(1.0f));
  // 2^(n−1), then twice: n = 128 would not fit an exponent.
  const F16 scaled = mul(p, exponent_from_low_bits(t, 126));
  return select_lt(x, set16(-86.5f), set16(0.0f), add(scaled, scaled));
}

// log(x) for normal x; −inf below the smallest normal number, NaN and +inf go through.
// x = m · 2^e, m in [√½, √2), f = m − 1: f − f²/2 + f³·P(f) + e·ln 2; degree 8, relative error 8e-10.
inline F16 log16(F16 x) {
  F16 m, e;
  split_exponent(x, m, e);
  const F16 f = sub(m, set16(1.0f));
  const F16 square = mul(f, f);
  F16 p = set16(0.067477285861969f);
  p = fma(p, f, set16(-0.11677515506744385f));
  p = fma(p, f, set16(0.11888697743415833f));
  p = fma(p, f, set16(-0.12405340373516083f));
  p = fma(p, f, set16(0.14219452440738678f));
  p = fma(p, f, set16(-0.16668005287647247f));
  p = fma(p, f, set16(0.20002123713493347f));
  p = fma(p, f, set16(-0.25000008940696716f));
  p = fma(p, f, set16(0.3333331346511841f));
  F16 y = mul(mul(f, square), p);
  y = fma(e, set16(-2.12194440e-4f), y);
  y = fma(square, set16(-0.5f), y);
  F16 result = fma(e, set16(0.693359375f), add(f, y));
  result = add(result, sub(x, x));  // NaN stays NaN
  result = select_lt(set16(0x1.fffffep127f), x, set16(kInf), result);
  return select_lt(x, set16(0x1p-126f), set16(-kInf), result);
}

inline F16 negative(F16 x) { return sub(set16(0.0f), x); }
inline F16 sigmoid16(F16 x) { return div(set16(1.0f), add(set16(1.0f), exp16(negative(x)))); }
inline F16 silu16(F16 x) { return div(x, add(set16(1.0f), exp16(negative(x)))); }

inline float exp1(float x) { return first_lane(exp16(set16(x))); }
inline float log1(float x) { return first_lane(log16(set16(x))); }

}  // namespace
}  // namespace laconic::kernels
