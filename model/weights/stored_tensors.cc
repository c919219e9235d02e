#include "model/weights/stored_tensors.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace laconic::model {
namespace {

constexpr std::string_view kScaleSuffix = "_scale_inv";

bool is_prediction_module(const std::string& name, std::int64_t layers) {
  static const std::string prefix = "model.layers.";
  if (!name.starts_with(prefix)) return false;
  std::int64_t layer = -1;
  std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
  return layer >= layers;
}

std::int64_t scale_blocks(std::int64_t extent) { return (extent + Tensor::kScaleBlock - 1) / Tensor::kScaleBlock; }

[[noreturn]] void refuse_shape(const std::string& name, const Tensor& tensor, const std::vector<std::int64_t>& needed, const std::string& where) {
  throw Error(fmt::format("tensor `{}` is [{}] and should be [{}]", name, fmt::join(tensor.shape, ", "), fmt::join(needed, ", ")), where);
}

void attach_scales(TensorMap& tensors, const std::string& where) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.dtype != DType::kF8_E4M3) continue;
    const auto found = tensors.find(name + std::string(kScaleSuffix));
    if (found == tensors.end() || tensor.shape.size() < 2)
      throw Error(fmt::format("tensor `{}` is F8_E4M3; a matrix with its factors in `{}{}` is needed", name, name, kScaleSuffix), where);
    std::vector<std::int64_t> needed = tensor.shape;
    for (std::size_t i = needed.size() - 2; i < needed.size(); ++i) needed[i] = scale_blocks(needed[i]);
    if (found->second.shape != needed) refuse_shape(found->first, found->second, needed, where);
    if (found->second.dtype == DType::kF8_E4M3) throw Error(fmt::format("tensor `{}` is F8_E4M3; F32 is needed", found->first), where);
    const auto values = std::make_shared<const std::vector<float>>(to_floats(found->second));
    tensor.scales = {values, values->data()};
  }
  std::erase_if(tensors, [&](const auto& item) {
    if (!item.first.ends_with(kScaleSuffix)) return false;
    const auto scaled = tensors.find(item.first.substr(0, item.first.size() - kScaleSuffix.size()));
    return scaled != tensors.end() && scaled->second.scales;
  });
}

// Rows [first, first + count) of matrix `index` of a stack [matrices, rows, columns].
Tensor rows_of(const Tensor& stack, const std::string& name, std::int64_t index, std::int64_t first, std::int64_t count, const std::string& where) {
  const std::int64_t rows = stack.shape[1], columns = stack.shape[2], skipped = index * rows + first;
  Tensor view = stack;
  view.shape = {count, columns};
  const StorageFormat& format = format_of(stack.dtype);
  view.data = stack.data + skipped * columns / format.elements * format.bytes;
  if (!stack.scales) return view;
  if (first % Tensor::kScaleBlock != 0)
    throw Error(fmt::format("tensor `{}`: a factor of its {} rows would span gate and up", name, rows), where, "convert it to BF16 first");
  const std::int64_t scale = (index * scale_blocks(rows) + first / Tensor::kScaleBlock) * scale_blocks(columns);
  view.scales = {stack.scales, stack.scales.get() + scale};
  return view;
}

void split_experts(const Config& c, TensorMap& tensors, const std::string& where) {
  const std::int64_t experts = c.n_routed_experts, width = c.moe_intermediate_size;
  const auto take = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    auto node = tensors.extract(name);
    if (!node.empty() && node.mapped().shape != shape) refuse_shape(name, node.mapped(), shape, where);
    return node;
  };
  for (std::int64_t l = c.first_k_dense_replace; l < c.layers(); ++l) {
    const std::string at = fmt::format("model.layers.{}.mlp.experts.", l);
    if (const auto fused = take(at + "gate_up_proj", {experts, 2 * width, c.hidden_size}); !fused.empty())
      for (std::int64_t e = 0; e < experts; ++e) {
        tensors[fmt::format("{}{}.gate_proj.weight", at, e)] = rows_of(fused.mapped(), fused.key(), e, 0, width, where);
        tensors[fmt::format("{}{}.up_proj.weight", at, e)] = rows_of(fused.mapped(), fused.key(), e, width, width, where);
      }
    if (const auto fused = take(at + "down_proj", {experts, c.hidden_size, width}); !fused.empty())
      for (std::int64_t e = 0; e < experts; ++e)
        tensors[fmt::format("{}{}.down_proj.weight", at, e)] = rows_of(fused.mapped(), fused.key(), e, 0, c.hidden_size, where);
  }
}

}  // namespace

TensorMap canonical_tensors(const Config& config, TensorMap stored, bool prediction_modules, const std::string& where) {
  std::erase_if(stored, [&](const auto& item) {
    return (prediction_modules && is_prediction_module(item.first, config.num_hidden_layers)) || item.first.ends_with(".rotary_emb.inv_freq") ||
           (config.tie_word_embeddings && item.first == "lm_head.weight");
  });
  attach_scales(stored, where);
  split_experts(config, stored, where);
  return stored;
}

}  // namespace laconic::model
