// The packed weights behind ModelPtr. Private to this folder.
#pragma once

#include <vector>

#include "kernels/moe.h"
#include "kernels/packed_matrix.h"
#include "kernels/rope.h"
#include "model/forward.h"

namespace laconic::model {

struct LayerWeights {
  std::vector<float> attention_norm, ffn_norm;    // [hidden]
  // Grouped-query attention: query_in is q_proj, cache_in is [k_proj; v_proj].
  kernels::PackedMatrix query_in, cache_in;
  std::vector<float> query_bias, cache_bias;      // as the rows of these; empty: none
  std::vector<float> query_norm, key_norm;        // [head_dim], or the whole vector; empty: none
  // Latent attention: query_in is q_a_proj (q_proj without q-LoRA), cache_in is kv_a_proj_with_mqa,
  // query_norm is [q_lora] (empty without q-LoRA).
  std::vector<float> latent_norm;                 // [kv_lora]
  kernels::PackedMatrix query_up;                 // q_b_proj; empty without q-LoRA
  std::vector<kernels::PackedMatrix> key_up;      // per head: W^UK transposed, [latent, nope]
  std::vector<kernels::PackedMatrix> value_up;    // per head: W^UV, [v, latent]
  // Sparse attention's indexer.
  kernels::PackedMatrix index_query;              // wq_b
  kernels::PackedMatrix index_in;                 // [wk; weights_proj]
  std::vector<float> index_norm, index_norm_bias; // k_norm
  kernels::PackedMatrix output;                   // o_proj
  kernels::Expert ffn;                            // dense layers: the FFN; MoE layers: the shared experts, if any
  kernels::PackedMatrix router;                   // [experts, hidden]; MoE layers only, as the rest
  std::vector<float> selection_bias;              // empty: none
  std::vector<kernels::Expert> experts;
};

class Model {
 public:
  Config config;
  std::vector<bf16> embedding;  // [vocab, hidden]
  std::vector<LayerWeights> layers;
  std::vector<float> final_norm;
  kernels::PackedMatrix head;   // [vocab, hidden]
  kernels::RopeTable rope;      // positions [0, max_position_embeddings)
};

}  // namespace laconic::model
