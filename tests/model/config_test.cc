#include "model/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// The published DeepSeek-V3 configuration (older spelling), without the quantisation block.
Json deepseek_v3() {
  return {{"architectures", {"DeepseekV3ForCausalLM"}}, {"attention_bias", false}, {"attention_dropout", 0.0}, {"bos_token_id", 0},
          {"eos_token_id", 1}, {"ep_size", 1}, {"first_k_dense_replace", 3}, {"hidden_act", "silu"}, {"hidden_size", 7168},
          {"initializer_range", 0.02}, {"intermediate_size", 18432}, {"kv_lora_rank", 512}, {"max_position_embeddings", 163840},
          {"model_type", "deepseek_v3"}, {"moe_intermediate_size", 2048}, {"moe_layer_freq", 1}, {"n_group", 8}, {"n_routed_experts", 256},
          {"n_shared_experts", 1}, {"norm_topk_prob", true}, {"num_attention_heads", 128}, {"num_experts_per_tok", 8},
          {"num_hidden_layers", 61}, {"num_key_value_heads", 128}, {"num_nextn_predict_layers", 1}, {"q_lora_rank", 1536},
          {"qk_nope_head_dim", 128}, {"qk_rope_head_dim", 64}, {"rms_norm_eps", 1e-6},
          {"rope_scaling", {{"beta_fast", 32}, {"beta_slow", 1}, {"factor", 40}, {"mscale", 1.0}, {"mscale_all_dim", 1.0},
                            {"original_max_position_embeddings", 4096}, {"type", "yarn"}}},
          {"rope_theta", 10000}, {"routed_scaling_factor", 2.5}, {"scoring_func", "sigmoid"}, {"tie_word_embeddings", false},
          {"topk_group", 4}, {"topk_method", "noaux_tc"}, {"torch_dtype", "bfloat16"}, {"use_cache", true}, {"v_head_dim", 128},
          {"vocab_size", 129280}};
}

