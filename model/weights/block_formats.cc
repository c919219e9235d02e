#include "model/weights/block_formats.h"

#include <bit>
#include <cstring>

#include "kernels/bf16.h"

namespace laconic::model {
namespace {

template <class T>
T load(const std::byte* at) {  // file maps give no alignment beyond the byte
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float load_half(const std::byte* at) { return half_to_float(load<std::uint16_t>(at)); }
int low(std::byte b) { return static_cast<int>(b) & 15; }
int high(std::byte b) { return static_cast<int>(b) >> 4; }

void decode_f32(const std::byte* block, float* out) { *out = load<float>(block); }
void decode_f16(const std::byte* block, float* out) { *out = load_half(block); }
void decode_bf16(const std::byte* block, float* out) { *out = to_float(bf16{load<std::uint16_t>(block)}); }
void decode_f8_e4m3(const std::byte* block, float* out) { *out = f8_e4m3_to_float(static_cast<std::uint8_t>(*block)); }

void decode_q8_0(const std::byte* block, float* out) {
  const float d = load_half(block);
  for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
}

void decode_q4_0(const std::byte* block, float* out) {
  const float d = load_half(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(low(block[2 + i]) - 8);
    out[16 + i] = d * static_cast<float>(high(block[2 + i]) - 8);
  }
}

void decode_q4_1(const std::byte* block, float* out) {
  const float d = load_half(block), m = load_half(block + 2);
  for (int i = 0; i < 16; ++i) {
    const float a = d * static_cast<float>(low(block[4 + i])), b = d * static_cast<float>(high(block[4 + i]));
    out[i] = a + m;
    out[16 + i] = b + m;
  }
}

// Pair j of eight 6-bit (scale, min) pairs: the first four lie in the low six bits of bytes 0–3 and
// 4–7; the others have their low nibbles in bytes 8–11 and their high bits above the first four.
void scale_and_min(const std::byte* packed, int j, int& scale, int& min) {
  const auto byte = [&](int i) { return static_cast<int>(packed[i]); };
  if (j < 4) {
    scale = byte(j) & 63;
    min = byte(j + 4) & 63;
  } else {
    scale = (byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4);
    min = (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4);
  }
}

void decode_q4_k(const std::byte* block, float* out) {
  const float d = load_half(block), m = load_half(block + 2);
  const std::byte* packed = block + 4;
  const std::byte* nibbles = block + 16;
  for (int j = 0; j < 8; ++j) {  // 32 elements share a pair; two groups share 32 bytes
    int scale = 0, min = 0;
    scale_and_min(packed, j, scale, min);
    const float step = d * static_cast<float>(scale), offset = m * static_cast<float>(min);
    const std::byte* q = nibbles + 32 * (j / 2);
    for (int i = 0; i < 32; ++i) {
      const float x = step * static_cast<float>(j % 2 ? high(q[i]) : low(q[i]));
      out[32 * j + i] = x - offset;
    }
  }
}

void decode_q6_k(const std::byte* block, float* out) {
  const std::byte* low_bits = block;
  const std::byte* high_bits = block + 128;
  const std::byte* scales = block + 192;
  const float d = load_half(block + 208);
  for (int half = 0; half < 2; ++half)     // 128 elements: 64 bytes of nibbles, 32 of high bits
    for (int quarter = 0; quarter < 4; ++quarter)
      for (int i = 0; i < 32; ++i) {
        const std::byte nibble = low_bits[64 * half + 32 * (quarter % 2) + i];
        const int two = (static_cast<int>(high_bits[32 * half + i]) >> (2 * quarter)) & 3;
        const int q = ((quarter < 2 ? low(nibble) : high(nibble)) | (two << 4)) - 32;
        const int at = 128 * half + 32 * quarter + i;
        const float step = d * static_cast<float>(static_cast<std::int8_t>(scales[at / 16]));
        out[at] = step * static_cast<float>(q);
      }
}

template <void (*Decode)(const std::byte*, float*), std::int64_t Elements, std::int64_t Bytes>
constexpr StorageFormat format(DType dtype, std::string_view name) {
  return {dtype, name, Elements, Bytes, [](const std::byte* data, std::int64_t blocks, float* out) {
            for (std::int64_t i = 0; i < blocks; ++i) Decode(data + i * Bytes, out + i * Elements);
          }};
}

constexpr StorageFormat kFormats[] = {
    format<decode_bf16, 1, 2>(DType::kBF16, "BF16"),    format<decode_f16, 1, 2>(DType::kF16, "F16"),
    format<decode_f32, 1, 4>(DType::kF32, "F32"),       format<decode_q8_0, 32, 34>(DType::kQ8_0, "Q8_0"),
    format<decode_q4_0, 32, 18>(DType::kQ4_0, "Q4_0"),  format<decode_q4_1, 32, 20>(DType::kQ4_1, "Q4_1"),
    format<decode_q4_k, 256, 144>(DType::kQ4_K, "Q4_K"), format<decode_q6_k, 256, 210>(DType::kQ6_K, "Q6_K"),
    format<decode_f8_e4m3, 1, 1>(DType::kF8_E4M3, "F8_E4M3"),
};

}  // namespace

const StorageFormat& format_of(DType dtype) { return kFormats[static_cast<std::size_t>(dtype)]; }

float f8_e4m3_to_float(std::uint8_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24, exponent = (bits >> 3) & 15u, fraction = bits & 7u;
  if (exponent == 15 && fraction == 7) return std::bit_cast<float>(sign | 0x7fc00000u);
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 120) << 23) | (fraction << 20));
  const float magnitude = static_cast<float>(fraction) * 0x1p-9f;
  return sign ? -magnitude : magnitude;
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 31u, fraction = bits & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

}  // namespace laconic::model
