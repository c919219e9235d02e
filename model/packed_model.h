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
  std::vector<float> query_norm, latent_norm;     // [q_lora] (empty without q-LoRA), [kv_lora]
  kernels::PackedMatrix query_in;                 // q_a_proj, or q_proj without q-LoRA
  kernels::PackedMatrix query_up;                 // q_b_proj; empty without q-LoRA
  kernels::PackedMatrix latent_in;                // kv_a_proj_with_mqa
  std::vector<kernels::PackedMatrix> key_up;      // per head: W^UK transposed, [latent, nope]
  std::vector<kernels::PackedMatrix> value_up;    // per head: W^UV, [v, latent]
  kernels::PackedMatrix output;                   // o_proj
  kernels::Expert ffn;                            // dense layers: the FFN; MoE layers: the shared experts
  kernels::PackedMatrix router;                   // [experts, hidden]; MoE layers only, as the rest
  std::vector<float> selection_bias;
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
