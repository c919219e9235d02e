#include "learner/parameters.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::learner {
namespace {

// A 64-byte boundary before each tensor that starts a fused group.
constexpr std::int64_t kAlign = 16;

// Of every kind of attention; a model has the ones of its own.
constexpr const char* kAttentionOrder[] = {
    "q_proj.weight", "q_proj.bias", "k_proj.weight", "k_proj.bias", "v_proj.weight", "v_proj.bias", "q_norm.weight", "k_norm.weight",
    "q_a_proj.weight", "q_a_layernorm.weight", "q_b_proj.weight", "kv_a_proj_with_mqa.weight", "kv_a_layernorm.weight", "kv_b_proj.weight",
    "indexer.wq_b.weight", "indexer.wk.weight", "indexer.k_norm.weight", "indexer.k_norm.bias", "indexer.weights_proj.weight", "o_proj.weight"};

std::vector<std::string> storage_order(const model::Config& c) {
  std::vector<std::string> order = {"model.embed_tokens.weight"};
  const auto ffn = [&](const std::string& at) {
    for (const char* part : {"gate_proj", "up_proj", "down_proj"}) order.push_back(fmt::format("{}{}.weight", at, part));
  };
  for (std::int64_t l = 0; l < c.layers(); ++l) {
    const std::string layer = layer_prefix(l), attention = layer + "self_attn.";
    order.push_back(layer + "input_layernorm.weight");
    for (const char* tensor : kAttentionOrder) order.push_back(attention + tensor);
    order.push_back(layer + "post_attention_layernorm.weight");
    if (!c.is_moe(l)) {
      ffn(layer + "mlp.");
      continue;
    }
    order.push_back(layer + "mlp.gate.weight");
    ffn(layer + "mlp.shared_experts.");
    for (std::int64_t e = 0; e < c.n_routed_experts; ++e)
      for (const char* part : {"gate_proj", "up_proj"}) order.push_back(fmt::format("{}mlp.experts.{}.{}.weight", layer, e, part));
    for (std::int64_t e = 0; e < c.n_routed_experts; ++e) order.push_back(fmt::format("{}mlp.experts.{}.down_proj.weight", layer, e));
  }
  order.push_back("model.norm.weight");
  order.push_back("lm_head.weight");
  return order;
}

bool starts_group(const std::string& name) {
  if (name.ends_with(".up_proj.weight")) return false;
  const bool expert = name.find(".mlp.experts.") != std::string::npos;
  return !expert || name.find(".experts.0.") != std::string::npos;
}

template <class T>
model::TensorMap view_as(const ParameterLayout& layout, const std::vector<T>& flat, model::DType dtype) {
  model::TensorMap tensors;
  for (const Parameter& p : layout.by_name())
    tensors[p.name] = {dtype, p.shape, reinterpret_cast<const std::byte*>(flat.data() + p.offset), nullptr};
  return tensors;
}

const model::Tensor& tensor_of(const Parameter& p, const model::TensorMap& tensors, const std::string& where) {
  const auto found = tensors.find(p.name);
  if (found == tensors.end()) throw Error(fmt::format("tensor '{}' is missing", p.name), where);
  if (found->second.shape != p.shape) throw Error(fmt::format("tensor '{}' has a wrong shape", p.name), where);
  return found->second;
}

}  // namespace

std::string layer_prefix(std::int64_t layer) { return fmt::format("model.layers.{}.", layer); }
std::string selection_bias_name(std::int64_t layer) { return layer_prefix(layer) + "mlp.gate.e_score_correction_bias"; }

ParameterLayout::ParameterLayout(const model::Config& config) {
  std::map<std::string, Parameter> learned;
  for (const model::TensorSpec& spec : model::tensor_specs(config)) {
    if (spec.fp32) continue;  // selection biases: moved by a rule, not by a gradient
    // The indexer gets no gradient (DeepSeek-V3.2 trains it by a loss of its own), so it must not decay.
    const bool indexer = spec.name.find(".indexer.") != std::string::npos;
    Parameter p{spec.name, spec.shape, -1, 1, spec.shape.size() >= 2 && !indexer};
    for (const std::int64_t extent : spec.shape) p.elements *= extent;
    learned.emplace(spec.name, std::move(p));
  }
  for (const std::string& name : storage_order(config)) {
    const auto found = learned.find(name);
    if (found == learned.end()) continue;  // this architecture has no such tensor
    if (starts_group(name)) size_ = (size_ + kAlign - 1) / kAlign * kAlign;
    found->second.offset = size_;
    size_ += found->second.elements;
  }
  for (auto& [name, p] : learned) {
    if (p.offset < 0) throw Error(fmt::format("the learner has no place for tensor '{}'", name), "learner/parameters.cc");
    by_name_.push_back(std::move(p));
  }
}

ParameterLayout::ParameterLayout(std::vector<Parameter> in_storage_order) : by_name_(std::move(in_storage_order)) {
  for (Parameter& p : by_name_) {
    p.offset = (size_ + kAlign - 1) / kAlign * kAlign;
    size_ = p.offset + p.elements;
  }
  std::sort(by_name_.begin(), by_name_.end(), [](const Parameter& a, const Parameter& b) { return a.name < b.name; });
}

bool ParameterLayout::has(const std::string& name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name, [](const Parameter& p, const std::string& n) { return p.name < n; });
  return at != by_name_.end() && at->name == name;
}

std::int64_t ParameterLayout::offset_of(const std::string& name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name, [](const Parameter& p, const std::string& n) { return p.name < n; });
  if (at == by_name_.end() || at->name != name) throw Error(fmt::format("no parameter is named '{}'", name), "learner/parameters.cc");
  return at->offset;
}

model::TensorMap view_tensors(const ParameterLayout& layout, const std::vector<bf16>& flat) {
  return view_as(layout, flat, model::DType::kBF16);
}

model::TensorMap view_tensors(const ParameterLayout& layout, const std::vector<float>& flat) {
  return view_as(layout, flat, model::DType::kF32);
}

void read_flat(const ParameterLayout& layout, const model::TensorMap& tensors, const std::string& where, std::vector<float>& flat) {
  flat.assign(static_cast<std::size_t>(layout.size()), 0.0f);
  for (const Parameter& p : layout.by_name()) model::read_floats(tensor_of(p, tensors, where), flat.data() + p.offset);
}

void read_flat(const ParameterLayout& layout, const model::TensorMap& tensors, const std::string& where, std::vector<bf16>& flat) {
  flat.assign(static_cast<std::size_t>(layout.size()), bf16{});
  for (const Parameter& p : layout.by_name()) model::read_bf16s(tensor_of(p, tensors, where), 0, p.elements, flat.data() + p.offset);
}

}  // namespace laconic::learner