std::string message(const Json& config) {
  try {
    parse_config(config.dump(), "some/config.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "some/config.json");
    return error.message();
  }
  return "accepted";
}

std::string changed(const char* key, const Json& value) {
  Json config = deepseek_v3();
  config[key] = value;
  return message(config);
}

TEST(Config, ReadsThePublishedOne) {
  const Config c = parse_config(deepseek_v3().dump(), "");
  EXPECT_EQ(c.layers(), 61);
  EXPECT_EQ(c.moe_layers(), 58);
  EXPECT_FALSE(c.is_moe(2));
  EXPECT_TRUE(c.is_moe(3));
  EXPECT_TRUE(c.yarn.enabled);
  EXPECT_EQ(c.gate().kept_groups, 4);
  EXPECT_NEAR(c.softmax_scale(), 0.135234, 1e-6);  // 192^(−1/2) · (0.1 ln 40 + 1)²
}

// 671 billion in all, 37 billion per token (V3 report §2); the embedding table counts one row of it.
TEST(Config, CountsParameters) {
  const ParameterCount count = count_parameters(parse_config(deepseek_v3().dump(), ""));
  EXPECT_EQ(count.total, 671026404352);
  EXPECT_EQ(count.active, 671026404352 - std::int64_t{58} * 248 * 3 * 7168 * 2048 - std::int64_t{129279} * 7168);
}

TEST(Config, BothSpellingsOfRopeAgree) {
  Json newer = deepseek_v3();
  newer["rope_parameters"] = newer["rope_scaling"];
  newer["rope_parameters"]["rope_type"] = "yarn";
  newer["rope_parameters"]["rope_theta"] = newer["rope_theta"];
  for (const char* key : {"rope_scaling", "rope_theta", "torch_dtype"}) newer.erase(key);
  newer["dtype"] = "bfloat16";
  EXPECT_EQ(config_json(parse_config(newer.dump(), "")), config_json(parse_config(deepseek_v3().dump(), "")));
}

TEST(Config, WrittenFileReadsBackTheSame) {
  for (const std::string& name : golden_models()) {
    const Config config = read_config(golden_folder() / name);
    const std::string text = config_json(config);
    EXPECT_EQ(config_json(parse_config(text, "")), text) << name;
    EXPECT_EQ(parse_config(text, "").softmax_scale(), config.softmax_scale());
  }
  Config odd = small_config();
  odd.eos_token_ids = {1, 4};
  odd.bos_token_id = -1;
  odd.token_count = 300;
  odd.rms_norm_eps = 3e-7;
  const Config back = parse_config(config_json(odd), "");
  EXPECT_EQ(back.eos_token_ids, odd.eos_token_ids);
  EXPECT_EQ(back.bos_token_id, -1);
  EXPECT_EQ(back.sampled_ids(), 300);
  EXPECT_EQ(back.rms_norm_eps, 3e-7);
}

TEST(Config, RefusesOtherMathematicsByName) {
  EXPECT_THAT(changed("model_type", "mamba"), HasSubstr("mamba"));
  EXPECT_THAT(changed("model_type", "llama"), HasSubstr("LlamaForCausalLM"));
  EXPECT_THAT(changed("architectures", {"DeepseekV2ForCausalLM"}), HasSubstr("DeepseekV2"));
  EXPECT_THAT(changed("attention_bias", true), HasSubstr("attention_bias"));
  EXPECT_THAT(changed("hidden_act", "gelu"), HasSubstr("gelu"));
  EXPECT_THAT(changed("quantization_config", {{"quant_method", "fp8"}}), HasSubstr("quantization_config"));
  EXPECT_THAT(changed("scoring_func", "softmax"), HasSubstr("softmax"));
  EXPECT_THAT(changed("topk_method", "greedy"), HasSubstr("greedy"));
  EXPECT_THAT(changed("moe_layer_freq", 2), HasSubstr("moe_layer_freq"));
  EXPECT_THAT(changed("num_key_value_heads", 8), HasSubstr("num_key_value_heads"));
  EXPECT_THAT(changed("sliding_window", 4096), HasSubstr("sliding_window"));
  EXPECT_THAT(changed("rope_scaling", {{"type", "llama3"}, {"factor", 8}}), HasSubstr("llama3"));
  Json config = deepseek_v3();
  config["rope_scaling"]["attention_factor"] = 1.5;
  EXPECT_THAT(message(config), HasSubstr("rope_scaling.attention_factor"));
  config = deepseek_v3();
  config["rope_scaling"]["truncate"] = false;
  EXPECT_THAT(message(config), HasSubstr("truncate"));
  config = deepseek_v3();
  config["rope_scaling"].erase("mscale_all_dim");
  config["rope_scaling"]["mscale"] = 0.707;
  EXPECT_THAT(message(config), HasSubstr("rope_scaling.mscale"));
}

TEST(Config, RefusesWhatCannotBe) {
  EXPECT_THAT(changed("hidden_size", 0), HasSubstr("hidden_size"));
  EXPECT_THAT(changed("hidden_size", "big"), HasSubstr("\"big\""));
  EXPECT_THAT(changed("hidden_size", 7168.5), HasSubstr("7168.5"));
  EXPECT_THAT(changed("vocab_size", std::uint64_t{1} << 63), HasSubstr("vocab_size"));
  EXPECT_THAT(changed("qk_rope_head_dim", 63), HasSubstr("an even number"));
  EXPECT_THAT(changed("kv_lora_rank", 1000), HasSubstr("together with qk_rope_head_dim"));
  EXPECT_THAT(changed("n_routed_experts", 2048), HasSubstr("n_routed_experts"));
  EXPECT_THAT(changed("n_group", 7), HasSubstr("n_group"));
  EXPECT_THAT(changed("n_group", 256), HasSubstr("two experts a group"));
  EXPECT_THAT(changed("topk_group", 9), HasSubstr("topk_group"));
  EXPECT_THAT(changed("num_experts_per_tok", 200), HasSubstr("num_experts_per_tok"));
  EXPECT_THAT(changed("first_k_dense_replace", 62), HasSubstr("first_k_dense_replace"));
  EXPECT_THAT(changed("eos_token_id", 129280), HasSubstr("eos_token_id"));
  for (const char* key : {"hidden_size", "kv_lora_rank", "q_lora_rank", "n_group", "routed_scaling_factor", "model_type"}) {
    Json config = deepseek_v3();
    config.erase(key);
    EXPECT_THAT(message(config), testing::AllOf(HasSubstr(key), HasSubstr("missing")));
  }
  EXPECT_THROW(parse_config("{\"hidden_size\": 1, \"hidden_size\": 2}", ""), Error);
  EXPECT_THROW(parse_config("[]", ""), Error);
  EXPECT_THROW(parse_config("", ""), Error);
}

}  // namespace
}  // namespace laconic::model
