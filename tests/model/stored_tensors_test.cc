// The spellings of published checkpoints: fused experts, FP8 with factors, tied heads, old buffers.
#include "model/weights/stored_tensors.h"

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/philox.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using testing::HasSubstr;

std::vector<std::byte> bytes_of(const Tensor& tensor) { return {tensor.data, tensor.data + tensor.bytes()}; }

// The matrices of a list, one below the other, as one tensor of the given shape.
Tensor joined(const TensorMap& tensors, const std::vector<std::string>& names, std::vector<std::int64_t> shape) {
  std::vector<std::byte> bytes;
  for (const std::string& name : names) {
    const std::vector<std::byte> part = bytes_of(tensors.at(name));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return make_tensor(tensors.at(names[0]).dtype, std::move(shape), std::move(bytes));
}

TensorMap with_fused_experts(const Config& c, TensorMap tensors) {
  for (std::int64_t l = c.first_k_dense_replace; l < c.layers(); ++l) {
    const std::string at = "model.layers." + std::to_string(l) + ".mlp.experts.";
    std::vector<std::string> gate_up, down;
    for (std::int64_t e = 0; e < c.n_routed_experts; ++e) {
      const std::string expert = at + std::to_string(e);
      gate_up.push_back(expert + ".gate_proj.weight");
      gate_up.push_back(expert + ".up_proj.weight");
      down.push_back(expert + ".down_proj.weight");
    }
    const Tensor fused = joined(tensors, gate_up, {c.n_routed_experts, 2 * c.moe_intermediate_size, c.hidden_size});
    const Tensor fused_down = joined(tensors, down, {c.n_routed_experts, c.hidden_size, c.moe_intermediate_size});
    for (const std::string& name : gate_up) tensors.erase(name);
    for (const std::string& name : down) tensors.erase(name);
    tensors[at + "gate_up_proj"] = fused;
    tensors[at + "down_proj"] = fused_down;
  }
  return tensors;
}

std::string message(const Config& config, const TensorMap& tensors) {
  try {
    check_tensors(config, canonical_tensors(config, tensors, false, "weights"), "weights");
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(StoredTensors, FusedExpertsAreTheSameExperts) {
  for (const char* name : {"families/qwen3_moe", "families/olmoe", "families/deepseek_v2", "models/groups_yarn"}) {
    const Config config = read_config(golden_folder() / name);
    const TensorMap single = read_safetensors_folder(golden_folder() / name), fused = with_fused_experts(config, single);
    ASSERT_LT(fused.size(), single.size());
    const TensorMap back = canonical_tensors(config, fused, false, "weights");
    ASSERT_EQ(back.size(), single.size());
    for (const auto& [key, tensor] : single) {
      ASSERT_TRUE(back.contains(key)) << key;
      EXPECT_EQ(back.at(key).shape, tensor.shape) << key;
      EXPECT_EQ(bytes_of(back.at(key)), bytes_of(tensor)) << key;
    }
  }
}

TEST(StoredTensors, AFolderOfFusedExpertsIsLoadedAndWrittenOneByOne) {
  const Config config = small_config();
  const TensorMap single = random_weights(config, 3);
  const fs::path folder = scratch_folder("fused"), back = scratch_folder("single");
  const std::vector<std::string> lines = {"the answer is 42"};
  save_checkpoint(folder, {config, train_tokenizer(lines, 7 + 256 + 5), ""}, single);
  write_file_durably(folder / "model.safetensors", safetensors_bytes(with_fused_experts(config, single)));
  const Checkpoint loaded = load_checkpoint(folder);
  save_checkpoint(back, loaded, loaded.tensors);
  EXPECT_EQ(read_file(back / "model.safetensors"), safetensors_bytes(single));
}

TEST(StoredTensors, FusedExpertsOfAnotherLayoutAreRefused) {
  const Config config = read_config(golden_folder() / "families/qwen3_moe");
  TensorMap tensors = with_fused_experts(config, read_safetensors_folder(golden_folder() / "families/qwen3_moe"));
  Tensor& fused = tensors.at("model.layers.1.mlp.experts.down_proj");
  std::swap(fused.shape[1], fused.shape[2]);
  EXPECT_THAT(message(config, tensors), HasSubstr("`model.layers.1.mlp.experts.down_proj` is [8, 24, 48] and should be [8, 48, 24]"));
}

TEST(StoredTensors, TiedHeadsAndOldBuffersAreLeftOut) {
  const Config config = read_config(golden_folder() / "families/smollm2");
  TensorMap tensors = read_safetensors_folder(golden_folder() / "families/smollm2");
  ASSERT_TRUE(config.tie_word_embeddings);
  tensors["lm_head.weight"] = tensors.at("model.embed_tokens.weight");
  tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = tensor_of({4}, std::vector<float>(4));
  EXPECT_EQ(message(config, tensors), "accepted");
  tensors["model.layers.0.self_attn.rotary_emb.other"] = tensor_of({4}, std::vector<float>(4));
  EXPECT_THAT(message(config, tensors), HasSubstr("surplus tensors (1): model.layers.0.self_attn.rotary_emb.other"));
}

TEST(Fp8, EveryBitPatternOfE4M3) {
  for (int bits = 0; bits < 256; ++bits) {
    const int exponent = (bits >> 3) & 15, fraction = bits & 7;
    const double magnitude = exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
    const float value = f8_e4m3_to_float(static_cast<std::uint8_t>(bits));
    EXPECT_EQ(std::signbit(value), bits >= 128);
    if (exponent == 15 && fraction == 7) EXPECT_TRUE(std::isnan(value));
    else EXPECT_EQ(std::abs(static_cast<double>(value)), magnitude) << bits;
  }
  EXPECT_EQ(f8_e4m3_to_float(0x7e), 448.0f);  // the largest
}

// Two matrices of a mixture in FP8 at sizes that are no multiples of the block, beside bf16 for the rest.
struct Fp8Model {
  Config config;
  TensorMap tensors;
};

Tensor random_fp8(std::vector<std::int64_t> shape, std::uint64_t seed) {
  PhiloxStream stream(seed, 3);
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) elements *= extent;
  std::vector<std::byte> bytes(static_cast<std::size_t>(elements));
  for (std::byte& byte : bytes) {
    const std::uint32_t bits = stream.below(256);
    byte = static_cast<std::byte>((bits & 0x7f) == 0x7f ? 0 : bits);
  }
  return make_tensor(DType::kF8_E4M3, std::move(shape), std::move(bytes));
}

Tensor random_scales(std::vector<std::int64_t> shape, std::uint64_t seed) {
  PhiloxStream stream(seed, 4);
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) elements *= extent;
  std::vector<float> values;
  for (std::int64_t i = 0; i < elements; ++i) values.push_back(static_cast<float>(1e-3 * (1 + std::abs(stream.normal()))));
  return tensor_of(std::move(shape), values);
}

Fp8Model fp8_model() {
  Fp8Model m{small_config(), {}};
  m.config.hidden_size = 150;
  m.config.intermediate_size = 300;
  m.tensors = random_weights(m.config, 3);
  for (const char* name : {"model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.experts.3.down_proj.weight", "model.layers.2.self_attn.kv_b_proj.weight"}) {
    const std::vector<std::int64_t> shape = m.tensors.at(name).shape;
    m.tensors[name] = random_fp8(shape, 5);
    m.tensors[std::string(name) + "_scale_inv"] = random_scales({(shape[0] + 127) / 128, (shape[1] + 127) / 128}, 6);
  }
  return m;
}

TEST(Fp8, EachBlockTakesItsFactor) {
  const Fp8Model m = fp8_model();
  const TensorMap back = canonical_tensors(m.config, m.tensors, false, "weights");
  check_tensors(m.config, back, "weights");
  const std::string name = "model.layers.0.mlp.up_proj.weight";
  const std::vector<float> scales = to_floats(m.tensors.at(name + "_scale_inv")), all = to_floats(back.at(name));
  const std::vector<bf16> rounded = to_bf16s(back.at(name));
  ASSERT_EQ(scales.size(), 6u);  // 300 × 150
  for (std::size_t row = 0; row < 300; ++row)
    for (std::size_t column = 0; column < 150; ++column) {
      const float w = f8_e4m3_to_float(static_cast<std::uint8_t>(m.tensors.at(name).data[row * 150 + column]));
      const float expected = w * scales[row / 128 * 2 + column / 128];
      ASSERT_EQ(all[row * 150 + column], expected) << row << ", " << column;
      ASSERT_EQ(rounded[row * 150 + column].bits, to_bf16(expected).bits);
    }
  // Any part of it is the same elements.
  for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 1}, {127, 2}, {149, 3}, {12345, 7000}, {44999, 1}}) {
    std::vector<float> part(static_cast<std::size_t>(count));
    read_floats(back.at(name), first, count, part.data());
    for (std::int64_t i = 0; i < count; ++i) ASSERT_EQ(part[static_cast<std::size_t>(i)], all[static_cast<std::size_t>(first + i)]);
  }
}

