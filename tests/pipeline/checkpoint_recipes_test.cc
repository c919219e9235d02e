// The recipes that start from a published checkpoint, planned on its real architecture: config.json
// as published (facts of the model), a small tokenizer, and no weights at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "pipeline/prepare.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

using ::testing::HasSubstr;

nlohmann::json qwen3(const char* model_type, const char* architecture) {
  return {{"model_type", model_type}, {"architectures", {architecture}}, {"attention_bias", false}, {"hidden_act", "silu"}, {"head_dim", 128},
          {"bos_token_id", 3}, {"eos_token_id", 4}, {"max_position_embeddings", 40960}, {"rms_norm_eps", 1e-6}, {"rope_theta", 1000000},
          {"rope_scaling", nullptr}, {"sliding_window", nullptr}, {"use_sliding_window", false}, {"torch_dtype", "bfloat16"}, {"vocab_size", 151936}};
}

nlohmann::json qwen3_06b() {
  nlohmann::json json = qwen3("qwen3", "Qwen3ForCausalLM");
  json.update({{"hidden_size", 1024}, {"intermediate_size", 3072}, {"num_hidden_layers", 28}, {"num_attention_heads", 16}, {"num_key_value_heads", 8},
               {"tie_word_embeddings", true}});
  return json;
}

nlohmann::json qwen3_30b_a3b() {
  nlohmann::json json = qwen3("qwen3_moe", "Qwen3MoeForCausalLM");
  json.update({{"hidden_size", 2048}, {"intermediate_size", 6144}, {"moe_intermediate_size", 768}, {"num_hidden_layers", 48}, {"num_attention_heads", 32},
               {"num_key_value_heads", 4}, {"num_experts", 128}, {"num_experts_per_tok", 8}, {"norm_topk_prob", true}, {"router_aux_loss_coef", 0.001},
               {"output_router_logits", false}, {"decoder_sparse_step", 1}, {"mlp_only_layers", nlohmann::json::array()}, {"tie_word_embeddings", false}});
  return json;
}

class CheckpointRecipes : public ::testing::Test {
 protected:
  TrainRequest request(const std::string& recipe, const nlohmann::json& config) {
    const fs::path root = source_root();
    const fs::path model = scratch_.path() / "model";
    fs::create_directories(model);
    write_file_durably(model / "config.json", config.dump());
    nlohmann::json tokenizer = nlohmann::json::parse(read_file(root / "tests/golden/tokenizers/qwen/tokenizer.json"));
    nlohmann::json end = tokenizer["added_tokens"].back();  // the small vocabulary has <think>, not its end
    end.update({{"id", end["id"].get<int>() + 1}, {"content", "</think>"}});
    tokenizer["added_tokens"].push_back(end);
    write_file_durably(model / "tokenizer.json", tokenizer.dump());
    std::string rows;
    for (int i = 0; i < 250; ++i)
      rows += nlohmann::json{{"question", "Ann has " + std::to_string(i) + " nuts and finds 2. How many has she?"}, {"answer", "She has them all.\n#### " + std::to_string(i + 2)}}.dump() + "\n";
    write_file_durably(scratch_.path() / "rows.jsonl", rows);
    TrainRequest request;
    request.recipe = root / "recipes" / recipe;
    request.dry_run = true;
    request.runs = scratch_.path() / "runs";
    request.overrides = {"model.path=" + model.string(), "rl.data.source=" + (scratch_.path() / "rows.jsonl").string(),
                         "rl.data.eval_source=" + (scratch_.path() / "rows.jsonl").string()};
    return request;
  }
  static double part(const Plan& plan, const std::string& prefix) {
    for (const PlanPart& p : plan.memory)
      if (p.name.rfind(prefix, 0) == 0) return p.mb;
    ADD_FAILURE() << "the plan has no part " << prefix;
    return 0;
  }

  Scratch scratch_;
};

TEST_F(CheckpointRecipes, Qwen3SmallIsPlannedWithAllWeightsTrained) {
  const Prepared prepared = prepare(request("qwen3-0.6b-gsm8k.toml", qwen3_06b()));
  EXPECT_EQ(prepared.plan.parameters.total, 596'049'920);  // the published count
  EXPECT_THAT(prepared.plan_text, HasSubstr("596.050 M"));
  EXPECT_THAT(prepared.plan_text, HasSubstr("2048 positions"));
  EXPECT_GE(part(prepared.plan, "learner: fp32 masters"), 16 * 596.0);
}

TEST_F(CheckpointRecipes, Qwen3MoeIsPlannedWithAdaptersAndTooLargeForThisMachine) {
  const Prepared prepared = prepare(request("qwen3-30b-a3b-gsm8k.toml", qwen3_30b_a3b()));
  EXPECT_EQ(prepared.plan.parameters.total, 30'532'122'624);  // the published count: 61,064,245,248 bytes of bf16
  EXPECT_NEAR(static_cast<double>(prepared.plan.parameters.active) / 1e9, 3.0, 0.4);
  EXPECT_GT(prepared.plan.memory_mb, 150e3);
  if (available_memory_mb() < prepared.plan.memory_mb) {
    EXPECT_THAT(prepared.too_large, HasSubstr("MB of memory"));
    TrainRequest real = request("qwen3-30b-a3b-gsm8k.toml", qwen3_30b_a3b());
    real.dry_run = false;
    EXPECT_THROW(prepare(real), Error);  // refused before anything is started
    EXPECT_FALSE(fs::exists(scratch_.path() / "runs"));
  }
}

TEST_F(CheckpointRecipes, ACheckpointThatIsNotThereIsNamed) {
  TrainRequest missing = request("qwen3-0.6b-gsm8k.toml", qwen3_06b());
  missing.overrides[0] = "model.path=nowhere/Qwen3-0.6B";
  try {
    prepare(missing);
    FAIL() << "prepared without a model";
  } catch (const Error& error) {
    EXPECT_THAT(render(error), HasSubstr("nowhere/Qwen3-0.6B"));
    EXPECT_THAT(error.next(), HasSubstr("model.path="));
  }
}

TEST_F(CheckpointRecipes, PositionsAboveTheCheckpointsAreRefused) {
  TrainRequest wide = request("qwen3-0.6b-gsm8k.toml", qwen3_06b());
  wide.overrides.push_back("model.positions=50000");
  try {
    prepare(wide);
    FAIL() << "planned 50000 positions for a model of 40960";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("40960"));
  }
}

}  // namespace
}  // namespace laconic::pipeline
