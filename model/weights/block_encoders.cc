#include "model/weights/block_encoders.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/bf16.h"

namespace laconic::model {
namespace {

template <class T>
void store(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

std::byte byte_of(int value) { return static_cast<std::byte>(static_cast<std::uint8_t>(value)); }

// The half above or at a value ≥ 0, so that nothing that the value bounds lies beyond it.
std::uint16_t half_above(float value) {
  const std::uint16_t bits = float_to_half(value);
  return half_to_float(bits) < value ? static_cast<std::uint16_t>(bits + 1) : bits;
}

void encode_f32(const float* x, std::byte* out) { store(out, *x); }
void encode_f16(const float* x, std::byte* out) { store(out, float_to_half(*x)); }
void encode_bf16(const float* x, std::byte* out) { store(out, to_bf16(*x).bits); }

void encode_q8_0(const float* x, std::byte* out) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(x[i]));
  const float step = largest / 127, inverse = step == 0 ? 0 : 1 / step;
  store(out, float_to_half(step));
  for (int i = 0; i < 32; ++i) out[2 + i] = byte_of(static_cast<int>(std::round(x[i] * inverse)));  // halves away from zero
}

void pack_nibbles(const int* q, std::byte* out) {
  for (int i = 0; i < 16; ++i) out[i] = byte_of(q[i] | (q[16 + i] << 4));
}

void encode_q4_0(const float* x, std::byte* out) {
  float extreme = x[0];  // with its sign, so that it gets the code −8
  for (int i = 1; i < 32; ++i)
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  const float step = extreme / -8, inverse = step == 0 ? 0 : 1 / step;
  store(out, float_to_half(step));
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = std::clamp(static_cast<int>(static_cast<double>(x[i]) * static_cast<double>(inverse) + 8.5), 0, 15);
  pack_nibbles(q, out + 2);
}

void encode_q4_1(const float* x, std::byte* out) {
  const auto [low, high] = std::minmax_element(x, x + 32);
  const float least = *low, step = (*high - least) / 15, inverse = step == 0 ? 0 : 1 / step;
  store(out, float_to_half(step));
  store(out + 2, float_to_half(least));
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = std::clamp(static_cast<int>((x[i] - least) * inverse + 0.5f), 0, 15);
  pack_nibbles(q, out + 4);
}

int ceil_div(float value, float step, int most) { return step == 0 ? 0 : std::min(most, static_cast<int>(std::ceil(value / step))); }
int nearest(float value, float step, int low, int high) {
  return step == 0 ? 0 : std::clamp(static_cast<int>(std::floor(value / step + 0.5f)), low, high);
}

// The eight pairs of 6-bit numbers in 12 bytes; block_formats.cc reads them.
void pack_scales_and_mins(const int* scale, const int* min, std::byte* out) {
  for (int j = 0; j < 4; ++j) {
    out[j] = byte_of(scale[j] | ((scale[j + 4] >> 4) << 6));
    out[j + 4] = byte_of(min[j] | ((min[j + 4] >> 4) << 6));
    out[j + 8] = byte_of((scale[j + 4] & 15) | ((min[j + 4] & 15) << 4));
  }
}

void encode_q4_k(const float* x, std::byte* out) {
  float depth[8], top[8];  // −least ≥ 0, and the largest, of each group of 32
  for (int j = 0; j < 8; ++j) {
    const auto [low, high] = std::minmax_element(x + 32 * j, x + 32 * j + 32);
    depth[j] = std::max(0.0f, -*low);
    top[j] = *high;
  }
  const std::uint16_t min_unit = half_above(*std::max_element(depth, depth + 8) / 63);
  const float m = half_to_float(min_unit);
  int scale[8], min[8];
  float range[8];
  for (int j = 0; j < 8; ++j) {
    min[j] = ceil_div(depth[j], m, 63);
    range[j] = std::max(0.0f, top[j] + m * static_cast<float>(min[j])) / 15;
  }
  const std::uint16_t scale_unit = half_above(*std::max_element(range, range + 8) / 63);
  const float d = half_to_float(scale_unit);
  for (int j = 0; j < 8; ++j) scale[j] = ceil_div(range[j], d, 63);
  store(out, scale_unit);
  store(out + 2, min_unit);
  pack_scales_and_mins(scale, min, out + 4);
  for (int j = 0; j < 8; j += 2)
    for (int i = 0; i < 32; ++i) {
      const auto code = [&](int group) {
        return nearest(x[32 * group + i] + m * static_cast<float>(min[group]), d * static_cast<float>(scale[group]), 0, 15);
      };
      out[16 + 16 * j + i] = byte_of(code(j) | (code(j + 1) << 4));
    }
}

void encode_q6_k(const float* x, std::byte* out) {
  float step[16];  // of codes −31 … 31: with −32 the other sign's extreme would be cut off
  for (int j = 0; j < 16; ++j) {
    float largest = 0;
    for (int i = 0; i < 16; ++i) largest = std::max(largest, std::fabs(x[16 * j + i]));
    step[j] = largest / 31;
  }
  const std::uint16_t unit = half_above(*std::max_element(step, step + 16) / 127);
  const float d = half_to_float(unit);
  int code[256];
  for (int j = 0; j < 16; ++j) {
    const int scale = ceil_div(step[j], d, 127);
    out[192 + j] = byte_of(scale);
    for (int i = 16 * j; i < 16 * j + 16; ++i) code[i] = nearest(x[i], d * static_cast<float>(scale), -31, 31) + 32;
  }
  store(out + 208, unit);
  for (int half = 0; half < 2; ++half)
    for (int i = 0; i < 32; ++i) {
      const int* q = code + 128 * half + i;  // elements i, 32 + i, 64 + i, 96 + i of the half
      out[64 * half + i] = byte_of((q[0] & 15) | ((q[64] & 15) << 4));
      out[64 * half + 32 + i] = byte_of((q[32] & 15) | ((q[96] & 15) << 4));
      out[128 + 32 * half + i] = byte_of((q[0] >> 4) | ((q[32] >> 4) << 2) | ((q[64] >> 4) << 4) | ((q[96] >> 4) << 6));
    }
}

template <void (*Encode)(const float*, std::byte*)>
void encode_all(const StorageFormat& format, const float* values, std::int64_t blocks, std::byte* out) {
  for (std::int64_t i = 0; i < blocks; ++i) Encode(values + i * format.elements, out + i * format.bytes);
}

}  // namespace

std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65536 and above
  if (magnitude < 0x38800000u) {  // below the least normal half: units of 2^−24, which fp32 addition rounds
    const float unit_rounded = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(unit_rounded) - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);  // may carry into infinity, as it should
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

void encode(DType dtype, const float* values, std::int64_t blocks, std::byte* out) {
  const StorageFormat& format = format_of(dtype);
  switch (dtype) {
    case DType::kF32: return encode_all<encode_f32>(format, values, blocks, out);
    case DType::kF16: return encode_all<encode_f16>(format, values, blocks, out);
    case DType::kBF16: return encode_all<encode_bf16>(format, values, blocks, out);
    case DType::kQ8_0: return encode_all<encode_q8_0>(format, values, blocks, out);
    case DType::kQ4_0: return encode_all<encode_q4_0>(format, values, blocks, out);
    case DType::kQ4_1: return encode_all<encode_q4_1>(format, values, blocks, out);
    case DType::kQ4_K: return encode_all<encode_q4_k>(format, values, blocks, out);
    case DType::kQ6_K: return encode_all<encode_q6_k>(format, values, blocks, out);
    default: throw Error("tensors of type " + std::string(format.name) + " are read, not written");
  }
}

}  // namespace laconic::model
