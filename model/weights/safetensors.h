// The safetensors format: 8 bytes little-endian header length, a JSON header, raw little-endian data.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/weights/tensor.h"

namespace laconic::model {

inline constexpr std::size_t kMaxHeaderBytes = 100'000'000;

// Maps one file; the tensors keep the map alive. Throws Error naming the file and the tensor for a
// header that is too long, truncated or malformed, a range outside the data, ranges that overlap or
// leave gaps, a size that does not match the shape, a duplicate name, a type other than BF16, F16, F32
// and F8_E4M3 (whose factors stand in tensors of their own: model/weights/stored_tensors.h).
TensorMap read_safetensors(const fs::path& file);

// The same of bytes in memory, which `owner` keeps alive; `where` names them in errors.
TensorMap parse_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& where);

// model.safetensors of a folder, or every shard that model.safetensors.index.json names (each tensor
// must be in the shard that the index gives for it).
TensorMap read_safetensors_folder(const fs::path& folder);

// The beginning of a file: length and JSON, padded with spaces to a multiple of 8, metadata
// {"format":"pt"}, no gaps. Orders the entries as the data must follow: F32 first, then BF16, then F16
// (so every tensor is aligned), otherwise as they came. Throws Error for any other type.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
};
std::string safetensors_header(std::vector<SafetensorsEntry>& entries);

// One whole file as bytes, the same for the same tensors: these are the bytes that the Python library
// writes. Whole models are written by write_safetensors (model/weights/safetensors_write.h).
std::string safetensors_bytes(const TensorMap& tensors);

// SHA-256, lower-case hex, of safetensors_bytes(tensors): of the published file, header included.
std::string weights_sha256(const TensorMap& tensors);

}  // namespace laconic::model
