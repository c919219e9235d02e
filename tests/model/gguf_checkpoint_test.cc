// Checkpoints in GGUF files: against the layout that the gguf library gives the golden models, and there and back.
#include <cmath>
#include <limits>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "model/checkpoint.h"
#include "model/gguf/gguf.h"
#include "model/gguf/card.h"
#include "model/gguf/export.h"
#include "model/gguf/write.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const Json& layouts() {
  static const Json json = Json::parse(read_file(golden_folder() / "gguf/layouts.json"));
  return json;
}

// Printable ASCII, and `end` as the last token.
std::string small_tokenizer(int end) {
  Json vocab = {{"Ġ", 0}};
  for (int i = 1; i < end && i < 95; ++i) vocab[std::string(1, static_cast<char>(' ' + i))] = i;
  return Json{{"added_tokens", {{{"id", end}, {"content", "<|end|>"}, {"special", true}}}},
              {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
              {"decoder", {{"type", "ByteLevel"}}},
              {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array()}}}}
      .dump();
}

// The golden models have no tokenizer, and fewer tokens than printable bytes: what is tested with them is all but that.
Checkpoint golden_checkpoint(const std::string& model) {
  Checkpoint checkpoint;
  checkpoint.config = read_config(golden_folder() / model);
  checkpoint.tokenizer_json = small_tokenizer(70);
  checkpoint.chat_template = "{{ messages }}";
  checkpoint.tensors = read_safetensors_folder(golden_folder() / model);
  if (checkpoint.config.tie_word_embeddings) checkpoint.tensors.erase("lm_head.weight");
  return checkpoint;
}

GgufExport save(const fs::path& file, const Checkpoint& checkpoint, const char* type = "bf16") {
  return save_gguf(file, checkpoint, gguf_weight_type_named(type), "golden", [](std::uint64_t, std::uint64_t) {});
}

void expect_same_values(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_EQ(tensor.shape, b.at(name).shape) << name;
    EXPECT_EQ(to_floats(tensor), to_floats(b.at(name))) << name;
  }
}

class GgufLayout : public testing::TestWithParam<std::string> {};

TEST_P(GgufLayout, IsTheLibrarys) {
  const Checkpoint checkpoint = golden_checkpoint(GetParam());
  const fs::path file = scratch_folder("gguf_layout") / "model.gguf";
  EXPECT_EQ(save(file, checkpoint).loss.changed, 0);
  const Gguf gguf = read_gguf(file);
  const Json& expected = layouts().at(GetParam());
  for (const auto& [key, value] : expected.at("metadata").items()) {
    ASSERT_TRUE(gguf.has(key)) << key;
    if (value.is_string()) EXPECT_EQ(gguf.text(key), value.get<std::string>()) << key;
    else if (value.is_number_float()) EXPECT_EQ(gguf.number(key), static_cast<double>(value.get<float>())) << key;
    else EXPECT_EQ(gguf.integer(key), value.get<std::int64_t>()) << key;
  }
  const std::size_t divisors = checkpoint.config.llama3.enabled ? 1 : 0;
  EXPECT_EQ(gguf.tensors.size(), expected.at("tensors").size() + divisors);
  for (const auto& [name, what] : expected.at("tensors").items()) {
    ASSERT_TRUE(gguf.tensors.contains(name)) << name;
    const Tensor& tensor = gguf.tensors.at(name);
    EXPECT_EQ(tensor.shape, what[0].get<std::vector<std::int64_t>>()) << name;
    EXPECT_EQ(name_of(tensor.dtype), what[1].get<std::string>()) << name;
    EXPECT_EQ(sha256_hex({tensor.data, tensor.bytes()}), what[2].get<std::string>()) << name;
  }
}

