// RMSNorm, SwiGLU and addition, against float64 and bit for bit over levels and threads.
#include <cmath>

#include "kernels/gemm.h"
#include "kernels/moe.h"
#include "kernels/norm.h"
#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

struct NormCase {
  std::int64_t rows, dim;
  float scale;
  double tolerance;  // relative
};

TEST(RmsNorm, CloseToFloat64AtEveryShape) {
  const float eps = 1e-6f;
  for (const auto& [rows, dim, scale, tolerance] :
       {NormCase{1, 1, 1, 1e-6}, NormCase{3, 15, 1, 1e-6}, NormCase{2, 16, 100, 1e-6}, NormCase{4, 33, 1e-4f, 1e-6},
        NormCase{5, 128, 1, 1e-6}, NormCase{2, 7168, 3, 1e-6}}) {
    const std::int64_t ld = dim + 2;
    const auto x = random_floats(static_cast<std::size_t>(rows * ld), 1, scale), w = random_floats(static_cast<std::size_t>(dim), 2);
    std::vector<float> full(static_cast<std::size_t>(rows * dim));
    std::vector<bf16> rounded(full.size());
    same_everywhere(
        [&](const Ctx& ctx) { rms_norm(ctx, x.data(), ld, rows, dim, w.data(), eps, rounded.data(), dim, full.data(), dim); },
        [&] { return bytes_of(full) + bytes_of(rounded); });
    for (std::int64_t r = 0; r < rows; ++r) {
      double squares = 0;
      for (std::int64_t c = 0; c < dim; ++c) squares += std::pow(double{x[static_cast<std::size_t>(r * ld + c)]}, 2);
      for (std::int64_t c = 0; c < dim; ++c) {
        const std::size_t at = static_cast<std::size_t>(r * dim + c);
        const double truth = double{w[static_cast<std::size_t>(c)]} * x[static_cast<std::size_t>(r * ld + c)] /
                             std::sqrt(squares / static_cast<double>(dim) + eps);
        EXPECT_NEAR(full[at], truth, tolerance * std::fabs(truth) + 1e-30);
        EXPECT_EQ(rounded[at].bits, to_bf16(full[at]).bits);
      }
    }
  }
}

// The documented order: lane = column mod 16, fused, then the tree.
TEST(RmsNorm, SumsInSixteenLanesThenATree) {
  const std::int64_t dim = 45;
  const auto x = random_floats(dim, 3), w = random_floats(dim, 4);
  float lanes[16] = {};
  for (int c = 0; c < dim; ++c) lanes[c % 16] = std::fma(x[static_cast<std::size_t>(c)], x[static_cast<std::size_t>(c)], lanes[c % 16]);
  for (int step = 8; step; step /= 2)
    for (int i = 0; i < step; ++i) lanes[i] += lanes[i + step];
  const float inverse = 1.0f / std::sqrt(lanes[0] / dim + 1e-5f);
  std::vector<float> expected(dim), y(dim);
  for (std::size_t c = 0; c < dim; ++c) expected[c] = w[c] * (x[c] * inverse);
  const std::string bytes = same_everywhere(
      [&](const Ctx& ctx) { rms_norm(ctx, x.data(), dim, 1, dim, w.data(), 1e-5f, nullptr, 0, y.data(), dim); },
      [&] { return bytes_of(y); });
  EXPECT_TRUE(bytes == bytes_of(expected));
}

TEST(SwiGlu, CloseToFloat64) {
  for (std::int64_t width : {1, 16, 24, 65}) {
    const std::int64_t rows = 4;
    const auto gate_up = random_floats(static_cast<std::size_t>(rows * 2 * width), 5, 12);
    std::vector<bf16> out(static_cast<std::size_t>(rows * width));
    same_everywhere([&](const Ctx& ctx) { swiglu(ctx, gate_up.data(), rows, width, out.data()); }, [&] { return bytes_of(out); });
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < width; ++c) {
        const double g = gate_up[static_cast<std::size_t>(r * 2 * width + c)], u = gate_up[static_cast<std::size_t>(r * 2 * width + width + c)];
        const double truth = g / (1 + std::exp(-g)) * u;
        EXPECT_NEAR(to_float(out[static_cast<std::size_t>(r * width + c)]), truth, std::fabs(truth) * 0x1.01p-8);
      }
  }
}

TEST(SwiGlu, SaturatesWithoutNaN) {
  const std::vector<float> gate_up = {-1000, -89, 1000, 0, 2, 2, 2, 2};
  std::vector<bf16> out(4);
  same_everywhere([&](const Ctx& ctx) { swiglu(ctx, gate_up.data(), 1, 4, out.data()); }, [&] { return bytes_of(out); });
  EXPECT_EQ(to_float(out[0]), 0);
  EXPECT_NEAR(to_float(out[1]), 0, 1e-30);
  EXPECT_EQ(to_float(out[2]), 2000);
  EXPECT_EQ(to_float(out[3]), 0);
}

TEST(AddRows, IsOneAddition) {
  const std::int64_t rows = 3, cols = 37;
  const auto x = random_floats(rows * 40, 6), before = random_floats(rows * 41, 7);
  std::vector<float> y = before, expected = before;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c) expected[static_cast<std::size_t>(r * 41 + c)] += x[static_cast<std::size_t>(r * 40 + c)];
  const std::string bytes = same_everywhere(
      [&](const Ctx& ctx) {
        if (ctx.tid == 0) y = before;
        ctx.barrier();
        add_rows(ctx, x.data(), 40, rows, cols, y.data(), 41);
      },
      [&] { return bytes_of(y); });
  EXPECT_TRUE(bytes == bytes_of(expected));
}

}  // namespace
}  // namespace laconic::kernels
