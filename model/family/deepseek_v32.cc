// DeepSeek-V3.2 (V3.2-Exp report, 2025): V3 with sparse attention in every layer.
#include <fmt/format.h>

#include "kernels/block_sizes.h"
#include "model/family/deepseek.h"

namespace laconic::model {
namespace {

void read_deepseek_v32(const Fields& fields, Config& config) {
  read_deepseek_v3(fields, config);
  if (config.q_lora_rank == 0) refuse(fields, "q_lora_rank", "an integer in this family: the indexer's queries come from the query latent");
  if (!config.rope_interleave) refuse(fields, "rope_interleave", "true");  // the family has no such key
  config.index_n_heads = static_cast<int>(fields.integer("index_n_heads", 1, 4096));
  config.index_head_dim = static_cast<int>(fields.integer("index_head_dim", 2, kernels::kMaxAttentionWidth));
  config.index_topk = static_cast<int>(fields.integer("index_topk", 1, kernels::kMaxIndexTopk));
  if (config.index_head_dim < config.qk_rope_head_dim)
    throw fields.error("index_head_dim", fmt::format("at least qk_rope_head_dim = {}: the first ones of an index key turn", config.qk_rope_head_dim));
  // How transformers spells the layout out.
  const auto require_layers = [&](const char* key, auto&& kind_of) {
    if (!fields.has(key)) return;
    Json layers = Json::array();
    for (std::int64_t l = 0; l < config.layers(); ++l) layers.push_back(kind_of(l));
    if (fields.at(key) != layers) refuse(fields, key, layers.dump());
  };
  require_layers("mlp_layer_types", [&](std::int64_t l) { return config.is_moe(l) ? "sparse" : "dense"; });
}

void write_deepseek_v32(const Config& config, Json& json) {
  write_deepseek_v3(config, json);
  json.erase("rope_interleave");
  json["index_n_heads"] = config.index_n_heads;
  json["index_head_dim"] = config.index_head_dim;
  json["index_topk"] = config.index_topk;
}

}  // namespace

const Family kDeepseekV32 = {"deepseek_v32", "DeepseekV32ForCausalLM", read_deepseek_v32, write_deepseek_v32, "deepseek_sparse_attention"};

}  // namespace laconic::model
