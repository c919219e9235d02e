#include "model/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/forward.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using testing::HasSubstr;

std::string tokenizer_json() {
  const std::vector<std::string> lines = {"the answer is 42", "the answer is 7"};
  return train_tokenizer(lines, 7 + 256 + 5);
}

TEST(Checkpoint, WritesTheSameBytesAgain) {
  const Config config = small_config();
  const fs::path first = scratch_folder("first"), second = scratch_folder("second");
  save_checkpoint(first, {config, tokenizer_json(), ""}, random_weights(config, 3));
  const Checkpoint loaded = load_checkpoint(first);
  EXPECT_EQ(loaded.config.token_count, 268);  // the tokenizer's ids; the other rows are padding
  save_checkpoint(second, {parse_config(read_file(first / "config.json"), ""), loaded.tokenizer_json, ""}, loaded.tensors);
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"})
    EXPECT_EQ(read_file(first / file), read_file(second / file)) << file;
}

TEST(Checkpoint, PaddingRowsAreNeverSampled) {
  const Config config = small_config();
  const fs::path folder = scratch_folder("padding");
  save_checkpoint(folder, {config, tokenizer_json(), ""}, random_weights(config, 3));
  const Checkpoint loaded = load_checkpoint(folder);
  const ModelPtr model = pack_model(loaded.config, loaded.tensors);
  TestCache cache(config, 1);
  const std::int32_t token = 5, page = 0;
  const Slice slice{&token, 1, 0, &page};
  std::vector<kernels::HeadRow> heads(400);
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = {.row = 0, .target = -1, .temperature = 5, .key = 9, .sample = static_cast<std::uint32_t>(i)};
  std::vector<kernels::HeadResult> results(heads.size());
  ForwardArgs args;
  args.slices = {&slice, 1};
  args.kv = cache.view();
  args.head_rows = heads;
  args.head_results = results.data();
  Workspace workspace;
  ThreadTeam team(1);
  forward(team, *model, workspace, args);
  std::int32_t largest = 0;
  for (const kernels::HeadResult& result : results) largest = std::max(largest, result.token);
  EXPECT_LT(largest, 268);
  EXPECT_GT(largest, 200);
}

TEST(Checkpoint, LeavesPredictionModulesOut) {
  Config config = small_config();
  const fs::path folder = scratch_folder("mtp");
  config.num_hidden_layers = 4;
  const TensorMap tensors = random_weights(config, 3);
  save_checkpoint(folder, {config, tokenizer_json(), ""}, tensors);
  std::string text = read_file(folder / "config.json");
  const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
  replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3");
  write_file_durably(folder / "config.json", text);
  EXPECT_THROW(load_checkpoint(folder), Error);  // surplus layers without a reason
  replace("\"num_nextn_predict_layers\": 0", "\"num_nextn_predict_layers\": 1");
  write_file_durably(folder / "config.json", text);
  const Checkpoint loaded = load_checkpoint(folder);
  EXPECT_EQ(loaded.config.num_hidden_layers, 3);
  EXPECT_EQ(loaded.tensors.size(), tensor_specs(loaded.config).size());
}

TEST(PackModel, ListsEverythingThatDoesNotFit) {
  const Config config = small_config();
  TensorMap tensors = random_weights(config, 3);
  tensors.erase("model.norm.weight");
  tensors.erase("model.layers.1.mlp.experts.4.up_proj.weight");
  tensors["model.layers.0.mlp.bias"] = tensor_of({1}, std::vector<float>{0});
  tensors["lm_head.weight"] = tensors["model.layers.0.self_attn.o_proj.weight"];
  try {
    pack_model(config, tensors);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("missing tensors (2): model.layers.1.mlp.experts.4.up_proj.weight, model.norm.weight"));
    EXPECT_THAT(error.message(), HasSubstr("surplus tensors (1): model.layers.0.mlp.bias"));
    EXPECT_THAT(error.message(), HasSubstr("lm_head.weight is [40, 30] and should be [330, 40]"));
  }
}

TEST(PackModel, RefusesNotANumber) {
  const Config config = small_config();
  TensorMap tensors = random_weights(config, 3);
  std::vector<float> values(40, 1.0f);
  values[7] = std::numeric_limits<float>::quiet_NaN();
  tensors["model.norm.weight"] = tensor_of({40}, values);
  try {
    pack_model(config, tensors);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("model.norm.weight"));
  }
}

TEST(CheckBatch, NamesWhatDoesNotFit) {
  const Config config = small_config();
  const ModelPtr model = pack_model(config, random_weights(config, 3));
  const std::vector<std::int32_t> tokens = {3, 330}, pages = {0, 9};
  TestCache cache(config, 2);
  const auto message = [&](const Slice& slice, std::vector<kernels::HeadRow> heads = {}) -> std::string {
    ForwardArgs args;
    args.slices = {&slice, 1};
    args.kv = cache.view();
    args.head_rows = heads;
    try {
      check_batch(*model, args);
    } catch (const Error& error) {
      return error.message();
    }
    return "accepted";
  };
  EXPECT_EQ(message({tokens.data(), 1, 0, pages.data()}), "accepted");
  EXPECT_THAT(message({tokens.data(), 2, 0, pages.data()}), HasSubstr("token id 330"));
  EXPECT_THAT(message({tokens.data(), 1, 32, pages.data()}), HasSubstr("page 9"));
  EXPECT_THAT(message({tokens.data(), 1, 512, pages.data()}), HasSubstr("max_position_embeddings"));
  EXPECT_THAT(message({tokens.data(), 1, 0, pages.data()}, {{1, 3}}), HasSubstr("head row 1"));
  EXPECT_THAT(message({tokens.data(), 1, 0, pages.data()}, {{0, 330}}), HasSubstr("token 330"));
  EXPECT_THAT(message({tokens.data(), 1, 0, pages.data()}, {{.row = 0, .target = -1, .temperature = -1}}), HasSubstr("temperature"));
}

}  // namespace
}  // namespace laconic::model
