#include "kernels/rope.h"

#include <cmath>

#include "tests/kernels/support.h"

namespace laconic::kernels {
namespace {

TEST(Rope, YarnFrequenciesOfDeepSeekV3) {
  YarnScaling yarn{.enabled = true, .factor = 40, .beta_fast = 32, .beta_slow = 1, .original_positions = 4096};
  const std::vector<double> f = rope_frequencies(64, 10000, yarn);
  ASSERT_EQ(f.size(), 32u);
  const struct { std::size_t i; double value; } table[] = {{0, 1},           {10, 0.0562341325},  {11, 0.0390069265},
                                                          {16, 0.0055},     {22, 1.77827941e-4}, {31, 3.33380358e-6}};
  for (const auto& [i, value] : table) EXPECT_NEAR(f[i] / value, 1, 2e-9) << i;
}

TEST(Rope, PlainFrequenciesAreThePowersOfTheta) {
  const std::vector<double> f = rope_frequencies(16, 50000, YarnScaling{});
  for (std::size_t i = 0; i < f.size(); ++i) EXPECT_NEAR(f[i] / std::pow(50000, -static_cast<double>(i) / 8), 1, 1e-14);
}

// Wavelengths in tokens of the published scaling of Llama 3.1: kept below 2048, stretched eightfold above 8192.
TEST(Rope, Llama3FrequenciesKeepShortWavesAndStretchLongOnes) {
  const Llama3Scaling scaling{.enabled = true, .factor = 8, .low = 1, .high = 4, .original_positions = 8192};
  const std::vector<double> plain = rope_frequencies(128, 5e5, Llama3Scaling{}), f = rope_frequencies(128, 5e5, scaling);
  int kept = 0, stretched = 0;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const double wave = 2 * M_PI / plain[i], blend = (8192 / wave - 1) / 3;
    kept += wave < 2048;
    stretched += wave > 8192;
    const double expected = wave < 2048 ? plain[i] : wave > 8192 ? plain[i] / 8 : (1 - blend) * plain[i] / 8 + blend * plain[i];
    EXPECT_NEAR(f[i] / expected, 1, 1e-12) << i;
  }
  EXPECT_GT(kept, 20);
  EXPECT_GT(stretched, 20);
}

TEST(Rope, YarnScaleOfTheSoftmax) {
  EXPECT_NEAR(yarn_mscale(40, 1), 1.368888, 1e-6);
  EXPECT_NEAR(yarn_mscale(40, 0.707), 1.260804, 1e-6);
  EXPECT_EQ(yarn_mscale(1, 1), 1);
  const double m = yarn_mscale(40, 1);
  EXPECT_NEAR(m * m / std::sqrt(192.0), 0.1352337789, 1e-10);
  EXPECT_NEAR(std::pow(yarn_mscale(40, 0.707), 2) / std::sqrt(192.0), 0.1147213868, 1e-10);
}

TEST(Rope, TablesAreTheRoundedTruth) {
  const std::vector<double> f = rope_frequencies(16, 10000, YarnScaling{});
  const RopeTable table(f, 3000, 1.25);
  EXPECT_EQ(table.dim(), 16);
  EXPECT_EQ(table.positions(), 3000);
  for (std::int64_t p : {0, 1, 17, 1024, 2999})
    for (std::size_t i = 0; i < f.size(); ++i) {
      EXPECT_NEAR(table.cos(p)[i], 1.25 * std::cos(static_cast<double>(p) * f[i]), 8e-8);
      EXPECT_NEAR(table.sin(p)[i], 1.25 * std::sin(static_cast<double>(p) * f[i]), 8e-8);
    }
}

// Both layouts rotate the same pairs, found in different places.
TEST(Rope, LayoutsRotateTheirPairs) {
  for (int dim : {2, 6, 16, 34, 64}) {
    const int half = dim / 2, heads = 3;
    const std::int64_t rows = 4, ldx = heads * (dim + 1) + 2, ld_out = heads * (dim + 5);
    const RopeTable table(rope_frequencies(dim, 10000, YarnScaling{}), 500, 1);
    const auto x = random_floats(static_cast<std::size_t>(rows * ldx), 1);
    const std::vector<std::int32_t> positions = {0, 3, 499, 250};
    for (RopeLayout layout : {RopeLayout::kInterleaved, RopeLayout::kHalfSplit}) {
      std::vector<bf16> out(static_cast<std::size_t>(rows * ld_out)), expected(out.size());
      for (std::int64_t r = 0; r < rows; ++r)
        for (int h = 0; h < heads; ++h)
          for (int i = 0; i < half; ++i) {
            const bool pairs = layout == RopeLayout::kInterleaved;
            const int first = pairs ? 2 * i : i, second = pairs ? 2 * i + 1 : i + half;
            const float* v = &x[static_cast<std::size_t>(r * ldx + h * (dim + 1))];
            const std::int64_t p = positions[static_cast<std::size_t>(r)];
            const float c = table.cos(p)[i], s = table.sin(p)[i];
            bf16* to = &expected[static_cast<std::size_t>(r * ld_out + h * (dim + 5))];
            to[first] = to_bf16(std::fma(v[first], c, -(v[second] * s)));
            to[second] = to_bf16(std::fma(v[second], c, v[first] * s));
          }
      const std::string bytes = same_everywhere(
          [&](const Ctx& ctx) {
            apply_rope(ctx, x.data(), ldx, dim + 1, rows, heads, positions.data(), table, layout, out.data(), ld_out, dim + 5);
          },
          [&] { return bytes_of(out); });
      EXPECT_TRUE(bytes == bytes_of(expected)) << dim;
    }
  }
}

}  // namespace
}  // namespace laconic::kernels
