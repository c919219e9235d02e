// Initial weights of a model that is trained from nothing (DeepSeek-V3 report §4.2).
#pragma once

#include <cstdint>

#include "model/config.h"
#include "model/weights/tensor.h"

namespace laconic::model {

// Matrices and embeddings: normal(0, initializer_range), norms 1, selection bias 0 (always fp32).
// Each tensor draws from its own Philox stream, keyed by the seed and the tensor's name: adding a
// layer leaves the other tensors as they were. dtype F32 or BF16.
TensorMap initial_weights(const Config& config, std::uint64_t seed, DType dtype);

}  // namespace laconic::model
