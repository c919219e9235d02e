// A checkpoint as a GGUF file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/checkpoint.h"
#include "model/weights/convert_tensor.h"

namespace laconic::model {

// What `--type` names. Vectors (norms, biases) and routers are always F32, as llama.cpp keeps them; rows
// that the blocks do not fill take the next wider type.
struct GgufWeightType {
  const char* name;
  DType matrices, embedding;  // embedding: also the head
  std::int64_t file_type;     // general.file_type
};
const std::vector<GgufWeightType>& gguf_weight_types();
const GgufWeightType& gguf_weight_type_named(const std::string& name);  // throws Error with the nearest

struct GgufExport {
  std::uint64_t bytes = 0;          // of the file
  std::size_t tensors = 0;
  ConversionLoss loss;
  std::vector<std::string> losses;  // what else the file does not keep, in words
};

// Writes `file`. `progress(done, total)`: bytes of tensor data. Throws Error for a family that has no GGUF
// architecture, and for a configuration that GGUF metadata cannot state: what was written is read back first.
GgufExport save_gguf(const fs::path& file, const Checkpoint& checkpoint, const GgufWeightType& type, const std::string& name,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace laconic::model
