// Orders of rows and columns that GGUF files keep differently from Hugging Face folders, both ways.
// Private to this folder.
#pragma once

#include <utility>

#include "model/config.h"
#include "model/tensor.h"

namespace laconic::model {

// Rotary rows, per head of `rows / heads` rows: pairs (2i, 2i + 1) as interleaved rotation takes them, or
// halves (i, i + d/2). Whole rows move, so quantised blocks stay as they are.
Tensor halves_of_pairs(const Tensor& stored, std::int64_t heads);
Tensor pairs_of_halves(const Tensor& tensor, std::int64_t heads);

// kv_b_proj [heads · (nope + v), latent] and its parts: attn_k_b [heads, latent, nope], transposed, and
// attn_v_b [heads, v, latent]. Elements of plain types are moved as they are; others become F32.
Tensor join_key_and_value(const Tensor& key, const Tensor& value, const Config& config);
std::pair<Tensor, Tensor> split_key_and_value(const Tensor& joined, const Config& config);

}  // namespace laconic::model
