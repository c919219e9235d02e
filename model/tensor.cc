#include "model/tensor.h"

#include <bit>
#include <cstring>

#include "base/error.h"

namespace laconic::model {
namespace {

// IEEE half → float, exact (subnormals, infinities and NaN included).
float from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 31u, fraction = bits & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

// File maps give no alignment beyond the byte, so elements are copied out.
template <class T>
T element(const Tensor& tensor, std::int64_t index) {
  T value;
  std::memcpy(&value, tensor.data + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

}  // namespace

std::size_t size_of(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

std::string name_of(DType dtype) {
  switch (dtype) {
    case DType::kBF16: return "BF16";
    case DType::kF16: return "F16";
    case DType::kF32: return "F32";
  }
  return "?";
}

std::int64_t Tensor::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

Tensor make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes) {
  Tensor tensor{dtype, std::move(shape), nullptr, nullptr};
  if (bytes.size() != tensor.bytes())
    throw Error("a tensor of " + std::to_string(tensor.bytes()) + " bytes was given " + std::to_string(bytes.size()));
  const auto buffer = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  tensor.data = buffer->data();
  tensor.owner = buffer;
  return tensor;
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    switch (tensor.dtype) {
      case DType::kF32: values[i] = element<float>(tensor, index); break;
      case DType::kBF16: values[i] = to_float(bf16{element<std::uint16_t>(tensor, index)}); break;
      case DType::kF16: values[i] = from_half(element<std::uint16_t>(tensor, index)); break;
    }
  }
  return values;
}

std::vector<bf16> to_bf16s(const Tensor& tensor) {
  std::vector<bf16> values(static_cast<std::size_t>(tensor.elements()));
  if (tensor.dtype == DType::kBF16) {
    if (!values.empty()) std::memcpy(values.data(), tensor.data, tensor.bytes());
    return values;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    values[i] = to_bf16(tensor.dtype == DType::kF32 ? element<float>(tensor, index)
                                                    : from_half(element<std::uint16_t>(tensor, index)));
  }
  return values;
}

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kF32, std::move(shape), std::move(bytes));
}

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<bf16>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(bf16));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kBF16, std::move(shape), std::move(bytes));
}

}  // namespace laconic::model