// A model of FP8 weights computes what the model of their bf16 values computes.
TEST(Fp8, PacksAsItsValuesDo) {
  const Fp8Model m = fp8_model();
  const TensorMap lazy = canonical_tensors(m.config, m.tensors, false, "weights");
  TensorMap eager = lazy;
  for (auto& [name, tensor] : eager)
    if (tensor.dtype == DType::kF8_E4M3) tensor = tensor_of(tensor.shape, to_bf16s(tensor));
  const std::vector<std::int32_t> tokens = random_tokens(m.config, 8, 20);
  std::vector<float> logprobs[2];
  for (int i = 0; i < 2; ++i) {
    const ModelPtr model = pack_model(m.config, i == 0 ? lazy : eager);
    TestCache cache(m.config, 1);
    const std::int32_t page = 0;
    const Slice slice{tokens.data(), 20, 0, &page};
    std::vector<kernels::HeadRow> heads;
    for (std::int64_t t = 0; t < 20; ++t) heads.push_back({.row = t, .target = tokens[static_cast<std::size_t>((t + 1) % 20)]});
    std::vector<kernels::HeadResult> results(heads.size());
    ForwardArgs args;
    args.slices = {&slice, 1};
    args.kv = cache.view();
    args.head_rows = heads;
    args.head_results = results.data();
    Workspace workspace;
    ThreadTeam team(1);
    forward(team, *model, workspace, args);
    for (const kernels::HeadResult& result : results) logprobs[i].push_back(result.logprob);
  }
  EXPECT_EQ(logprobs[0], logprobs[1]);
}

