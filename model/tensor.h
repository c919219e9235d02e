// Host tensors by their Hugging Face names: what checkpoints hold and what a model is packed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "model/block_formats.h"

namespace laconic::model {

std::string name_of(DType dtype);  // "BF16", "F16", "F32", "Q8_0", …

struct Tensor {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;           // row-major, little-endian, no alignment
  std::shared_ptr<const void> owner;         // keeps `data` alive: a file map or a buffer

  std::int64_t elements() const;
  std::size_t bytes() const;                 // block types: the last extent is a multiple of the block
};

Tensor make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes);

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values);  // F32
Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<bf16>& values);   // BF16

// Copies of the elements, in order. To bf16: nearest, ties to even; to float: exact, and for
// block types as their format says.
void read_floats(const Tensor& tensor, float* out);  // `out`: elements() floats
std::vector<float> to_floats(const Tensor& tensor);
std::vector<bf16> to_bf16s(const Tensor& tensor);

using TensorMap = std::map<std::string, Tensor>;  // ordered by name: files and hashes are stable

}  // namespace laconic::model
