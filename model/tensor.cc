#include "model/tensor.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace laconic::model {
std::string name_of(DType dtype) { return std::string(format_of(dtype).name); }

std::int64_t Tensor::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::size_t Tensor::bytes() const {
  const StorageFormat& format = format_of(dtype);
  return static_cast<std::size_t>(elements() / format.elements * format.bytes);
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

void read_floats(const Tensor& tensor, float* out) {
  const StorageFormat& format = format_of(tensor.dtype);
  format.decode(tensor.data, tensor.elements() / format.elements, out);
}

std::vector<float> to_floats(const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  read_floats(tensor, values.data());
  return values;
}

std::vector<bf16> to_bf16s(const Tensor& tensor) {
  std::vector<bf16> values(static_cast<std::size_t>(tensor.elements()));
  if (tensor.dtype == DType::kBF16) {
    if (!values.empty()) std::memcpy(values.data(), tensor.data, tensor.bytes());
    return values;
  }
  // A piece at a time: a whole copy in fp32 would double the memory that loading takes.
  const StorageFormat& format = format_of(tensor.dtype);
  constexpr std::int64_t kPiece = 4096;
  float piece[kPiece];
  const std::int64_t step = kPiece / format.elements, blocks = tensor.elements() / format.elements;
  for (std::int64_t block = 0; block < blocks; block += step) {
    const std::int64_t count = std::min(step, blocks - block);
    format.decode(tensor.data + block * format.bytes, count, piece);
    bf16* out = values.data() + block * format.elements;
    for (std::int64_t i = 0; i < count * format.elements; ++i) out[i] = to_bf16(piece[i]);
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
