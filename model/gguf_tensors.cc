#include <cstring>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/gguf_card.h"
#include "model/gguf_names.h"

namespace laconic::model {
namespace {

// One expert's matrix of [experts, rows, columns].
Tensor slice(const Tensor& all, std::int64_t index) {
  Tensor one = all;
  one.shape.erase(one.shape.begin());
  one.data = all.data + static_cast<std::size_t>(index) * one.bytes();
  return one;
}

// Rows 2i, 2i + 1 of a head → rows i, i + d/2: whole rows move, so blocks stay as they are.
Tensor halves_of_pairs(const Tensor& stored, std::int64_t heads) {
  const std::int64_t rows = stored.shape[0], width = rows / heads;
  const std::size_t row_bytes = stored.bytes() / static_cast<std::size_t>(rows);
  std::vector<std::byte> bytes(stored.bytes());
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t in_head = row % width, pair = in_head / 2;
    const std::int64_t to = row - in_head + (in_head % 2 == 0 ? pair : pair + width / 2);
    std::memcpy(bytes.data() + static_cast<std::size_t>(to) * row_bytes, stored.data + static_cast<std::size_t>(row) * row_bytes, row_bytes);
  }
  return make_tensor(stored.dtype, stored.shape, std::move(bytes));
}

// attn_k_b [heads, latent, nope] and attn_v_b [heads, v, latent] → kv_b_proj: per head the transposed
// first, then the second. Elements of `Bits` are moved as they are.
template <class Bits>
std::vector<std::byte> joined(const std::byte* key, const std::byte* value, std::int64_t heads, std::int64_t nope, std::int64_t v, std::int64_t latent) {
  std::vector<std::byte> out(static_cast<std::size_t>(heads * (nope + v) * latent) * sizeof(Bits));
  std::byte* to = out.data();
  for (std::int64_t head = 0; head < heads; ++head) {
    for (std::int64_t n = 0; n < nope; ++n)
      for (std::int64_t l = 0; l < latent; ++l, to += sizeof(Bits))
        std::memcpy(to, key + static_cast<std::size_t>((head * latent + l) * nope + n) * sizeof(Bits), sizeof(Bits));
    const std::size_t rest = static_cast<std::size_t>(v * latent) * sizeof(Bits);
    std::memcpy(to, value + static_cast<std::size_t>(head) * rest, rest);
    to += rest;
  }
  return out;
}

Tensor join_key_and_value(const Tensor& key, const Tensor& value, const Config& c, const std::string& name, const std::string& where) {
  const std::int64_t heads = c.num_attention_heads, nope = c.qk_nope_head_dim, v = c.v_head_dim, latent = c.kv_lora_rank;
  const std::vector<std::int64_t> key_shape = {heads, latent, nope}, value_shape = {heads, v, latent}, shape = {heads * (nope + v), latent};
  if (key.shape != key_shape || value.shape != value_shape)
    throw Error(fmt::format("tensors attn_k_b [{}] and attn_v_b [{}] of `{}` should be [{}] and [{}]", fmt::join(key.shape, ", "),
                            fmt::join(value.shape, ", "), name, fmt::join(key_shape, ", "), fmt::join(value_shape, ", ")), where);
  if (key.dtype == value.dtype && format_of(key.dtype).elements == 1) {
    const bool wide = format_of(key.dtype).bytes == 4;
    return make_tensor(key.dtype, shape, (wide ? joined<std::uint32_t> : joined<std::uint16_t>)(key.data, value.data, heads, nope, v, latent));
  }
  const std::vector<float> keys = to_floats(key), values = to_floats(value);
  return make_tensor(DType::kF32, shape,
                     joined<float>(reinterpret_cast<const std::byte*>(keys.data()), reinterpret_cast<const std::byte*>(values.data()), heads, nope, v, latent));
}

}  // namespace

TensorMap gguf_tensors(const Gguf& gguf, const Config& config) {
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
        tensors[spec.name] = join_key_and_value(*key, *value, config, place.tensor, gguf.where);
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
      const bool query = spec.name.find(".q_proj.") != std::string::npos;
      tensors[spec.name] = halves_of_pairs(*tensor, query ? config.num_attention_heads : config.num_key_value_heads);
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
