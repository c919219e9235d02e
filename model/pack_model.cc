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
    for (const float value : values) require_finite(to_bf16(value), name);
    return values;
  }

  // The published bf16, widened.
  std::vector<float> norm(const std::string& name) const {  // also of biases
    std::vector<float> values = floats(name);
    for (float& value : values) value = to_float(to_bf16(value));
    return values;
  }

  std::vector<bf16> bf16s(const std::string& name) const {
    std::vector<bf16> values = to_bf16s(at(name));
    for (const bf16 value : values) require_finite(value, name);
    return values;
  }

  PackedMatrix matrix(const std::string& name) const {
    const Tensor& tensor = at(name);
    return PackedMatrix(bf16s(name).data(), tensor.shape[0], tensor.shape[1]);
  }

  kernels::Expert swiglu(const std::string& prefix) const {
    std::vector<bf16> gate_up = bf16s(prefix + "gate_proj.weight");
    const std::vector<bf16> up = bf16s(prefix + "up_proj.weight");
    gate_up.insert(gate_up.end(), up.begin(), up.end());
    const Tensor& shape = at(prefix + "up_proj.weight");
    return {PackedMatrix(gate_up.data(), 2 * shape.shape[0], shape.shape[1]), matrix(prefix + "down_proj.weight")};
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
  }

  void grouped_attention(const std::string& prefix, LayerWeights& w) const {
    w.query_in = matrix(prefix + "q_proj.weight");
    std::vector<bf16> rows = bf16s(prefix + "k_proj.weight");
    const std::vector<bf16> values = bf16s(prefix + "v_proj.weight");
    rows.insert(rows.end(), values.begin(), values.end());
    w.cache_in = PackedMatrix(rows.data(), config_.cache_width(), config_.hidden_size);
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
    const std::vector<bf16> rows = bf16s(name);
    const std::int64_t latent = config_.kv_lora_rank, nope = config_.qk_nope_head_dim, v = config_.v_head_dim;
    for (std::int64_t head = 0; head < config_.num_attention_heads; ++head) {
      const bf16* first = rows.data() + head * (nope + v) * latent;
      w.key_up.push_back(PackedMatrix::from_transposed(first, latent, nope, latent));
      w.value_up.emplace_back(first + nope * latent, v, latent);
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
  if (config.n_routed_experts > kernels::kMaxExperts || (config.is_latent() && kv_row_elements(config) > kernels::kMaxAttentionWidth))
    throw Error(fmt::format("n_routed_experts = {} (at most {}) or kv_lora_rank + qk_rope_head_dim = {} (at most {}) is too large",
                            config.n_routed_experts, kernels::kMaxExperts, kv_row_elements(config), kernels::kMaxAttentionWidth));
  check_tensors(config, tensors, "");
  const Packer packer(config, tensors);
  auto model = std::make_shared<Model>();
  model->config = config;
  model->embedding = packer.bf16s("model.embed_tokens.weight");
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
