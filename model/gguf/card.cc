#include "model/gguf/card.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "kernels/rope.h"
#include "model/gguf/names.h"
#include "model/gguf/tokenizer.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

// Metadata holds fp32: the shortest decimal that rounds to it is what was meant (1e-05, not 9.9999997e-06).
double shortest_decimal(double stored) {
  const float value = static_cast<float>(stored);
  if (static_cast<double>(value) != stored) return stored;
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  double decimal = stored;
  std::from_chars(text, end, decimal);
  return decimal;
}

class CardReader {
 public:
  explicit CardReader(const Gguf& gguf) : gguf_(gguf), architecture_(architecture()) {}

  Json config() {
    json_["model_type"] = architecture_.model_types[0];
    for (const auto& keys : architecture_.keys)
      for (const GgufKey& key : keys) read(key, full(key.gguf));
    for (const GgufKey& key : own_gguf_keys()) read(key, key.gguf);
    if (!missing_.empty()) throw Error(fmt::format("has no metadata {}", fmt::join(missing_, ", ")), gguf_.where, "the file is incomplete: convert the model again");
    read_vocabulary();
    if (architecture_.normalises_experts && !json_.contains("norm_topk_prob")) json_["norm_topk_prob"] = true;
    if (is_deepseek()) read_deepseek();
    else check_head_widths();
    read_rope_scaling();
    refuse_the_rest();
    return std::move(json_);
  }

 private:
  const GgufArchitecture& architecture() const {
    const std::string& name = gguf_.text("general.architecture");
    std::vector<std::string> names;
    for (const GgufArchitecture& known : gguf_architectures()) {
      if (known.name == name) return known;
      names.emplace_back(known.name);
    }
    const std::string near = nearest_name(name, names);
    throw Error(fmt::format("`general.architecture` is `{}`; this build implements {}", name, fmt::join(names, ", ")), gguf_.where,
                near.empty() ? "" : "the nearest is `" + near + "`");
  }

  bool is_deepseek() const { return architecture_.name == std::string_view("deepseek2"); }
  std::string full(const std::string& key) const { return fmt::format("{}.{}", architecture_.name, key); }
  bool has(const std::string& key) {
    known_.insert(full(key));
    return gguf_.has(full(key));
  }
  std::int64_t integer(const std::string& key) { return known_.insert(full(key)), gguf_.integer(full(key)); }
  double number(const std::string& key) { return known_.insert(full(key)), shortest_decimal(gguf_.number(full(key))); }
  std::int64_t whole(const char* config_key) const { return json_.at(config_key).get<std::int64_t>(); }

  void read(const GgufKey& key, const std::string& name) {
    known_.insert(name);
    if (!gguf_.has(name)) {
      if (key.required) missing_.push_back("`" + name + "`");
      return;
    }
    if (key.kind == KeyKind::kInteger) json_[key.config] = gguf_.integer(name);
    else if (key.kind == KeyKind::kNumber) json_[key.config] = shortest_decimal(gguf_.number(name));
    else json_[key.config] = gguf_.flag(name);
  }

  void require(const std::string& key, std::int64_t value, const char* why) {
    if (has(key) && integer(key) != value)
      throw Error(fmt::format("metadata `{}` is {}; {} ({}) is implemented only", full(key), integer(key), why, value), gguf_.where);
  }

  void read_vocabulary() {
    const auto table = gguf_.tensors.find("token_embd.weight");
    if (table == gguf_.tensors.end() || table->second.shape.size() != 2) throw Error("has no table `token_embd.weight`", gguf_.where);
    json_["vocab_size"] = table->second.shape[0];
    require("vocab_size", table->second.shape[0], "the rows of token_embd.weight");
    json_["tie_word_embeddings"] = !gguf_.tensors.contains("output.weight");
    if (const char* bos = "tokenizer.ggml.bos_token_id"; gguf_.has(bos)) json_["bos_token_id"] = gguf_.integer(bos);
    Json ends = Json::array();
    for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
      if (gguf_.has(key))
        if (const Json id = gguf_.integer(key); std::find(ends.begin(), ends.end(), id) == ends.end()) ends.push_back(id);
    json_["eos_token_id"] = ends.size() == 1 ? ends[0] : ends;
  }

