// Host tensors by their Hugging Face names: what checkpoints hold and what a model is packed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/bf16.h"

namespace laconic::model {

enum class DType { kBF16, kF16, kF32 };

std::size_t size_of(DType dtype);
std::string name_of(DType dtype);  // safetensors names: "BF16", "F16", "F32"

struct Tensor {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;           // row-major, little-endian
  std::shared_ptr<const void> owner;         // keeps `data` alive: a file map or a buffer

  std::int64_t elements() const;
  std::size_t bytes() const { return static_cast<std::size_t>(elements()) * size_of(dtype); }
};

Tensor make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes);

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values);  // F32
Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<bf16>& values);   // BF16

// Copies of the elements, in order. To bf16: nearest, ties to even; to float: exact.
std::vector<float> to_floats(const Tensor& tensor);
std::vector<bf16> to_bf16s(const Tensor& tensor);

using TensorMap = std::map<std::string, Tensor>;  // ordered by name: files and hashes are stable

}  // namespace laconic::model