TEST(Fp8, FusedExpertsKeepTheirFactors) {
  Config config = small_config();
  config.hidden_size = 136;
  config.moe_intermediate_size = 128;
  config.num_hidden_layers = 2;
  TensorMap tensors = random_weights(config, 3);
  std::erase_if(tensors, [](const auto& item) { return item.first.find(".mlp.experts.") != std::string::npos; });
  const std::string at = "model.layers.1.mlp.experts.";
  tensors[at + "gate_up_proj"] = random_fp8({12, 256, 136}, 7);
  tensors[at + "gate_up_proj_scale_inv"] = random_scales({12, 2, 2}, 8);
  tensors[at + "down_proj"] = random_fp8({12, 136, 128}, 9);
  tensors[at + "down_proj_scale_inv"] = random_scales({12, 2, 1}, 10);
  const TensorMap back = canonical_tensors(config, tensors, false, "weights");
  check_tensors(config, back, "weights");
  const std::vector<float> factors = to_floats(tensors.at(at + "gate_up_proj_scale_inv"));
  const std::vector<float> up = to_floats(back.at(at + "5.up_proj.weight"));
  for (std::size_t row = 0; row < 128; ++row)
    for (std::size_t column = 0; column < 136; ++column) {
      const float w = f8_e4m3_to_float(static_cast<std::uint8_t>(tensors.at(at + "gate_up_proj").data[(5 * 256 + 128 + row) * 136 + column]));
      ASSERT_EQ(up[row * 136 + column], w * factors[5 * 4 + 2 + column / 128]);
    }
  config.moe_intermediate_size = 100;
  tensors[at + "gate_up_proj"] = random_fp8({12, 200, 136}, 7);
  tensors[at + "down_proj"] = random_fp8({12, 136, 100}, 9);
  EXPECT_THAT(message(config, tensors), HasSubstr("would span gate and up"));
}

TEST(Fp8, WhatIsMissingIsNamed) {
  const std::string name = "model.layers.0.mlp.up_proj.weight";
  Fp8Model m = fp8_model();
  m.tensors.erase(name + "_scale_inv");
  EXPECT_THAT(message(m.config, m.tensors), HasSubstr("`model.layers.0.mlp.up_proj.weight_scale_inv` is needed"));
  m = fp8_model();
  m.tensors[name + "_scale_inv"] = random_scales({2, 3}, 1);
  EXPECT_THAT(message(m.config, m.tensors), HasSubstr("up_proj.weight_scale_inv` is [2, 3] and should be [3, 2]"));
  m = fp8_model();
  m.tensors["model.layers.0.mlp.gate_proj.weight_scale_inv"] = random_scales({3, 2}, 1);  // of a tensor that is bf16
  EXPECT_THAT(message(m.config, m.tensors), HasSubstr("surplus tensors (1): model.layers.0.mlp.gate_proj.weight_scale_inv"));
  m = fp8_model();
  std::vector<std::byte> bytes(300 * 150);
  bytes[77] = std::byte{0xff};
  m.tensors[name] = make_tensor(DType::kF8_E4M3, {300, 150}, bytes);
  try {
    pack_model(m.config, canonical_tensors(m.config, m.tensors, false, "weights"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("up_proj.weight` holds a value that is infinite or not a number"));
  }
}

}  // namespace
}  // namespace laconic::model
