// F16, sixteen virtual fp32 lanes, in portable C++: the reference that the vector levels must equal
// bit for bit. __builtin_fmaf is exact (one rounding) with and without an FMA instruction.
// Included once by ops_scalar.cc; operations are documented in docs/numerics.md.

#include <cstdint>

#include "kernels/bf16.h"

namespace laconic::kernels {
namespace {

constexpr int kTileRows = 4;                                   // rows of a gemm tile
constexpr int tile_panels(int) { return 1; }                   // panels of a gemm tile with that many rows

struct F16 {
  float v[16];
};

template <class F>
inline F16 each(F f) {
  F16 r;
  for (int i = 0; i < 16; ++i) r.v[i] = f(i);
  return r;
}

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float float_of(std::uint32_t x) { return __builtin_bit_cast(float, x); }
inline std::uint16_t round_bits(float x) {
  const std::uint32_t u = bits_of(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((u >> 16) | 0x40u);
  return static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

inline F16 set16(float x) { return each([&](int) { return x; }); }
inline F16 iota16() { return each([](int i) { return static_cast<float>(i); }); }
inline F16 load16(const float* p) { return each([&](int i) { return p[i]; }); }
inline void store16(F16 x, float* p) { for (int i = 0; i < 16; ++i) p[i] = x.v[i]; }
inline F16 load16(const bf16* p) { return each([&](int i) { return float_of(std::uint32_t{p[i].bits} << 16); }); }
inline void store16(F16 x, bf16* p) { for (int i = 0; i < 16; ++i) p[i].bits = round_bits(x.v[i]); }
inline void load_pairs(const bf16* p, F16& even, F16& odd) {
  even = each([&](int i) { return float_of(std::uint32_t{p[2 * i].bits} << 16); });
  odd = each([&](int i) { return float_of(std::uint32_t{p[2 * i + 1].bits} << 16); });
}

inline F16 add(F16 a, F16 b) { return each([&](int i) { return a.v[i] + b.v[i]; }); }
inline F16 sub(F16 a, F16 b) { return each([&](int i) { return a.v[i] - b.v[i]; }); }
inline F16 mul(F16 a, F16 b) { return each([&](int i) { return a.v[i] * b.v[i]; }); }
inline F16 div(F16 a, F16 b) { return each([&](int i) { return a.v[i] / b.v[i]; }); }
inline F16 fma(F16 a, F16 b, F16 c) { return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); }); }
inline F16 sqrt16(F16 a) { return each([&](int i) { return __builtin_sqrtf(a.v[i]); }); }
inline F16 maximum(F16 a, F16 b) { return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }
inline F16 minimum(F16 a, F16 b) { return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; }); }
inline F16 select_lt(F16 a, F16 b, F16 x, F16 y) {
  return each([&](int i) { return a.v[i] < b.v[i] ? x.v[i] : y.v[i]; });
}
inline F16 round_to_bf16(F16 a) { return each([&](int i) { return float_of(std::uint32_t{round_bits(a.v[i])} << 16); }); }

// bits(t) shifted left by 23 after adding `bias`: the power of two whose exponent is in t's low bits.
inline F16 exponent_from_low_bits(F16 t, std::uint32_t bias) {
  return each([&](int i) { return float_of((bits_of(t.v[i]) + bias) << 23); });
}
// x = mantissa · 2^exponent with mantissa in [√½, √2), for normal positive x.
inline void split_exponent(F16 x, F16& mantissa, F16& exponent) {
  for (int i = 0; i < 16; ++i) {
    const std::uint32_t shifted = bits_of(x.v[i]) - 0x3f3504f3u;
    exponent.v[i] = static_cast<float>(static_cast<std::int32_t>(shifted) >> 23);
    mantissa.v[i] = float_of((shifted & 0x007fffffu) + 0x3f3504f3u);
  }
}

inline float first_lane(F16 a) { return a.v[0]; }
inline float sum16(F16 a) {  // the fixed tree: lane i + lane i+8, then +4, +2, +1
  for (int step = 8; step > 0; step /= 2)
    for (int i = 0; i < step; ++i) a.v[i] = a.v[i] + a.v[i + step];
  return a.v[0];
}
inline float max16(F16 a) {
  for (int step = 8; step > 0; step /= 2)
    for (int i = 0; i < step; ++i) a.v[i] = a.v[i] > a.v[i + step] ? a.v[i] : a.v[i + step];
  return a.v[0];
}

// Writes the 4×4 transpose of 32-bit words: to[j·ld_to + i] = from[i·ld_from + j].
inline void transpose4(const bf16* from, std::int64_t ld_from, bf16* to, std::int64_t ld_to) {
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) __builtin_memcpy(to + j * ld_to + 2 * i, from + i * ld_from + 2 * j, 4);
}

}  // namespace
}  // namespace laconic::kernels