  // Heads whose keys, values and rotated parts have one width.
  void check_head_widths() {
    const std::int64_t heads = whole("num_attention_heads");
    if (heads < 1) throw Error(fmt::format("metadata `{}` is {}", full("attention.head_count"), heads), gguf_.where);
    const std::int64_t width = json_.contains("head_dim") ? whole("head_dim") : whole("hidden_size") / heads;
    require("attention.value_length", width, "the width of the keys");
    require("rope.dimension_count", width, "the whole width of a head");
  }

  // One architecture for V2 and V3, which differ in the gate. Files from before 2025 say nothing of it
  // and are V2's, unless they hold V3's selection bias.
  bool has_sigmoid_gate() {
    if (!has("expert_gating_func"))
      return std::any_of(gguf_.tensors.begin(), gguf_.tensors.end(), [](const auto& item) { return item.first.ends_with(".exp_probs_b.bias"); });
    const std::int64_t gate = integer("expert_gating_func");
    if (gate != 1 && gate != 2) throw Error(fmt::format("metadata `{}` is {}; 1 (softmax) and 2 (sigmoid) are implemented", full("expert_gating_func"), gate), gguf_.where);
    return gate == 2;
  }

  void read_deepseek() {
    const bool sigmoid = has_sigmoid_gate();
    // With the latent as the one key head (since 2025), the heads' own widths have keys of their own.
    const bool absorbed = has("attention.key_length_mla");
    const std::int64_t keys = integer(absorbed ? "attention.key_length_mla" : "attention.key_length");
    const std::int64_t rotated = whole("qk_rope_head_dim"), latent = whole("kv_lora_rank");
    json_["qk_nope_head_dim"] = keys - rotated;
    json_["v_head_dim"] = integer(absorbed ? "attention.value_length_mla" : "attention.value_length");
    if (absorbed) {
      require("attention.key_length", latent + rotated, "the latent and the rotated part");
      require("attention.value_length", latent, "the latent");
    }
    require("attention.head_count_kv", absorbed ? 1 : whole("num_attention_heads"), "multi-head latent attention");
    if (!json_.contains("q_lora_rank")) json_["q_lora_rank"] = nullptr;
    json_["num_key_value_heads"] = json_["num_attention_heads"];
    json_["model_type"] = sigmoid ? "deepseek_v3" : "deepseek_v2";
    json_["scoring_func"] = sigmoid ? "sigmoid" : "softmax";
    json_["moe_layer_freq"] = 1;
    json_["rope_interleave"] = true;
    if (!json_.contains("first_k_dense_replace")) json_["first_k_dense_replace"] = 0;
    if (!json_.contains("n_routed_experts")) {
      json_["first_k_dense_replace"] = json_["num_hidden_layers"];
      return;
    }
    read_groups(sigmoid);
    if (!json_.contains("norm_topk_prob")) json_["norm_topk_prob"] = sigmoid;
    if (json_.value("routed_scaling_factor", 0.0) == 0) json_["routed_scaling_factor"] = 1.0;  // none
  }

  void read_groups(bool sigmoid) {
    const std::int64_t experts = whole("n_routed_experts");
    if (!json_.contains("n_group")) {
      // Older files do not tell the groups that the published models of these sizes choose from.
      if (experts == 160 || experts == 256)
        throw Error(fmt::format("has no metadata `{}`, which says how the {} experts are grouped", full("expert_group_count"), experts), gguf_.where,
                    "take a file made since the end of 2025, or the model's Hugging Face folder");
      json_["n_group"] = 1;
    }
    if (!json_.contains("topk_group")) json_["topk_group"] = json_["n_group"];
    json_["topk_method"] = sigmoid ? "noaux_tc" : whole("n_group") > 1 ? "group_limited_greedy" : "greedy";
  }

  void read_rope_scaling() {
    const std::string type = has("rope.scaling.type") ? gguf_.text(full("rope.scaling.type")) : "none";
    const double factor = has("rope.scaling.factor") ? number("rope.scaling.factor") : 1;
    for (const char* note : {"rope.scaling.finetuned", "rope.scaling.original_context_length"}) has(note);
    if (type == "yarn") return read_yarn(factor);
    if (type != "none" && type != "linear") throw Error(fmt::format("metadata `{}` is `{}`; `none` and `yarn` are implemented", full("rope.scaling.type"), type), gguf_.where);
    if (factor != 1 && factor != 0) throw Error(fmt::format("metadata `{}` is {}; linear scaling is not implemented", full("rope.scaling.factor"), factor), gguf_.where);
    if (architecture_.interleaves_rotary_rows) read_llama3();
  }

