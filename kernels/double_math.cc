#include "kernels/double_math.h"

#include <bit>
#include <cstdint>

namespace laconic::kernels {

namespace {

// ln 2 and π/2 cut so that k · high is exact for |k| < 2^20 (Cody and Waite 1980).
constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
constexpr double kHalfPiHigh = 1.57079632673412561417e+00, kHalfPiLow = 6.07710050650619224932e-11;

double nearest(double x) {  // ties to even, |x| < 2^51
  constexpr double kMagic = 0x1.8p52;
  volatile double shifted = x + kMagic;
  return shifted - kMagic;
}

double times_power_of_two(double x, int n) {
  return x * std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
}

}  // namespace

double exp_double(double x) {
  const double n = nearest(x * 1.44269504088896340736);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1;
  for (int i = 18; i >= 1; --i) sum = 1 + sum * r / i;  // Taylor, |r| ≤ ½ ln 2
  return times_power_of_two(sum, static_cast<int>(n));
}

double log_double(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t shifted = bits - 0x3fe6a09e667f3bcdu;  // mantissa in [√½, √2)
  const double e = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double m = std::bit_cast<double>((shifted & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
  const double s = (m - 1) / (m + 1), square = s * s;  // log m = 2 atanh s, |s| ≤ 0.172
  double sum = 0;
  for (int i = 27; i >= 3; i -= 2) sum = (sum + 1.0 / i) * square;
  return e * kLn2High + (e * kLn2Low + (2 * s + 2 * s * sum));
}

double pow_double(double x, double y) { return exp_double(y * log_double(x)); }

SinCos sin_cos_double(double x) {
  const double k = nearest(x * 0.63661977236758134308);
  const double r = (x - k * kHalfPiHigh) - k * kHalfPiLow, square = r * r;
  double sin = 1, cos = 1;  // Taylor, |r| ≤ π/4
  for (int i = 20; i >= 2; i -= 2) {
    sin = 1 - sin * square / (i * (i + 1));
    cos = 1 - cos * square / (i * (i - 1));
  }
  sin *= r;
  switch (static_cast<std::int64_t>(k) & 3) {
    case 0: return {sin, cos};
    case 1: return {cos, -sin};
    case 2: return {-sin, -cos};
    default: return {-cos, sin};
  }
}

}  // namespace laconic::kernels
