// How tensors store their elements: plain types and the block-quantised ones of GGUF files.
//
// A block holds a fixed number of consecutive elements of a row. Layouts are those of the ggml
// library's documentation of its types; every decode is exact arithmetic in fp32, one rounding per
// operation, in the order written here.
//
//   Q8_0  32 elements, 34 bytes: f16 d, i8 q[32]                              x = d·q
//   Q4_0  32 elements, 18 bytes: f16 d, u4 q[32] (low nibbles first half)     x = d·(q − 8)
//   Q4_1  32 elements, 20 bytes: f16 d, f16 m, u4 q[32]                       x = d·q + m
//   Q4_K 256 elements, 144 bytes: f16 d, f16 m, 8 pairs of 6-bit (scale, min) in 12 bytes, u4 q[256]
//                                                                             x = d·scale·q − m·min
//   Q6_K 256 elements, 210 bytes: low nibbles [128], two high bits [64], i8 scale[16], f16 d
//                                                                             x = d·scale·(q − 32)
//   F8_E4M3: sign, 4 exponent bits (bias 7), 3 of fraction; no infinities, 0x7f and 0xff are NaN. A
//   tensor of it has a factor for each 128×128 elements beside it (model/weights/tensor.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace laconic::model {

enum class DType : std::uint8_t { kBF16, kF16, kF32, kQ8_0, kQ4_0, kQ4_1, kQ4_K, kQ6_K, kF8_E4M3 };

struct StorageFormat {
  DType dtype;
  std::string_view name;           // of safetensors for the plain types, of GGUF for the others
  std::int64_t elements, bytes;    // of one block; 1 element for plain types
  // `blocks` consecutive blocks, at any alignment → blocks · elements floats.
  void (*decode)(const std::byte* data, std::int64_t blocks, float* out);
};

const StorageFormat& format_of(DType dtype);

// OCP 8-bit floating point E4M3 → float, exact.
float f8_e4m3_to_float(std::uint8_t bits);

// IEEE half → float, exact (subnormals, infinities and NaN included).
float half_to_float(std::uint16_t bits);

}  // namespace laconic::model
