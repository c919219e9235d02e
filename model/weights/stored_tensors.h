// The spellings in which checkpoints store weights, brought to the one that tensor_specs() names.
// Private to this folder.
#pragma once

#include <string>

#include "model/config.h"

namespace laconic::model {

// Views into the same memory, nothing is copied but the factors of FP8 tensors:
//  * experts fused in three dimensions (mlp.experts.gate_up_proj [E, 2·I, H], mlp.experts.down_proj
//    [E, H, I]) become mlp.experts.N.{gate,up,down}_proj.weight;
//  * X of type F8_E4M3 takes its factors from X_scale_inv [ceil(rows/128), ceil(columns/128)];
//  * the head of a tied model and the rotation tables of old checkpoints are left out, and so are layers
//    at and beyond num_hidden_layers when `prediction_modules` says that these are multi-token-prediction
//    modules: training aids that the model's own distribution does not contain.
// Throws Error naming the tensor: FP8 without factors, factors or fused experts of a wrong shape. Any
// other name stays: check_tensors lists it.
TensorMap canonical_tensors(const Config& config, TensorMap stored, bool prediction_modules, const std::string& where);

}  // namespace laconic::model