TEST_P(GgufLayout, ComesBackAsItWas) {
  const Checkpoint checkpoint = golden_checkpoint(GetParam());
  const fs::path file = scratch_folder("gguf_back") / "model.gguf";
  save(file, checkpoint);
  const Gguf gguf = read_gguf(file);
  const ModelCard back = gguf_card(gguf);
  expect_same_values(checkpoint.tensors, gguf_tensors(gguf, back.config));
  EXPECT_EQ(config_json(back.config), config_json(checkpoint.config));
  EXPECT_EQ(back.tokenizer_json, checkpoint.tokenizer_json);
  EXPECT_EQ(back.chat_template, checkpoint.chat_template);
}

std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  for (const auto& [name, layout] : layouts().items()) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Models, GgufLayout, testing::ValuesIn(golden_models()), [](const auto& info) { return info.param.substr(info.param.find('/') + 1); });

// A file from Python's library with per-layer keys left out, and old conventions.
struct Written {
  explicit Written(const Checkpoint& checkpoint, const std::string& name) : file(scratch_folder(name) / "model.gguf") {
    save(file, checkpoint);
    gguf = read_gguf(file);
  }
  std::string refusal() const {
    try {
      const ModelCard card = gguf_card(gguf);
      gguf_tensors(gguf, card.config);
    } catch (const Error& error) {
      return error.message();
    }
    return "accepted";
  }
  fs::path file;
  Gguf gguf;
};

TEST(GgufCheckpoint, DeepseekFilesFromBefore2025) {
  const Checkpoint checkpoint = golden_checkpoint("families/deepseek_v2_lite");
  Written written(checkpoint, "old_deepseek");
  const Config& c = checkpoint.config;
  const std::string prefix = "deepseek2.";
  // One kv_b tensor, the heads' own widths, as many key heads as queries; nothing of gate or groups.
  for (const char* key : {"attention.key_length_mla", "attention.value_length_mla", "expert_gating_func", "expert_group_count", "expert_group_used_count"})
    written.gguf.metadata.erase(prefix + key);
  written.gguf.metadata[prefix + "attention.head_count_kv"] = std::int64_t{c.num_attention_heads};
  written.gguf.metadata[prefix + "attention.key_length"] = std::int64_t{c.qk_nope_head_dim + c.qk_rope_head_dim};
  written.gguf.metadata[prefix + "attention.value_length"] = std::int64_t{c.v_head_dim};
  for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) {
    const std::string layer = "blk." + std::to_string(l) + ".";
    written.gguf.tensors.erase(layer + "attn_k_b.weight");
    written.gguf.tensors.erase(layer + "attn_v_b.weight");
    written.gguf.tensors[layer + "attn_kv_b.weight"] = checkpoint.tensors.at("model.layers." + std::to_string(l) + ".self_attn.kv_b_proj.weight");
  }
  const ModelCard card = gguf_card(written.gguf);
  EXPECT_EQ(config_json(card.config), config_json(c));
  expect_same_values(gguf_tensors(written.gguf, card.config), checkpoint.tensors);
}

// What loaders assume where a file does not say: Qwen3-MoE normalises the chosen experts' weights, OLMoE does not.
TEST(GgufCheckpoint, ExpertWeightsWithoutTheirKey) {
  for (const auto& [model, architecture, normalised] : {std::tuple{"families/qwen3_moe", "qwen3moe", true}, {"families/olmoe", "olmoe", false}}) {
    Written written(golden_checkpoint(model), "expert_weights");
    ASSERT_EQ(written.gguf.metadata.erase(std::string(architecture) + ".expert_weights_norm"), 1u);
    EXPECT_EQ(gguf_card(written.gguf).config.norm_topk_prob, normalised) << model;
  }
}

