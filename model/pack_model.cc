#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/forward.h"
#include "model/packed_model.h"
#include "model/rope_table.h"

namespace laconic::model {
namespace {

using kernels::PackedMatrix;

class Packer {
 public:
  Packer(const Config& config, const TensorMap& tensors) : config_(config), tensors_(tensors) {}

  std::vector<float> floats(const std::string& name) const {
    std::vector<float> values = to_floats(at(name));
    drop_pages(at(name), 0, at(name).elements());
    for (const float value : values) require_finite(to_bf16(value), name);
    return values;
  }

  // The published bf16, widened.
  std::vector<float> norm(const std::string& name) const {  // also of biases
    std::vector<float> values = floats(name);
    for (float& value : values) value = to_float(to_bf16(value));
    return values;
  }

  // Rows of a matrix as bf16, a few at a time: f(first row, count, rows). The file's pages behind them are
  // dropped, so that loading never holds the weights twice.
  template <class F>
  void for_rows(const std::string& name, F&& f) const {
    constexpr std::int64_t kElements = 1 << 19;  // 1 MiB
    const Tensor& tensor = at(name);
    const std::int64_t width = tensor.shape[1], step = std::max<std::int64_t>(1, kElements / width);
    std::vector<bf16> rows(static_cast<std::size_t>(std::min(step, tensor.shape[0]) * width));
    for (std::int64_t first = 0; first < tensor.shape[0]; first += step) {
      const std::int64_t count = std::min(step, tensor.shape[0] - first);
      read_rows(tensor, name, first, count, rows.data());
      f(first, count, rows.data());
    }
  }

  std::vector<bf16> table(const std::string& name) const {
    std::vector<bf16> values(static_cast<std::size_t>(at(name).elements()));
    for_rows(name, [&](std::int64_t first, std::int64_t count, const bf16* rows) {
      std::copy_n(rows, count * at(name).shape[1], values.begin() + first * at(name).shape[1]);
    });
    return values;
  }

  PackedMatrix matrix(const std::string& name) const {
    kernels::MatrixPacker packer(at(name).shape[0], at(name).shape[1]);
    for_rows(name, [&](std::int64_t first, std::int64_t count, const bf16* rows) { packer.put(first, count, rows); });
    return packer.take();
  }

  // Two matrices of the same input as one: the rows of the first, then those of the second.
  PackedMatrix stacked(const std::string& first_name, const std::string& second_name) const {
    const std::int64_t above = at(first_name).shape[0];
    kernels::MatrixPacker packer(above + at(second_name).shape[0], at(first_name).shape[1]);
    for_rows(first_name, [&](std::int64_t first, std::int64_t count, const bf16* rows) { packer.put(first, count, rows); });
    for_rows(second_name, [&](std::int64_t first, std::int64_t count, const bf16* rows) { packer.put(above + first, count, rows); });
    return packer.take();
  }

  kernels::Expert swiglu(const std::string& prefix) const {
    return {stacked(prefix + "gate_proj.weight", prefix + "up_proj.weight"), matrix(prefix + "down_proj.weight")};
  }

  LayerWeights layer(std::int64_t index) const {
    const std::string prefix = fmt::format("model.layers.{}.", index), attention = prefix + "self_attn.", mlp = prefix + "mlp.";
    LayerWeights w;
    w.attention_norm = norm(prefix + "input_layernorm.weight");
    w.ffn_norm = norm(prefix + "post_attention_layernorm.weight");
    if (config_.is_latent()) latent_attention(attention, w);
    else grouped_attention(attention, w);
    w.output = matrix(attention + "o_proj.weight");
    if (!config_.is_moe(index)) {
      w.ffn = swiglu(mlp);
      return w;
    }
    if (config_.n_shared_experts > 0) w.ffn = swiglu(mlp + "shared_experts.");
    w.router = matrix(mlp + "gate.weight");
    if (config_.has_selection_bias()) w.selection_bias = floats(mlp + "gate.e_score_correction_bias");
    for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) w.experts.push_back(swiglu(fmt::format("{}experts.{}.", mlp, e)));
    return w;
  }

 private:
  const Tensor& at(const std::string& name) const { return tensors_.at(name); }

  static void require_finite(bf16 value, const std::string& name) {
    if ((value.bits & 0x7f80u) == 0x7f80u)
      throw Error(fmt::format("tensor `{}` holds a value that is infinite or not a number", name), "",
                  "go back to an earlier checkpoint; if training made it, lower the learning rate");
  }

  void read_rows(const Tensor& tensor, const std::string& name, std::int64_t first, std::int64_t count, bf16* out) const {
    const std::int64_t width = tensor.shape[1];
    read_bf16s(tensor, first * width, count * width, out);
    drop_pages(tensor, first * width, count * width);
    for (std::int64_t i = 0; i < count * width; ++i) require_finite(out[i], name);
  }

