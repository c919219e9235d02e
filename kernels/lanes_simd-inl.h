// F16, sixteen virtual fp32 lanes, over Google Highway by static dispatch: two vectors of 8 (AVX2)
// or one of 16 (AVX-512). Included once by ops_avx2.cc and ops_avx512.cc. Lane for lane the same
// IEEE operations as lanes_scalar-inl.h; Highway's own bf16 demotion (it truncates) is not used.

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/bf16.h"

namespace laconic::kernels {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX2
#define LACONIC_LANES 8
#define LACONIC_PARTS(i, expression) {[&] { constexpr int i = 0; return expression; }(), [&] { constexpr int i = 1; return expression; }()}
constexpr int kTileRows = 6;
constexpr int tile_panels(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
#else
#define LACONIC_LANES 16
#define LACONIC_PARTS(i, expression) {[&] { constexpr int i = 0; return expression; }()}
constexpr int kTileRows = 8;
constexpr int tile_panels(int rows) { return rows <= 2 ? 8 : rows <= 4 ? 4 : 2; }
#endif

constexpr int kLanes = LACONIC_LANES, kParts = 16 / kLanes;
using DF = hn::FixedTag<float, kLanes>;
using DU = hn::FixedTag<std::uint32_t, kLanes>;
using DI = hn::FixedTag<std::int32_t, kLanes>;
using DH = hn::FixedTag<std::uint16_t, kLanes>;
using VF = hn::Vec<DF>;
using VU = hn::Vec<DU>;

struct F16 {
  VF v[kParts];
};

HWY_INLINE const std::uint16_t* words(const bf16* p) { return &p->bits; }
HWY_INLINE VF widen(const bf16* p) {
  return hn::BitCast(DF(), hn::ShiftLeft<16>(hn::PromoteTo(DU(), hn::LoadU(DH(), words(p)))));
}
// bf16 bits of x in the low half of each word, nearest even; NaN stays NaN. (hn::Ne is an ordered
// comparison: Ne(x, x) would not find NaN.)
HWY_INLINE VU rounded_words(VF x) {
  const DU du;
  const VU u = hn::BitCast(du, x);
  const VU odd = hn::And(hn::ShiftRight<16>(u), hn::Set(du, 1));
  const VU rounded = hn::ShiftRight<16>(hn::Add(hn::Add(u, hn::Set(du, 0x7fff)), odd));
  const VU nan = hn::Or(hn::ShiftRight<16>(u), hn::Set(du, 0x40));
  return hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), nan, rounded);
}

HWY_INLINE F16 set16(float x) { return LACONIC_PARTS(i, (void(i), hn::Set(DF(), x))); }
HWY_INLINE F16 iota16() { return LACONIC_PARTS(i, hn::Iota(DF(), i * kLanes)); }
HWY_INLINE F16 load16(const float* p) { return LACONIC_PARTS(i, hn::LoadU(DF(), p + i * kLanes)); }
HWY_INLINE void store16(F16 x, float* p) {
  for (int i = 0; i < kParts; ++i) hn::StoreU(x.v[i], DF(), p + i * kLanes);
}
HWY_INLINE F16 load16(const bf16* p) { return LACONIC_PARTS(i, widen(p + i * kLanes)); }
HWY_INLINE void store16(F16 x, bf16* p) {
  for (int i = 0; i < kParts; ++i)
    hn::StoreU(hn::DemoteTo(DH(), hn::BitCast(DI(), rounded_words(x.v[i]))), DH(), &p[i * kLanes].bits);
}
// 16 outputs × 2 inputs of a packed panel: a shift gives the even inputs, a mask the odd ones.
HWY_INLINE void load_pairs(const bf16* p, F16& even, F16& odd) {
  const DU du;
  for (int i = 0; i < kParts; ++i) {
    const VU u = hn::LoadU(du, reinterpret_cast<const std::uint32_t*>(p) + i * kLanes);
    even.v[i] = hn::BitCast(DF(), hn::ShiftLeft<16>(u));
    odd.v[i] = hn::BitCast(DF(), hn::And(u, hn::Set(du, 0xffff0000u)));
  }
}