TEST(GgufCheckpoint, KeysThatWouldChangeTheMathematicsAreRefused) {
  const Written good(golden_checkpoint("families/smollm2"), "refused_keys");
  EXPECT_EQ(good.refusal(), "accepted");
  const auto with = [&](const std::string& key, GgufValue value) {
    Written changed = good;
    changed.gguf.metadata[key] = std::move(value);
    return changed.refusal();
  };
  EXPECT_THAT(with("llama.attention.sliding_window", std::int64_t{4096}), HasSubstr("llama.attention.sliding_window"));
  EXPECT_EQ(with("llama.attention.sliding_window", std::int64_t{0}), "accepted");
  EXPECT_THAT(with("llama.expert_count", std::int64_t{8}), HasSubstr("llama.expert_count"));
  EXPECT_THAT(with("llama.logit_scale", 0.5), HasSubstr("llama.logit_scale"));
  EXPECT_THAT(with("llama.rope.scaling.type", std::string("longrope")), HasSubstr("longrope"));
  EXPECT_THAT(with("llama.rope.scaling.factor", 4.0), HasSubstr("linear scaling"));
  EXPECT_THAT(with("llama.rope.dimension_count", std::int64_t{4}), HasSubstr("rope.dimension_count"));
  EXPECT_THAT(with("llama.vocab_size", std::int64_t{1000}), HasSubstr("vocab_size"));
  EXPECT_THAT(with("general.architecture", std::string("gemma3")), HasSubstr("this build implements llama, qwen2"));
  EXPECT_THAT(with("llama.block_count", std::string("three")), HasSubstr("not an integer"));
  const auto without = [&](const std::string& key) {
    Written changed = good;
    changed.gguf.metadata.erase(key);
    return changed.refusal();
  };
  EXPECT_THAT(without("llama.context_length"), HasSubstr("`llama.context_length`"));
  EXPECT_THAT(without("llama.attention.layer_norm_rms_epsilon"), HasSubstr("layer_norm_rms_epsilon"));
  EXPECT_THAT(without("general.architecture"), HasSubstr("general.architecture"));
}

TEST(GgufCheckpoint, MissingAndSurplusTensorsAreListed) {
  Written written(golden_checkpoint("families/qwen3_moe"), "tensors_listed");
  written.gguf.tensors["blk.0.attn_sinks.weight"] = written.gguf.tensors.at("output_norm.weight");
  written.gguf.tensors.erase("blk.1.ffn_up_exps.weight");
  EXPECT_THAT(written.refusal(), testing::AllOf(HasSubstr("missing tensors (1): blk.1.ffn_up_exps.weight"), HasSubstr("surplus tensors (1): blk.0.attn_sinks.weight")));
}

TEST(GgufCheckpoint, Llama3DivisorsMustFollowTheFormula) {
  Written written(golden_checkpoint("families/llama3_scaled"), "divisors");
  EXPECT_EQ(written.refusal(), "accepted");
  std::vector<float> divisors = to_floats(written.gguf.tensors.at("rope_freqs.weight"));
  EXPECT_GT(divisors.back(), 1);
  divisors[1] += 0.25f;
  written.gguf.tensors["rope_freqs.weight"] = tensor_of({static_cast<std::int64_t>(divisors.size())}, divisors);
  EXPECT_THAT(written.refusal(), HasSubstr("rope_freqs.weight"));
}

