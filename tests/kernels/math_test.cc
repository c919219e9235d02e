// exp, log, sigmoid and the bf16 conversion.
#include <cmath>

#include "kernels/double_math.h"
#include "kernels/gemm.h"
#include "kernels/op_table.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

using RowOp = void (*)(const float*, std::int64_t, float*);

std::vector<float> at_every_level(RowOp OpTable::*op, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  same_everywhere(
      [&](const Ctx& ctx) {
        if (ctx.tid == 0) (ops().*op)(x.data(), static_cast<std::int64_t>(x.size()), y.data());
      },
      [&] { return bytes_of(y); });
  return y;
}

double ulp(double truth) {
  const float nearest = static_cast<float>(truth);
  return std::nextafterf(std::fabs(nearest), INFINITY) - std::fabs(nearest);
}

struct Accuracy {
  const char* name;
  RowOp OpTable::*op;
  double (*truth)(double);
  float low, high;
  double ulps;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Math, WithinItsUlpsOfTheTruth) {
  const Accuracy table[] = {
      {"exp", &OpTable::exp_row, [](double x) { return std::exp(x); }, -86.4f, 88.7f, 1.1},
      {"exp near 0", &OpTable::exp_row, [](double x) { return std::exp(x); }, -1, 1, 1.1},
      {"log", &OpTable::log_row, [](double x) { return std::log(x); }, 1e-6f, 1e6f, 1.1},
      {"log near 1", &OpTable::log_row, [](double x) { return std::log(x); }, 0.9f, 1.1f, 1.1},
      {"sigmoid", &OpTable::sigmoid_row, sigmoid, -60, 60, 2.6},
  };
  for (const Accuracy& row : table) {
    std::vector<float> x;
    for (int i = 0; i <= 200001; ++i) x.push_back(row.low + (row.high - row.low) * static_cast<float>(i) / 200001);
    const std::vector<float> y = at_every_level(row.op, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double truth = row.truth(x[i]);
      worst = std::max(worst, std::fabs(y[i] - truth) / ulp(truth));
    }
    EXPECT_LE(worst, row.ulps) << row.name;
  }
}

TEST(Math, LogAcrossAllExponents) {
  std::vector<float> x;
  for (int e = -126; e < 128; ++e)
    for (float m : {1.0f, 1.2f, 1.41421354f, 1.41421366f, 1.7f, 1.9999999f}) x.push_back(std::ldexp(m, e));
  const std::vector<float> y = at_every_level(&OpTable::log_row, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double truth = std::log(static_cast<double>(x[i]));
    EXPECT_LE(std::fabs(y[i] - truth), 1.1 * ulp(truth)) << x[i];
  }
}

TEST(Math, SpecialValues) {
  const float inf = INFINITY;
  const std::vector<float> e = at_every_level(
      &OpTable::exp_row, {0.0f, -0.0f, -inf, inf, NAN, -86.6f, -1e30f, 89.0f, 1e30f, 88.72f, -86.4f});
  EXPECT_EQ(bits_of(e[0]), bits_of(1.0f));
  EXPECT_EQ(bits_of(e[1]), bits_of(1.0f));
  EXPECT_EQ(bits_of(e[2]), bits_of(0.0f));
  EXPECT_EQ(e[3], inf);
  EXPECT_TRUE(std::isnan(e[4]));
  EXPECT_EQ(bits_of(e[5]), bits_of(0.0f));
  EXPECT_EQ(bits_of(e[6]), bits_of(0.0f));
  EXPECT_EQ(e[7], inf);
  EXPECT_EQ(e[8], inf);
  EXPECT_TRUE(std::isfinite(e[9]));
  EXPECT_GT(e[10], 0);
  const std::vector<float> l = at_every_level(&OpTable::log_row, {1.0f, 0.0f, -1.0f, inf, NAN, 1e-42f, 0x1p-126f});
  EXPECT_EQ(bits_of(l[0]), bits_of(0.0f));
  EXPECT_EQ(l[1], -inf);
  EXPECT_EQ(l[2], -inf);
  EXPECT_EQ(l[3], inf);
  EXPECT_TRUE(std::isnan(l[4]));
  EXPECT_EQ(l[5], -inf);
  EXPECT_TRUE(std::isfinite(l[6]));
}

// Every bf16 value, the midpoint above it, and one fp32 step to either side of that midpoint.
TEST(Bf16, RoundsToNearestEvenAtEveryMidpoint) {
  std::vector<float> x;
  std::vector<std::uint16_t> expected;
  for (std::uint32_t high = 0; high < 0x10000; ++high) {
    const bool nan_or_inf = (high & 0x7f80) == 0x7f80;
    const std::uint16_t here = static_cast<std::uint16_t>(high), next = static_cast<std::uint16_t>(high + 1);
    for (std::uint32_t low : {0x0000u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      x.push_back(std::bit_cast<float>(high << 16 | low));
      const bool nan = nan_or_inf && ((high & 0x7f) != 0 || low != 0);
      if (nan) expected.push_back(static_cast<std::uint16_t>(high | 0x40));
      else if (low < 0x8000 || (low == 0x8000 && here % 2 == 0)) expected.push_back(here);
      else expected.push_back(next);
    }
  }
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(to_bf16(x[i]).bits, expected[i]) << std::hex << bits_of(x[i]);
  for (std::uint32_t high = 0; high < 0x10000; ++high)
    ASSERT_EQ(bits_of(to_float(bf16{static_cast<std::uint16_t>(high)})), high << 16);
  std::vector<bf16> y(x.size());
  const std::string bytes = same_everywhere(
      [&](const Ctx& ctx) {
        const auto cols = static_cast<std::int64_t>(x.size());
        round_to_bf16(ctx, x.data(), cols, 1, cols, y.data(), cols);
      },
      [&] { return bytes_of(y); });
  EXPECT_TRUE(bytes == bytes_of(expected));
}

TEST(DoubleMath, AgreesWithLibmForTheArgumentsOfRopeTables) {
  PhiloxStream stream(5, 0);
  for (int i = 0; i < 200000; ++i) {
    const double x = (stream.uniform() * 2 - 1) * 200000;
    const SinCos turn = sin_cos_double(x);
    ASSERT_NEAR(turn.sin, std::sin(x), 1e-14) << x;
    ASSERT_NEAR(turn.cos, std::cos(x), 1e-14) << x;
    const double e = (stream.uniform() * 2 - 1) * 20, v = std::exp(e);
    ASSERT_NEAR(exp_double(e) / v, 1, 1e-14) << e;
    ASSERT_NEAR(log_double(v), std::log(v), 1e-14) << v;
  }
}

}  // namespace
}  // namespace laconic::kernels
