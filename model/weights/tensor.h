// Host tensors by their Hugging Face names: what checkpoints hold and what a model is packed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "model/weights/block_formats.h"

namespace laconic::model {

std::string name_of(DType dtype);  // "BF16", "F16", "F32", "Q8_0", …

struct Tensor {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;           // row-major, little-endian, no alignment
  std::shared_ptr<const void> owner;         // keeps `data` alive: a file map or a buffer
  std::span<const std::byte> map = {};       // the whole file map that `data` lies in, if it does: its pages may be dropped
  // F8_E4M3 matrices: [ceil(rows/128)][ceil(columns/128)], one factor a block of 128×128 elements. x = w · factor.
  static constexpr std::int64_t kScaleBlock = 128;
  std::shared_ptr<const float> scales = nullptr;
  // > 0: in every group of so many rows (a head), rows i and i + half of it are stored as a pair, at 2i and
  // 2i + 1: GGUF's order for interleaved rotation. `data` is in that order; the read functions undo it.
  std::int64_t paired_rows = 0;

  std::int64_t elements() const;
  std::size_t bytes() const;                 // block types: the last extent is a multiple of the block
};

Tensor make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes);

Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values);  // F32
Tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<bf16>& values);   // BF16

// Copies of the elements, in order. To bf16: nearest, ties to even; to float: exact, and for
// block types as their format says; F8_E4M3: times its factor, rounded once to fp32.
void read_floats(const Tensor& tensor, float* out);  // `out`: elements() floats
// Elements [first, first + count) only; both multiples of the format's block.
void read_floats(const Tensor& tensor, std::int64_t first, std::int64_t count, float* out);
void read_bf16s(const Tensor& tensor, std::int64_t first, std::int64_t count, bf16* out);
std::vector<float> to_floats(const Tensor& tensor);
std::vector<bf16> to_bf16s(const Tensor& tensor);

// Tells the system that these elements of a mapped tensor need no memory now; they are read from the
// file again when touched. Does nothing for other tensors.
void drop_pages(const Tensor& tensor, std::int64_t first, std::int64_t count);

using TensorMap = std::map<std::string, Tensor>;  // ordered by name: files and hashes are stable

}  // namespace laconic::model
