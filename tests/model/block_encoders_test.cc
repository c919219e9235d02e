// The quantisers: ggml's reference ones bit for bit, the others within half a step of every element.
#include "model/weights/block_encoders.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "base/philox.h"
#include "model/gguf/gguf.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

TEST(BlockEncoders, AreTheLibrarysReferenceBitForBit) {
  const Gguf gguf = read_gguf(golden_folder() / "gguf/quantised.gguf");
  const std::vector<float> plain = to_floats(gguf.tensors.at("plain"));
  int compared = 0;
  for (const auto& [name, tensor] : gguf.tensors) {
    if (name == "plain") continue;
    const StorageFormat& format = format_of(tensor.dtype);
    std::vector<std::byte> bytes(tensor.bytes());
    encode(tensor.dtype, plain.data(), tensor.elements() / format.elements, bytes.data());
    for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], tensor.data[i]) << name << " byte " << i;
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

TEST(BlockEncoders, HalvesRoundToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {  // every finite half ≥ 0, the midpoint above it, and its neighbours
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    ASSERT_EQ(float_to_half(value), half);
    ASSERT_EQ(float_to_half(-value), half | 0x8000);
    if (bits == 0x7bff) break;
    const float middle = value + (half_to_float(static_cast<std::uint16_t>(bits + 1)) - value) / 2;  // exact in fp32
    ASSERT_EQ(float_to_half(middle), (bits & 1) ? bits + 1 : bits);
    ASSERT_EQ(float_to_half(std::nextafterf(middle, 0)), bits);
    ASSERT_EQ(float_to_half(std::nextafterf(middle, 1e9f)), bits + 1);
  }
  EXPECT_EQ(float_to_half(65520), 0x7c00);  // halfway to what would be the next half
  EXPECT_EQ(float_to_half(std::nextafterf(65520, 0)), 0x7bff);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::quiet_NaN()) & 0x7c00, 0x7c00);
  EXPECT_NE(float_to_half(std::numeric_limits<float>::quiet_NaN()) & 0x3ff, 0);
}

// The step between neighbouring codes at an element, as the decoder has it.
double step_at(DType dtype, const std::byte* block, int element) {
  const auto half = [&](int at) {
    std::uint16_t bits;
    std::memcpy(&bits, block + at, 2);
    return static_cast<double>(half_to_float(bits));
  };
  if (dtype == DType::kQ6_K) return half(208) * static_cast<int>(block[192 + element / 16]);
  const auto byte = [&](int i) { return static_cast<int>(block[4 + i]); };
  const int j = element / 32;
  return half(0) * (j < 4 ? byte(j) & 63 : (byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4));
}

TEST(BlockEncoders, SuperBlocksStayWithinHalfAStep) {
  constexpr int kBlocks = 300;
  std::vector<float> values(kBlocks * 256);
  PhiloxStream random(11, 0);
  for (int b = 0; b < kBlocks; ++b) {
    const double spread = std::exp(random.normal() * 2);
    for (int i = 0; i < 256; ++i) {
      const double group = b % 3 == 0 ? std::exp(random.normal()) : 1;
      values[static_cast<std::size_t>(256 * b + i)] = static_cast<float>(random.normal() * spread * group + (b % 5 == 0 ? 3 * spread : 0));
    }
  }
  std::fill_n(values.begin(), 256, 0.0f);
  std::fill_n(values.begin() + 256, 256, -0.7f);
  for (const DType dtype : {DType::kQ4_K, DType::kQ6_K}) {
    const StorageFormat& format = format_of(dtype);
    std::vector<std::byte> bytes(static_cast<std::size_t>(kBlocks * format.bytes));
    std::vector<float> decoded(values.size());
    encode(dtype, values.data(), kBlocks, bytes.data());
    format.decode(bytes.data(), kBlocks, decoded.data());
    double error = 0, power = 0;
    for (int b = 0; b < kBlocks; ++b)
      for (int i = 0; i < 256; ++i) {
        const double x = values[static_cast<std::size_t>(256 * b + i)], y = decoded[static_cast<std::size_t>(256 * b + i)];
        const double step = step_at(dtype, bytes.data() + b * format.bytes, i);
        ASSERT_LE(std::abs(x - y), 0.5001 * step + 1e-6 * std::abs(x)) << format.name << " block " << b << " element " << i;
        if (b < 2 || b % 3 == 0 || b % 5 == 0) continue;
        error += (x - y) * (x - y);  // of normal values, as weights are
        power += x * x;
      }
    // Of normal values: the mean range of 32 is 4.14 σ, and 4.14 / 15 / √12 = 0.080; of 16 the largest is 2.1 σ in the
    // mean, and 2.1 / 31 / √12 = 0.020. Scales rounded up to a 63rd (127th) of the largest add a few percent.
    EXPECT_LT(std::sqrt(error / power), dtype == DType::kQ4_K ? 1.06 * 0.080 : 1.03 * 0.020) << format.name;
  }
}

}  // namespace
}  // namespace laconic::model