HWY_INLINE F16 add(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Add(a.v[i], b.v[i])); }
HWY_INLINE F16 sub(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Sub(a.v[i], b.v[i])); }
HWY_INLINE F16 mul(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Mul(a.v[i], b.v[i])); }
HWY_INLINE F16 div(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Div(a.v[i], b.v[i])); }
HWY_INLINE F16 fma(F16 a, F16 b, F16 c) { return LACONIC_PARTS(i, hn::MulAdd(a.v[i], b.v[i], c.v[i])); }
HWY_INLINE F16 sqrt16(F16 a) { return LACONIC_PARTS(i, hn::Sqrt(a.v[i])); }
HWY_INLINE F16 maximum(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Max(a.v[i], b.v[i])); }  // a > b ? a : b
HWY_INLINE F16 minimum(F16 a, F16 b) { return LACONIC_PARTS(i, hn::Min(a.v[i], b.v[i])); }  // a < b ? a : b
HWY_INLINE F16 select_lt(F16 a, F16 b, F16 x, F16 y) {
  return LACONIC_PARTS(i, hn::IfThenElse(hn::Lt(a.v[i], b.v[i]), x.v[i], y.v[i]));
}
HWY_INLINE F16 round_to_bf16(F16 a) {
  return LACONIC_PARTS(i, hn::BitCast(DF(), hn::ShiftLeft<16>(rounded_words(a.v[i]))));
}

HWY_INLINE F16 exponent_from_low_bits(F16 t, std::uint32_t bias) {
  return LACONIC_PARTS(i, hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(hn::BitCast(DU(), t.v[i]), hn::Set(DU(), bias)))));
}
HWY_INLINE void split_exponent(F16 x, F16& mantissa, F16& exponent) {
  const DI di;
  for (int i = 0; i < kParts; ++i) {
    const auto shifted = hn::Sub(hn::BitCast(di, x.v[i]), hn::Set(di, 0x3f3504f3));
    exponent.v[i] = hn::ConvertTo(DF(), hn::ShiftRight<23>(shifted));
    mantissa.v[i] = hn::BitCast(DF(), hn::Add(hn::And(shifted, hn::Set(di, 0x007fffff)), hn::Set(di, 0x3f3504f3)));
  }
}

HWY_INLINE float first_lane(F16 a) { return hn::GetLane(a.v[0]); }

// The fixed tree: lane i with lane i+8, then +4, +2, +1.
#if LACONIC_LANES == 16
#define LACONIC_EIGHT(a, op) hn::op(hn::LowerHalf(D8(), a.v[0]), hn::UpperHalf(D8(), a.v[0]))
#else
#define LACONIC_EIGHT(a, op) hn::op(a.v[0], a.v[1])
#endif
#define LACONIC_TREE(name, op)                                                  \
  HWY_INLINE float name(F16 a) {                                                \
    using D8 = hn::FixedTag<float, 8>;                                          \
    using D4 = hn::FixedTag<float, 4>;                                          \
    [[maybe_unused]] D8 d8;                                                     \
    const auto eight = LACONIC_EIGHT(a, op);                                    \
    const auto four = hn::op(hn::LowerHalf(D4(), eight), hn::UpperHalf(D4(), eight)); \
    const auto two = hn::op(four, hn::Shuffle1032(four));                       \
    return hn::GetLane(hn::op(two, hn::Shuffle2301(two)));                      \
  }
LACONIC_TREE(sum16, Add)
LACONIC_TREE(max16, Max)

HWY_INLINE void transpose4(const bf16* from, std::int64_t ld_from, bf16* to, std::int64_t ld_to) {
  using D = hn::FixedTag<std::uint32_t, 4>;
  const D d;
  const hn::FixedTag<std::uint64_t, 2> d2;
  const auto row = [&](int i) { return hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(from + i * ld_from)); };
  const auto r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
  const auto a0 = hn::BitCast(d2, hn::InterleaveLower(d, r0, r1)), a1 = hn::BitCast(d2, hn::InterleaveLower(d, r2, r3));
  const auto b0 = hn::BitCast(d2, hn::InterleaveUpper(d, r0, r1)), b1 = hn::BitCast(d2, hn::InterleaveUpper(d, r2, r3));
  const auto put = [&](int j, auto v) { hn::StoreU(hn::BitCast(d, v), d, reinterpret_cast<std::uint32_t*>(to + j * ld_to)); };
  put(0, hn::InterleaveLower(d2, a0, a1));
  put(1, hn::InterleaveUpper(d2, a0, a1));
  put(2, hn::InterleaveLower(d2, b0, b1));
  put(3, hn::InterleaveUpper(d2, b0, b1));
}

}  // namespace
}  // namespace laconic::kernels
