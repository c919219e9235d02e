// The inverse of block_formats: floats → stored elements.
//
//   F16, BF16   nearest, ties to even; beyond the largest number: infinity
//   Q8_0, Q4_0, Q4_1   ggml's reference quantisers, bit for bit (as its gguf library states them):
//               one step per block, from the element of largest magnitude (Q4_1: from the range)
//   Q4_K, Q6_K  a step per 32 (16) elements, rounded up to the scales that the block can hold, so that
//               every element lies within half a step of what it decodes to. llama.cpp searches for
//               scales of least squares instead; its files decode here all the same.
#pragma once

#include "model/weights/block_formats.h"

namespace laconic::model {

// `blocks` · elements finite floats → `blocks` blocks at any alignment. Values that are not finite are
// the caller's to refuse: they have no code in quantised blocks.
void encode(DType dtype, const float* values, std::int64_t blocks, std::byte* out);

std::uint16_t float_to_half(float value);  // nearest, ties to even

}  // namespace laconic::model