  void read_yarn(double factor) {
    Json yarn = {{"type", "yarn"}, {"factor", factor}, {"original_max_position_embeddings", integer("rope.scaling.original_context_length")}};
    if (has("rope.scaling.yarn_beta_fast")) yarn["beta_fast"] = number("rope.scaling.yarn_beta_fast");
    if (has("rope.scaling.yarn_beta_slow")) yarn["beta_slow"] = number("rope.scaling.yarn_beta_slow");
    // 0.1 · mscale_all_dim; mscale itself is not kept: where the other is given, it is equal.
    if (has("rope.scaling.yarn_log_multiplier"))
      yarn["mscale"] = yarn["mscale_all_dim"] = shortest_decimal(static_cast<float>(10 * number("rope.scaling.yarn_log_multiplier")));
    json_["rope_scaling"] = yarn;
  }

  // Llama 3.1's scaling is kept as a divisor per frequency. Of its four parameters only the factor differs
  // between the published models (a length other than 8192 is written by this project alone); with it, all
  // the divisors must come out as stored.
  void read_llama3() {
    const auto found = gguf_.tensors.find("rope_freqs.weight");
    if (found == gguf_.tensors.end()) return;
    const std::vector<float> divisors = to_floats(found->second);
    kernels::Llama3Scaling scaling;
    scaling.enabled = true;
    scaling.factor = divisors.empty() ? 1 : *std::max_element(divisors.begin(), divisors.end());
    if (has("rope.scaling.original_context_length")) scaling.original_positions = static_cast<double>(integer("rope.scaling.original_context_length"));
    const std::int64_t width = json_.contains("head_dim") ? whole("head_dim") : whole("hidden_size") / whole("num_attention_heads");
    const double theta = json_.value("rope_theta", 10000.0);
    bool same = width >= 2 && width <= 65536 && theta >= 1 && scaling.factor >= 1 && scaling.original_positions >= 1 && static_cast<std::int64_t>(divisors.size()) == width / 2;
    if (same) {
      const auto plain = kernels::rope_frequencies(static_cast<int>(width), theta, kernels::Llama3Scaling{});
      const auto scaled = kernels::rope_frequencies(static_cast<int>(width), theta, scaling);
      for (std::size_t i = 0; i < divisors.size(); ++i) same = same && std::abs(plain[i] / scaled[i] / static_cast<double>(divisors[i]) - 1) < 1e-5;
    }
    if (!same)
      throw Error(fmt::format("tensor `rope_freqs.weight` is not Llama 3.1's scaling by {} (low {}, high {}, original length {})", scaling.factor,
                              scaling.low, scaling.high, scaling.original_positions), gguf_.where, "take the model's Hugging Face folder");
    json_["rope_scaling"] = {{"rope_type", "llama3"}, {"factor", shortest_decimal(scaling.factor)}, {"low_freq_factor", scaling.low},
                             {"high_freq_factor", scaling.high}, {"original_max_position_embeddings", static_cast<std::int64_t>(scaling.original_positions)}};
  }

  // Whatever else stands there belongs to mathematics that forward() does not follow, unless it is off.
  void refuse_the_rest() {
    has("tensor_data_layout");
    for (const auto& [key, value] : gguf_.metadata) {
      if (!key.starts_with(full("")) || known_.contains(key)) continue;
      const bool* flag = std::get_if<bool>(&value);
      const std::int64_t* whole = std::get_if<std::int64_t>(&value);
      const double* number = std::get_if<double>(&value);
      if ((flag && !*flag) || (whole && *whole == 0) || (number && *number == 0)) continue;
      throw Error(fmt::format("metadata `{}` is set; this build implements models of architecture `{}` without it", key, architecture_.name), gguf_.where);
    }
  }

  const Gguf& gguf_;
  const GgufArchitecture& architecture_;
  Json json_ = Json::object();
  std::set<std::string> known_;
  std::vector<std::string> missing_;
};

}  // namespace

std::string gguf_config_json(const Gguf& gguf) { return CardReader(gguf).config().dump(2); }

ModelCard gguf_card(const Gguf& gguf) {
  ModelCard card;
  card.config = parse_config(gguf_config_json(gguf), gguf.where);
  card.tokenizer_json = gguf_tokenizer_json(gguf);
  if (gguf.has("tokenizer.ggml.add_bos_token")) card.add_bos_token = gguf.flag("tokenizer.ggml.add_bos_token");
  if (gguf.has("tokenizer.chat_template")) card.chat_template = gguf.text("tokenizer.chat_template");
  return card;
}

}  // namespace laconic::model
