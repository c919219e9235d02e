#include "model/gguf/export.h"

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "kernels/rope.h"
#include "model/gguf/layout.h"
#include "model/gguf/metadata.h"
#include "model/gguf/names.h"
#include "model/gguf/write.h"

namespace laconic::model {
namespace {

enum class Form : std::uint8_t { kAsIs, kPairs, kKeyUp, kValueUp };

struct Part {
  std::vector<std::string> sources;  // Hugging Face names; of experts: one after another
  Form form = Form::kAsIs;
  bool fp32 = false;
};

struct Layout {
  std::vector<GgufTensorInfo> tensors;
  std::vector<Part> parts;  // of each
};

// The narrowest type that rows of `columns` elements fill, from `type` on upwards.
DType fitting(DType type, std::int64_t columns) {
  if (columns % format_of(type).elements == 0) return type;
  return format_of(type).elements > 32 && columns % 32 == 0 ? DType::kQ8_0 : DType::kBF16;
}

class Planner {
 public:
  Planner(const Config& config, const GgufWeightType& type) : config_(config), type_(type), architecture_(gguf_architecture_of(config.model_type)) {}

  Layout layout() {
    if (config_.llama3.enabled) add("rope_freqs.weight", {config_.head_dim / 2}, {});
    for (const TensorSpec& spec : tensor_specs(config_)) place(spec);
    return std::move(layout_);
  }

 private:
  void place(const TensorSpec& spec) {
    const GgufPlace place = gguf_place(spec.name);
    if (place.tensor.empty()) throw Error(fmt::format("tensor `{}` has no name in GGUF files", spec.name));
    if (place.tensor.ends_with(".attn_kv_b.weight")) {
      const std::string layer = place.tensor.substr(0, place.tensor.find("attn_"));
      const std::int64_t heads = config_.num_attention_heads;
      add(layer + "attn_k_b.weight", {heads, config_.kv_lora_rank, config_.qk_nope_head_dim}, {{spec.name}, Form::kKeyUp});
      add(layer + "attn_v_b.weight", {heads, config_.v_head_dim, config_.kv_lora_rank}, {{spec.name}, Form::kValueUp});
      return;
    }
    if (place.expert < 0) {
      const bool pairs = place.rotary_rows && architecture_->interleaves_rotary_rows;
      add(place.tensor, spec.shape, {{spec.name}, pairs ? Form::kPairs : Form::kAsIs, spec.fp32});
      return;
    }
    // Experts come in the order of their names, in which 10 stands before 2.
    const auto [at, fresh] = experts_.emplace(place.tensor, layout_.tensors.size());
    if (fresh) {
      add(place.tensor, {config_.n_routed_experts, spec.shape[0], spec.shape[1]}, {});
      layout_.parts.back().sources.resize(static_cast<std::size_t>(config_.n_routed_experts));
    }
    layout_.parts[at->second].sources[static_cast<std::size_t>(place.expert)] = spec.name;
  }

  void add(const std::string& name, std::vector<std::int64_t> shape, Part part) {
    DType dtype = DType::kF32;
    if (shape.size() > 1 && !part.fp32 && !name.ends_with(".ffn_gate_inp.weight"))
      dtype = fitting(name == "token_embd.weight" || name == "output.weight" ? type_.embedding : type_.matrices, shape.back());
    layout_.tensors.push_back({name, std::move(shape), dtype});
    layout_.parts.push_back(std::move(part));
  }

  const Config& config_;
  const GgufWeightType& type_;
  const GgufArchitecture* architecture_;
  Layout layout_;
  std::map<std::string, std::size_t> experts_;
};

// The divisors of the frequencies that Llama 3.1's scaling amounts to.
Tensor rope_divisors(const Config& c) {
  const auto plain = kernels::rope_frequencies(c.head_dim, c.rope_theta, kernels::Llama3Scaling{});
  const auto scaled = kernels::rope_frequencies(c.head_dim, c.rope_theta, c.llama3);
  std::vector<float> divisors;
  for (std::size_t i = 0; i < plain.size(); ++i) divisors.push_back(static_cast<float>(plain[i] / scaled[i]));
  return tensor_of({static_cast<std::int64_t>(divisors.size())}, divisors);
}

Tensor arranged(const Tensor& tensor, Form form, const Config& config) {
  switch (form) {
    case Form::kAsIs: return tensor;
    case Form::kPairs: return pairs_of_halves(tensor, config.head_dim);
    case Form::kKeyUp: return split_key_and_value(tensor, config).first;
    case Form::kValueUp: return split_key_and_value(tensor, config).second;
  }
  return tensor;
}

}  // namespace

const std::vector<GgufWeightType>& gguf_weight_types() {
  static const std::vector<GgufWeightType> all = {
      {"bf16", DType::kBF16, DType::kBF16, 32}, {"f16", DType::kF16, DType::kF16, 1},    {"f32", DType::kF32, DType::kF32, 0},
      {"q8_0", DType::kQ8_0, DType::kQ8_0, 7},  {"q6_k", DType::kQ6_K, DType::kQ6_K, 18}, {"q4_k", DType::kQ4_K, DType::kQ6_K, 15},
      {"q4_1", DType::kQ4_1, DType::kQ8_0, 3},  {"q4_0", DType::kQ4_0, DType::kQ8_0, 2},
  };
  return all;
}

const GgufWeightType& gguf_weight_type_named(const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const GgufWeightType& type : gguf_weight_types()) {
    if (type.name == name) return type;
    names.emplace_back(type.name);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string near = nearest_name(name, names);
  throw Error(fmt::format("there is no type `{}`; {} can be written", name, list), "", near.empty() ? "" : "did you mean `" + near + "`?");
}

GgufExport save_gguf(const fs::path& file, const Checkpoint& checkpoint, const GgufWeightType& type, const std::string& name,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const Config& config = checkpoint.config;
  GgufExport result;
  Gguf gguf;
  gguf.where = file.string();
  gguf.metadata = gguf_metadata(checkpoint, result.losses);
  gguf.metadata["general.name"] = name;
  gguf.metadata["general.file_type"] = type.file_type;
  gguf.metadata["general.quantization_version"] = std::int64_t{2};
  const Layout layout = Planner(config, type).layout();
  std::uint64_t total = 0, done = 0;
  for (const GgufTensorInfo& info : layout.tensors) {
    gguf.tensors[info.name] = {info.dtype, info.shape, nullptr, nullptr};
    total += info.bytes();
  }
  if (config.llama3.enabled) gguf.tensors["rope_freqs.weight"] = rope_divisors(config);
  check_metadata(gguf, config);

  result.tensors = layout.tensors.size();
  write_gguf(file, gguf.metadata, layout.tensors, [&](std::size_t i, const ByteSink& sink) {
    const GgufTensorInfo& info = layout.tensors[i];
    const ByteSink counted = [&](std::string_view bytes) {
      sink(bytes);
      progress(done += bytes.size(), total);
    };
    if (layout.parts[i].sources.empty()) convert_tensor(gguf.tensors.at(info.name), info.dtype, info.name, counted);
    for (const std::string& source : layout.parts[i].sources)
      result.loss.add(convert_tensor(arranged(checkpoint.tensors.at(source), layout.parts[i].form, config), info.dtype, source, counted));
  });
  result.bytes = fs::file_size(file);
  return result;
}

}  // namespace laconic::model
