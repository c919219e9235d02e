// Orders of rows and columns that GGUF files keep differently from Hugging Face folders.
// Private to this folder.
#pragma once

#include <utility>

#include "model/config.h"
#include "model/weights/tensor.h"

namespace laconic::model {

// Rows of heads of `width` rows, i and i + half as a pair at 2i and 2i + 1. Whole rows move, so quantised
// blocks stay as they are; a tensor that is stored so already is handed on.
Tensor pairs_of_halves(const Tensor& tensor, std::int64_t width);

// kv_b_proj [heads · (nope + v), latent] and its parts: attn_k_b [heads, latent, nope], transposed, and
// attn_v_b [heads, v, latent]. Elements of plain types are moved as they are; others become F32.
Tensor join_key_and_value(const Tensor& key, const Tensor& value, const Config& config);
std::pair<Tensor, Tensor> split_key_and_value(const Tensor& joined, const Config& config);

}  // namespace laconic::model
