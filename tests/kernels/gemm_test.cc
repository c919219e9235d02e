// The matrix product against its definition: one fused chain per output, k ascending.
#include "kernels/gemm.h"

#include <cmath>

#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

struct Shape {
  std::int64_t rows, n, k;
};
constexpr Shape kShapes[] = {{1, 1, 1},   {1, 16, 2},    {2, 17, 3},   {3, 31, 7},    {5, 64, 33},    {7, 130, 129},
                             {8, 48, 64}, {9, 320, 128}, {13, 40, 513}, {4, 300, 1025}, {65, 33, 30}, {1, 290, 1030}};

float chain(const bf16* x, const bf16* w, std::int64_t k) {
  float sum = 0;
  for (std::int64_t i = 0; i < k; ++i) sum = std::fma(to_float(x[i]), to_float(w[i]), sum);
  return sum;
}

TEST(Gemm, IsTheFusedChainBitForBit) {
  for (const auto& [rows, n, k] : kShapes) {
    const std::int64_t ldx = k + 3, ldy = n + 5;
    const auto x = random_bf16(static_cast<std::size_t>(rows * ldx), 1), weights = random_bf16(static_cast<std::size_t>(n * k), 2);
    const PackedMatrix w(weights.data(), n, k);
    for (Store store : {Store::kSet, Store::kAdd}) {
      const auto before = random_floats(static_cast<std::size_t>(rows * ldy), 3);
      std::vector<float> expected = before, y;
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < n; ++c) {
          const float sum = chain(&x[static_cast<std::size_t>(r * ldx)], &weights[static_cast<std::size_t>(c * k)], k);
          float& out = expected[static_cast<std::size_t>(r * ldy + c)];
          out = store == Store::kAdd ? out + sum : sum;
        }
      y.resize(before.size());
      const std::string bytes = same_everywhere(
          [&](const Ctx& ctx) {
            if (ctx.tid == 0) y = before;
            ctx.barrier();
            gemm(ctx, x.data(), ldx, rows, w, y.data(), ldy, store);
          },
          [&] { return bytes_of(y); });
      EXPECT_TRUE(bytes == bytes_of(expected)) << rows << "×" << n << "×" << k;
    }
  }
}

TEST(Gemm, UnroundedInputs) {
  for (const auto& [rows, n, k] : kShapes) {
    const auto x = random_floats(static_cast<std::size_t>(rows * k), 4);
    const auto weights = random_bf16(static_cast<std::size_t>(n * k), 5);
    const PackedMatrix w(weights.data(), n, k);
    std::vector<float> expected(static_cast<std::size_t>(rows * n)), y(expected.size());
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < n; ++c) {
        float sum = 0;
        for (std::int64_t i = 0; i < k; ++i)
          sum = std::fma(x[static_cast<std::size_t>(r * k + i)], to_float(weights[static_cast<std::size_t>(c * k + i)]), sum);
        expected[static_cast<std::size_t>(r * n + c)] = sum;
      }
    const std::string bytes = same_everywhere(
        [&](const Ctx& ctx) { gemm_f32(ctx, x.data(), k, rows, w, y.data(), n); }, [&] { return bytes_of(y); });
    EXPECT_TRUE(bytes == bytes_of(expected)) << rows << "×" << n << "×" << k;
  }
}

struct Tolerance {
  std::int64_t k;
  double relative_to_magnitude;  // |error| / Σ|x·w|
};

TEST(Gemm, CloseToFloat64) {
  for (const auto& [k, tolerance] : {Tolerance{64, 1e-6}, Tolerance{1000, 5e-6}, Tolerance{8192, 2e-5}}) {
    const auto x = random_bf16(static_cast<std::size_t>(k), 6), weights = random_bf16(static_cast<std::size_t>(16 * k), 7);
    std::vector<float> y(16);
    gemm(Ctx{}, x.data(), k, 1, PackedMatrix(weights.data(), 16, k), y.data(), 16);
    for (std::int64_t c = 0; c < 16; ++c) {
      double truth = 0, magnitude = 0;
      for (std::int64_t i = 0; i < k; ++i) {
        const double product = double{to_float(x[static_cast<std::size_t>(i)])} * to_float(weights[static_cast<std::size_t>(c * k + i)]);
        truth += product;
        magnitude += std::fabs(product);
      }
      EXPECT_LE(std::fabs(y[static_cast<std::size_t>(c)] - truth), tolerance * magnitude) << k;
    }
  }
}

TEST(Gemm, ARowDoesNotDependOnItsCompany) {
  const std::int64_t rows = 67, n = 70, k = 90;
  const auto x = random_bf16(static_cast<std::size_t>(rows * k), 8), weights = random_bf16(static_cast<std::size_t>(n * k), 9);
  const PackedMatrix w(weights.data(), n, k);
  for (Isa isa : executable_isas()) {
    const ForcedIsa forced(isa);
    std::vector<float> together(static_cast<std::size_t>(rows * n)), alone(together.size());
    gemm(Ctx{}, x.data(), k, rows, w, together.data(), n);
    for (std::int64_t r = 0; r < rows; ++r) gemm(Ctx{}, x.data() + r * k, k, 1, w, alone.data() + r * n, n);
    EXPECT_TRUE(bytes_of(together) == bytes_of(alone)) << name_of(isa);
  }
}

TEST(Gemm, HeadsAreSeparateProducts) {
  const std::int64_t rows = 5, heads = 3, n = 24, k = 10, ldx = heads * k, ldy = heads * n;
  const auto x = random_bf16(static_cast<std::size_t>(rows * ldx), 10), weights = random_bf16(static_cast<std::size_t>(heads * n * k), 11);
  std::vector<PackedMatrix> w;
  std::vector<float> expected(static_cast<std::size_t>(rows * ldy)), y(expected.size());
  for (std::int64_t h = 0; h < heads; ++h) {
    w.emplace_back(weights.data() + h * n * k, n, k);
    gemm(Ctx{}, x.data() + h * k, ldx, rows, w.back(), expected.data() + h * n, ldy);
  }
  const std::string bytes = same_everywhere(
      [&](const Ctx& ctx) { gemm_heads(ctx, x.data(), ldx, k, rows, w, y.data(), ldy, n); }, [&] { return bytes_of(y); });
  EXPECT_TRUE(bytes == bytes_of(expected));
}

TEST(PackedMatrix, HoldsEveryElementAndZeroesTheRest) {
  const std::int64_t n = 19, k = 5, ld = 8;
  const auto weights = random_bf16(static_cast<std::size_t>(n * ld), 12);
  const PackedMatrix w(weights.data(), n, k, ld);
  EXPECT_EQ(w.panels(), 2);
  EXPECT_EQ(w.pairs(), 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(w.panel(0)) % 64, 0u);
  for (std::int64_t c = 0; c < 32; ++c)
    for (std::int64_t i = 0; i < 6; ++i)
      EXPECT_EQ(w.at(c, i).bits, c < n && i < k ? weights[static_cast<std::size_t>(c * ld + i)].bits : 0);
  std::vector<bf16> transposed(static_cast<std::size_t>(k * 21));
  for (std::int64_t c = 0; c < n; ++c)
    for (std::int64_t i = 0; i < k; ++i) transposed[static_cast<std::size_t>(i * 21 + c)] = weights[static_cast<std::size_t>(c * ld + i)];
  const PackedMatrix t = PackedMatrix::from_transposed(transposed.data(), n, k, 21);
  EXPECT_EQ(std::memcmp(t.panel(0), w.panel(0), w.bytes()), 0);
}

}  // namespace
}  // namespace laconic::kernels
