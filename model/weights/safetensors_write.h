// Writes a folder's weights tensor by tensor: no second copy of the model in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "model/weights/convert_tensor.h"
#include "model/weights/tensor.h"

namespace laconic::model {

inline constexpr std::uint64_t kShardBytes = 5'000'000'000;  // as transformers' save_pretrained

// model.safetensors; where the tensors take more than `shard_bytes`, model-00001-of-0000N.safetensors
// with model.safetensors.index.json, tensors in name order, none divided. `type` says what each becomes:
// F32, BF16 or F16. A single file's bytes are those of safetensors_bytes for the converted tensors.
// `progress(done, total)`: bytes of tensor data; may be empty.
ConversionLoss write_safetensors(const fs::path& folder, const TensorMap& tensors, const std::function<DType(const std::string&)>& type,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}, std::uint64_t shard_bytes = kShardBytes);

}  // namespace laconic::model
