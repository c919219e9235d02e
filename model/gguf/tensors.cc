#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/gguf/card.h"
#include "model/gguf/layout.h"
#include "model/gguf/names.h"

namespace laconic::model {
namespace {

// One expert's matrix of [experts, rows, columns].
Tensor slice(const Tensor& all, std::int64_t index) {
  Tensor one = all;
  one.shape.erase(one.shape.begin());
  one.data = all.data + static_cast<std::size_t>(index) * one.bytes();
  return one;
}

Tensor joined(const Tensor& key, const Tensor& value, const Config& c, const std::string& name, const std::string& where) {
  const std::vector<std::int64_t> key_shape = {c.num_attention_heads, c.kv_lora_rank, c.qk_nope_head_dim};
  const std::vector<std::int64_t> value_shape = {c.num_attention_heads, c.v_head_dim, c.kv_lora_rank};
  if (key.shape != key_shape || value.shape != value_shape)
    throw Error(fmt::format("tensors attn_k_b [{}] and attn_v_b [{}] in place of `{}` should be [{}] and [{}]", fmt::join(key.shape, ", "),
                            fmt::join(value.shape, ", "), name, fmt::join(key_shape, ", "), fmt::join(value_shape, ", ")), where);
  return join_key_and_value(key, value, c);
}

}  // namespace

TensorMap gguf_tensors(const Gguf& gguf, const Config& config) {
  // A layer has nine tensors at least: without them, a list of all that is missing would only be long.
  if (static_cast<std::int64_t>(gguf.tensors.size()) < 9 * config.num_hidden_layers)
    throw Error(fmt::format("holds {} tensors, too few for {} layers", gguf.tensors.size(), config.num_hidden_layers), gguf.where);
  const GgufArchitecture* architecture = gguf_architecture_of(config.model_type);
  TensorMap tensors;
  std::set<std::string> used, missing;
  const auto stored = [&](const std::string& name) -> const Tensor* {
    const auto found = gguf.tensors.find(name);
    if (found == gguf.tensors.end()) return nullptr;
    used.insert(name);
    return &found->second;
  };
  if (config.llama3.enabled) used.insert("rope_freqs.weight");  // compared with the formula when the card was read
  for (const TensorSpec& spec : tensor_specs(config)) {
    const GgufPlace place = gguf_place(spec.name);
    const Tensor* tensor = place.tensor.empty() ? nullptr : stored(place.tensor);
    if (!tensor && place.tensor.ends_with("attn_kv_b.weight")) {
      const std::string layer = place.tensor.substr(0, place.tensor.size() - std::string_view("attn_kv_b.weight").size());
      const Tensor* key = stored(layer + "attn_k_b.weight");
      const Tensor* value = stored(layer + "attn_v_b.weight");
      if (key && value) {
        tensors[spec.name] = joined(*key, *value, config, place.tensor, gguf.where);
        continue;
      }
    }
    if (!tensor) {
      missing.insert(place.tensor.empty() ? spec.name : place.tensor);
      continue;
    }
    if (place.expert >= 0) {
      if (tensor->shape.size() != 3 || tensor->shape[0] != config.n_routed_experts)
        throw Error(fmt::format("tensor `{}` is [{}]; {} matrices are needed", place.tensor, fmt::join(tensor->shape, ", "), config.n_routed_experts), gguf.where);
      tensors[spec.name] = slice(*tensor, place.expert);
    } else if (place.rotary_rows && architecture->interleaves_rotary_rows && tensor->shape == spec.shape) {
      tensors[spec.name] = *tensor;
      tensors[spec.name].paired_rows = config.head_dim;
    } else {
      tensors[spec.name] = *tensor;
    }
  }
  std::vector<std::string> surplus;
  for (const auto& [name, tensor] : gguf.tensors)
    if (!used.contains(name)) surplus.push_back(name);
  refuse_misfits({missing.begin(), missing.end()}, surplus, {}, "the metadata", gguf.where);
  return tensors;
}

}  // namespace laconic::model