  void latent_attention(const std::string& prefix, LayerWeights& w) const {
    if (config_.q_lora_rank == 0) {
      w.query_in = matrix(prefix + "q_proj.weight");
    } else {
      w.query_in = matrix(prefix + "q_a_proj.weight");
      w.query_norm = norm(prefix + "q_a_layernorm.weight");
      w.query_up = matrix(prefix + "q_b_proj.weight");
    }
    w.cache_in = matrix(prefix + "kv_a_proj_with_mqa.weight");
    w.latent_norm = norm(prefix + "kv_a_layernorm.weight");
    split_heads(prefix + "kv_b_proj.weight", w);
    if (config_.is_sparse()) indexer(prefix + "indexer.", w);
  }

  void indexer(const std::string& prefix, LayerWeights& w) const {
    w.index_query = matrix(prefix + "wq_b.weight");
    w.index_in = stacked(prefix + "wk.weight", prefix + "weights_proj.weight");
    w.index_norm = norm(prefix + "k_norm.weight");
    w.index_norm_bias = norm(prefix + "k_norm.bias");
  }

  void grouped_attention(const std::string& prefix, LayerWeights& w) const {
    w.query_in = matrix(prefix + "q_proj.weight");
    w.cache_in = stacked(prefix + "k_proj.weight", prefix + "v_proj.weight");
    if (config_.qkv_bias) {
      w.query_bias = norm(prefix + "q_proj.bias");
      w.cache_bias = norm(prefix + "k_proj.bias");
      const std::vector<float> value_bias = norm(prefix + "v_proj.bias");
      w.cache_bias.insert(w.cache_bias.end(), value_bias.begin(), value_bias.end());
    }
    if (config_.qk_norm != HeadNorm::kNone) {
      w.query_norm = norm(prefix + "q_norm.weight");
      w.key_norm = norm(prefix + "k_norm.weight");
    }
  }

  // kv_b_proj rows are, per head, nope rows of W^UK, then v rows of W^UV, each over the latent.
  void split_heads(const std::string& name, LayerWeights& w) const {
    const std::int64_t latent = config_.kv_lora_rank, nope = config_.qk_nope_head_dim, v = config_.v_head_dim;
    std::vector<bf16> rows(static_cast<std::size_t>((nope + v) * latent));
    for (std::int64_t head = 0; head < config_.num_attention_heads; ++head) {
      read_rows(at(name), name, head * (nope + v), nope + v, rows.data());
      w.key_up.push_back(PackedMatrix::from_transposed(rows.data(), latent, nope, latent));
      w.value_up.emplace_back(rows.data() + nope * latent, v, latent);
    }
  }

  const Config& config_;
  const TensorMap& tensors_;
};

std::size_t bytes_of(const std::vector<PackedMatrix>& list) {
  std::size_t bytes = 0;
  for (const PackedMatrix& matrix : list) bytes += matrix.bytes();
  return bytes;
}

}  // namespace

ModelPtr pack_model(const Config& config, const TensorMap& tensors) {
  if (config.n_routed_experts > kernels::kMaxExperts || (config.is_latent() && config.latent_width() > kernels::kMaxAttentionWidth))
    throw Error(fmt::format("n_routed_experts = {} (at most {}) or kv_lora_rank + qk_rope_head_dim = {} (at most {}) is too large",
                            config.n_routed_experts, kernels::kMaxExperts, config.latent_width(), kernels::kMaxAttentionWidth));
  if (config.index_topk > kernels::kMaxIndexTopk || config.index_head_dim > kernels::kMaxAttentionWidth)
    throw Error(fmt::format("index_topk = {} (at most {}) or index_head_dim = {} (at most {}) is too large", config.index_topk, kernels::kMaxIndexTopk,
                            config.index_head_dim, kernels::kMaxAttentionWidth));
  check_tensors(config, tensors, "");
  const Packer packer(config, tensors);
  auto model = std::make_shared<Model>();
  model->config = config;
  model->embedding = packer.table("model.embed_tokens.weight");
  for (std::int64_t l = 0; l < config.layers(); ++l) model->layers.push_back(packer.layer(l));
  model->final_norm = packer.norm("model.norm.weight");
  model->head = packer.matrix(config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight");
  model->rope = rope_table(config, config.max_position_embeddings);
  return model;
}

const Config& config_of(const Model& model) { return model.config; }

std::size_t packed_bytes(const Model& model) {
  std::size_t bytes = model.embedding.size() * sizeof(bf16) + model.head.bytes();
  for (const LayerWeights& w : model.layers) {
    bytes += w.query_in.bytes() + w.query_up.bytes() + w.cache_in.bytes() + w.output.bytes() + w.router.bytes();
    bytes += w.index_query.bytes() + w.index_in.bytes();
    bytes += bytes_of(w.key_up) + bytes_of(w.value_up) + w.ffn.gate_up.bytes() + w.ffn.down.bytes();
    for (const kernels::Expert& expert : w.experts) bytes += expert.gate_up.bytes() + expert.down.bytes();
  }
  return bytes;
}

std::int64_t kv_row_elements(const Config& config) { return config.cache_width(); }

std::size_t kv_bytes(const Config& config, std::int64_t pages) {
  return static_cast<std::size_t>(config.layers() * pages * kernels::kPageTokens * kv_row_elements(config)) * sizeof(bf16);
}

}  // namespace laconic::model
