// Scratch of one forward pass: every buffer in one allocation, 64-byte aligned. Private to this folder.
// R = rows; widths come from the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/sparse.h"
#include "model/forward.h"

namespace laconic::model {

struct Workspace::Buffers {
  // Batch plan, written at the start of each pass.
  std::int32_t* positions = nullptr;         // [R]
  std::int64_t* cache_rows = nullptr;        // [R]: page · kPageTokens + slot of the token's cache row
  kernels::AttentionSlice* slices = nullptr; // [R] at most
  std::int64_t slice_count = 0;
  // Sparse attention: the queries at positions ≥ index_topk, which do select. They are not in `slices`.
  kernels::AttentionSlice* sparse_slices = nullptr;  // [R] at most
  std::int64_t sparse_slice_count = 0;

  float* x = nullptr;            // [R, hidden]: the residual stream
  bf16* normed = nullptr;        // [R, hidden]
  float* normed_full = nullptr;  // [R, hidden]: the router's input

  float* query = nullptr;        // [R, query width]
  float* latent = nullptr;       // [R, latent + rope], or [R, cache width]: [keys | values]
  bf16* cache_row = nullptr;     // [R, cache width]
  bf16* attention_query = nullptr;  // [R, heads, latent + rope], or [R, query width]
  bf16* attended = nullptr;      // [R, heads, latent], or [R, query width]
  // Latent attention alone:
  float* query_low = nullptr;    // [R, q_lora]
  bf16* query_low_normed = nullptr;
  bf16* query_rounded = nullptr; // [R, query width]
  float* absorbed = nullptr;     // [R, heads, latent]
  float* value = nullptr;        // [R, heads · v]
  bf16* value_rounded = nullptr;

  // Sparse attention alone:
  float* index_in = nullptr;     // [R, index dim + index heads]: the key, the heads' weights
  float* index_query = nullptr;  // [R, index heads, index dim]
  bf16* index_query_rounded = nullptr;
  kernels::Selection selection;  // [R, pages of max_position_embeddings]

  float* gate_up = nullptr;      // [R, 2 · widest FFN]
  bf16* activated = nullptr;     // [R, widest FFN]
  float* logits = nullptr;       // [R, experts]
  float* gate_weights = nullptr; // [R, top_k]
  std::uint16_t* forced = nullptr;  // [moe_layers, R, top_k]
  std::uint16_t* routed = nullptr;  // the same shape
  float* ffn_out = nullptr;      // [R, hidden]
  std::byte* moe_scratch = nullptr;
  std::byte* head_scratch = nullptr;

  std::unique_ptr<std::byte[]> memory;
  std::size_t bytes = 0;
};

}  // namespace laconic::model
