#include "model/gguf/metadata.h"

#include <fmt/format.h>

#include "base/error.h"
#include "model/gguf/card.h"
#include "model/gguf/names.h"
#include "model/gguf/tokenizer.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

using Metadata = std::map<std::string, GgufValue>;

void write_keys(const GgufArchitecture& architecture, const Json& json, Metadata& out) {
  const auto write = [&](const std::string& key, const GgufKey& row) {
    const auto found = json.find(row.config);
    if (found == json.end() || found->is_null()) return;
    if (row.kind == KeyKind::kInteger) out[key] = found->get<std::int64_t>();
    else if (row.kind == KeyKind::kNumber) out[key] = found->get<double>();
    else out[key] = found->get<bool>();
  };
  for (const auto& keys : architecture.keys)
    for (const GgufKey& row : keys) write(fmt::format("{}.{}", architecture.name, row.gguf), row);
  for (const GgufKey& row : own_gguf_keys()) write(row.gguf, row);
}

void write_widths(const Config& c, const std::string& prefix, Metadata& out) {
  if (!c.is_latent()) {
    out[prefix + "attention.key_length"] = std::int64_t{c.head_dim};
    out[prefix + "attention.value_length"] = std::int64_t{c.head_dim};
    out[prefix + "rope.dimension_count"] = std::int64_t{c.head_dim};
    return;
  }
  out[prefix + "attention.head_count_kv"] = std::int64_t{1};
  out[prefix + "attention.key_length"] = c.kv_lora_rank + c.qk_rope_head_dim;
  out[prefix + "attention.value_length"] = c.kv_lora_rank;
  out[prefix + "attention.key_length_mla"] = std::int64_t{c.qk_nope_head_dim} + c.qk_rope_head_dim;
  out[prefix + "attention.value_length_mla"] = std::int64_t{c.v_head_dim};
  if (c.moe_layers() > 0) out[prefix + "expert_gating_func"] = std::int64_t{c.gate_score == kernels::GateScore::kSigmoid ? 2 : 1};
}

void write_yarn(const kernels::YarnScaling& yarn, const std::string& prefix, Metadata& out) {
  if (!yarn.enabled) return;
  out[prefix + "rope.scaling.type"] = std::string("yarn");
  out[prefix + "rope.scaling.factor"] = yarn.factor;
  out[prefix + "rope.scaling.original_context_length"] = static_cast<std::int64_t>(yarn.original_positions);
  out[prefix + "rope.scaling.yarn_beta_fast"] = yarn.beta_fast;
  out[prefix + "rope.scaling.yarn_beta_slow"] = yarn.beta_slow;
  if (yarn.mscale_all_dim != 0) out[prefix + "rope.scaling.yarn_log_multiplier"] = 0.1 * yarn.mscale_all_dim;
}

// llama.cpp reads the divisors in rope_freqs.weight; the length says what they come from.
void write_llama3(const kernels::Llama3Scaling& scaling, const std::string& prefix, Metadata& out) {
  if (scaling.enabled) out[prefix + "rope.scaling.original_context_length"] = static_cast<std::int64_t>(scaling.original_positions);
}

void write_tokens(const Config& c, Metadata& out, std::vector<std::string>& losses) {
  if (c.bos_token_id >= 0) out["tokenizer.ggml.bos_token_id"] = std::int64_t{c.bos_token_id};
  const char* const keys[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};
  for (std::size_t i = 0; i < c.eos_token_ids.size(); ++i) {
    if (i < std::size(keys)) out[keys[i]] = std::int64_t{c.eos_token_ids[i]};
    else losses.push_back(fmt::format("end token {} is not kept: there is room for three", c.eos_token_ids[i]));
  }
}

}  // namespace

Metadata gguf_metadata(const ModelCard& card, std::vector<std::string>& losses) {
  const Config& config = card.config;
  const GgufArchitecture* architecture = gguf_architecture_of(config.model_type);
  if (!architecture) throw Error(fmt::format("models of type `{}` have no GGUF architecture here", config.model_type), "", "convert to a folder instead");
  const std::string prefix = fmt::format("{}.", architecture->name);
  Metadata out = gguf_tokenizer_metadata(card.tokenizer_json, config.vocab_size, losses);
  out["general.architecture"] = std::string(architecture->name);
  out["general.type"] = std::string("model");
  out[prefix + "vocab_size"] = config.vocab_size;
  write_keys(*architecture, parse_json(config_json(config), "config.json"), out);
  write_widths(config, prefix, out);
  write_yarn(config.yarn, prefix, out);
  write_llama3(config.llama3, prefix, out);
  write_tokens(config, out, losses);
  if (card.add_bos_token) out["tokenizer.ggml.add_bos_token"] = *card.add_bos_token;
  if (!card.chat_template.empty()) out["tokenizer.chat_template"] = card.chat_template;
  return out;
}

void check_metadata(const Gguf& gguf, const Config& config) {
  Json wanted = parse_json(config_json(config), "config.json"), kept = parse_json(config_json(parse_config(gguf_config_json(gguf), gguf.where)), "config.json");
  for (Json* json : {&wanted, &kept}) {
    json->erase("token_count");  // the tokenizer's
    if (config.eos_token_ids.size() > 3) json->erase("eos_token_id");
  }
  for (const auto& [key, value] : wanted.items())
    if (!kept.contains(key) || kept[key] != value)
      throw Error(fmt::format("key `{}` is {}; GGUF metadata can only say {}", key, shown(value), kept.contains(key) ? shown(kept[key]) : "nothing of it"), "",
                  "convert to a folder instead");
}

}  // namespace laconic::model
