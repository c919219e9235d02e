// The learned parameters as one flat array: where each Hugging Face tensor lies in it.
//
// Masters, moments, gradients and published weights all share this layout, so an optimizer step is
// one loop. Tensors that the gradient blocks read as one matrix are neighbours: gate_proj and
// up_proj of an FFN ([2·width, hidden]); of a layer's experts, first every (gate, up) pair
// ([experts, 2·width, hidden]), then every down ([experts, hidden, width]).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/bf16.h"
#include "model/config.h"
#include "model/weights/tensor.h"

namespace laconic::learner {

struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, elements = 0;
  bool decays = false;  // weight decay: matrices only, and none that get no gradient
};

class ParameterLayout {
 public:
  explicit ParameterLayout(const model::Config& config);
  // Of other parameters than a model's (adapters), stored in the order given; their offsets are set here.
  explicit ParameterLayout(std::vector<Parameter> in_storage_order);

  std::int64_t size() const { return size_; }                          // elements, padding included
  const std::vector<Parameter>& by_name() const { return by_name_; }   // ascending names
  std::int64_t offset_of(const std::string& name) const;               // throws Error on an unknown name
  bool has(const std::string& name) const;

 private:
  std::vector<Parameter> by_name_;
  std::int64_t size_ = 0;
};

std::string layer_prefix(std::int64_t layer);          // "model.layers.3."
std::string selection_bias_name(std::int64_t layer);   // "….mlp.gate.e_score_correction_bias"

// Flat arrays ↔ named tensors. The result points into `flat`, which must outlive it.
model::TensorMap view_tensors(const ParameterLayout& layout, const std::vector<bf16>& flat);
model::TensorMap view_tensors(const ParameterLayout& layout, const std::vector<float>& flat);
// Copies every parameter of `tensors` (BF16, F16 never, or F32) into `flat`; throws Error naming a
// missing or misshapen tensor and `where`.
void read_flat(const ParameterLayout& layout, const model::TensorMap& tensors, const std::string& where, std::vector<float>& flat);
// The same, rounded to bf16, nearest even.
void read_flat(const ParameterLayout& layout, const model::TensorMap& tensors, const std::string& where, std::vector<bf16>& flat);

}  // namespace laconic::learner