TEST(GgufCheckpoint, WhatMetadataCannotSayIsRefusedBeforeAnythingIsWritten) {
  const fs::path file = scratch_folder("unsayable") / "model.gguf";
  const auto refusal = [&](const std::string& model) {
    Checkpoint checkpoint = golden_checkpoint(model);
    try {
      save(file, checkpoint);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("written");
  };
  EXPECT_THAT(refusal("models/tied_mscale"), HasSubstr("rope_scaling"));   // mscale ≠ mscale_all_dim
  EXPECT_THAT(refusal("models/half_split"), HasSubstr("rope_interleave"));
  EXPECT_THAT(refusal("families/deepseek_v32"), HasSubstr("deepseek_v32"));
  EXPECT_TRUE(fs::is_empty(file.parent_path()));
}

TEST(GgufCheckpoint, QuantisedExpertsAndRotaryRowsKeepTheirBlocks) {
  // Rows of 256 elements, so that every type fills its blocks.
  Config config = read_config(golden_folder() / "families/llama3_scaled");
  config.hidden_size = 256;
  config.intermediate_size = 256;
  config.num_attention_heads = 8, config.num_key_value_heads = 4, config.head_dim = 32;
  config.num_hidden_layers = 1;
  config.vocab_size = 100;
  Checkpoint checkpoint;
  checkpoint.config = config;
  checkpoint.tokenizer_json = small_tokenizer(95);
  checkpoint.tensors = random_weights(config, 5);
  for (const char* type : {"q8_0", "q6_k", "q4_k", "q4_1", "q4_0", "f16", "f32"}) {
    const fs::path folder = scratch_folder(std::string("quantised_") + type);
    const GgufExport made = save(folder / "model.gguf", checkpoint, type);
    const Checkpoint back = load_checkpoint(folder / "model.gguf");
    EXPECT_EQ(back.config.token_count, 96);
    const float worst = type == std::string("q8_0") ? 0.01f : type == std::string("q6_k") ? 0.04f : type[0] == 'q' ? 0.15f : 0.0005f;
    EXPECT_LT(made.loss.relative(), worst) << type;
    for (const auto& [name, tensor] : back.tensors) {  // rows permuted or shifted would be no relation at all
      const std::vector<float> a = to_floats(tensor), b = to_floats(checkpoint.tensors.at(name));
      double error = 0, power = 0;
      for (std::size_t i = 0; i < a.size(); ++i) error += std::pow(a[i] - b[i], 2), power += std::pow(b[i], 2);
      EXPECT_LE(std::sqrt(error / power), worst) << type << " " << name;
    }
    save(folder / "again.gguf", back, type);  // quantised bytes are handed on as they are
    const Gguf first = read_gguf(folder / "model.gguf"), again = read_gguf(folder / "again.gguf");
    for (const auto& [name, tensor] : first.tensors)
      EXPECT_EQ(sha256_hex({tensor.data, tensor.bytes()}), sha256_hex({again.tensors.at(name).data, again.tensors.at(name).bytes()})) << type << " " << name;
  }
}

// Rows that are stored in pairs come in order by every way of reading, also from the middle of a row.
TEST(GgufCheckpoint, RotaryRowsAreReadInOrder) {
  const Checkpoint checkpoint = golden_checkpoint("families/smollm2");
  const fs::path file = scratch_folder("paired") / "model.gguf";
  save(file, checkpoint);
  const Gguf gguf = read_gguf(file);
  const TensorMap tensors = gguf_tensors(gguf, gguf_card(gguf).config);
  const std::string name = "model.layers.1.self_attn.k_proj.weight";
  const Tensor &stored = tensors.at(name), &original = checkpoint.tensors.at(name);
  EXPECT_EQ(stored.paired_rows, checkpoint.config.head_dim);
  EXPECT_EQ(stored.data, gguf.tensors.at("blk.1.attn_k.weight").data);  // no copy
  const std::vector<float> all = to_floats(original);
  std::vector<float> part(301);
  std::vector<bf16> rounded(301);
  read_floats(stored, 47, 301, part.data());
  read_bf16s(stored, 47, 301, rounded.data());
  for (std::size_t i = 0; i < part.size(); ++i) {
    ASSERT_EQ(part[i], all[47 + i]) << i;
    ASSERT_EQ(rounded[i].bits, to_bf16(all[47 + i]).bits) << i;
  }
  TensorMap plain = checkpoint.tensors;
  for (const auto& [key, tensor] : tensors)
    if (tensor.dtype == DType::kF32) plain[key] = tensor_of(tensor.shape, to_floats(tensor));  // norms
  EXPECT_EQ(safetensors_bytes(tensors), safetensors_bytes(plain));
}

// FP8 matrices have factors beside them: what is written is the product.
TEST(GgufCheckpoint, Fp8IsWrittenWithItsFactors) {
  Checkpoint checkpoint = golden_checkpoint("families/smollm2");
  const TensorMap original = checkpoint.tensors;
  for (const char* name : {"model.layers.0.self_attn.q_proj.weight", "model.layers.2.mlp.down_proj.weight"}) {
    Tensor& tensor = checkpoint.tensors.at(name);
    std::vector<std::byte> codes(static_cast<std::size_t>(tensor.elements()));
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::byte>(i * 37 % 120 + (i % 3 ? 128 : 0));
    const std::int64_t blocks = (tensor.shape[0] + 127) / 128 * ((tensor.shape[1] + 127) / 128);
    const auto factors = std::make_shared<std::vector<float>>(static_cast<std::size_t>(blocks), 0.125f);
    tensor = make_tensor(DType::kF8_E4M3, tensor.shape, std::move(codes));
    tensor.scales = std::shared_ptr<const float>(factors, factors->data());
  }
  const fs::path file = scratch_folder("fp8") / "model.gguf";
  EXPECT_EQ(save(file, checkpoint).loss.changed, 0);  // three bits of fraction times a power of two
  const Gguf gguf = read_gguf(file);
  expect_same_values(checkpoint.tensors, gguf_tensors(gguf, checkpoint.config));
  EXPECT_NE(to_floats(checkpoint.tensors.at("model.layers.2.mlp.down_proj.weight")), to_floats(original.at("model.layers.2.mlp.down_proj.weight")));
}

TEST(GgufCheckpoint, PartsAreOneModel) {
  const Written whole(golden_checkpoint("families/qwen2"), "parts");
  const fs::path folder = whole.file.parent_path();
  const auto part = [&](int number, int count) { return folder / fmt::format("model-{:05}-of-{:05}.gguf", number, count); };
  // Every third tensor in each of three parts; the metadata in the first.
  for (int p = 0; p < 3; ++p) {
    std::map<std::string, GgufValue> metadata;
    if (p == 0) metadata = whole.gguf.metadata;
    metadata["split.no"] = std::int64_t{p}, metadata["split.count"] = std::int64_t{3};
    std::vector<GgufTensorInfo> tensors;
    std::vector<const Tensor*> data;
    for (int i = 0; const auto& [name, tensor] : whole.gguf.tensors)
      if (i++ % 3 == p) tensors.push_back({name, tensor.shape, tensor.dtype}), data.push_back(&tensor);
    write_gguf(part(p + 1, 3), metadata, tensors, [&](std::size_t i, const ByteSink& sink) { sink({reinterpret_cast<const char*>(data[i]->data), data[i]->bytes()}); });
  }
  const Gguf joined = read_gguf(part(1, 3));
  expect_same_values(gguf_tensors(joined, gguf_card(joined).config), gguf_tensors(whole.gguf, gguf_card(whole.gguf).config));
  EXPECT_THROW(read_gguf(part(2, 3)), Error);
  fs::rename(part(3, 3), folder / "kept");
  EXPECT_THROW(read_gguf(part(1, 3)), Error);
  fs::copy(part(2, 3), part(3, 3));
  EXPECT_THROW(read_gguf(part(1, 3)), Error);
}

TEST(GgufCheckpoint, ValuesBeyondTheTypeAreRefused) {
  Checkpoint checkpoint = golden_checkpoint("families/smollm2");
  std::vector<float> values = to_floats(checkpoint.tensors.at("model.layers.1.mlp.up_proj.weight"));
  const std::vector<std::int64_t> shape = checkpoint.tensors.at("model.layers.1.mlp.up_proj.weight").shape;
  const fs::path file = scratch_folder("beyond") / "model.gguf";
  for (const float value : {1e6f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    values[7] = value;
    checkpoint.tensors["model.layers.1.mlp.up_proj.weight"] = tensor_of(shape, values);
    EXPECT_THROW(save(file, checkpoint, "f16"), Error);
    EXPECT_TRUE(fs::is_empty(file.parent_path()));
  }
}

}  // namespace
}  // namespace laconic::model
