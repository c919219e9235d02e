#include "model/config.h"

#include <cmath>
#include <cstdlib>

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

// DeepSeek-V2-Lite and DeepSeek-V2 as published: what differs from V3.
Json deepseek_v2_lite() {
  Json config = deepseek_v3();
  config.update({{"architectures", {"DeepseekV2ForCausalLM"}}, {"model_type", "deepseek_v2"}, {"hidden_size", 2048}, {"intermediate_size", 10944},
                 {"num_attention_heads", 16}, {"num_key_value_heads", 16}, {"num_hidden_layers", 27}, {"q_lora_rank", nullptr}, {"vocab_size", 102400},
                 {"n_routed_experts", 64}, {"n_shared_experts", 2}, {"num_experts_per_tok", 6}, {"moe_intermediate_size", 1408}, {"first_k_dense_replace", 1},
                 {"n_group", 1}, {"topk_group", 1}, {"topk_method", "greedy"}, {"norm_topk_prob", false}, {"routed_scaling_factor", 1.0},
                 {"scoring_func", "softmax"}, {"aux_loss_alpha", 0.001}, {"seq_aux", true}, {"bos_token_id", 100000}, {"eos_token_id", 100001},
                 {"auto_map", {{"AutoConfig", "configuration_deepseek.DeepseekV2Config"}, {"AutoModelForCausalLM", "modeling_deepseek.DeepseekV2ForCausalLM"}}}});
  config.erase("num_nextn_predict_layers");
  config["rope_scaling"]["mscale"] = config["rope_scaling"]["mscale_all_dim"] = 0.707;
  return config;
}

Json deepseek_v2() {
  Json config = deepseek_v2_lite();
  config.update({{"hidden_size", 5120}, {"num_hidden_layers", 60}, {"num_attention_heads", 128}, {"num_key_value_heads", 128}, {"q_lora_rank", 1536},
                 {"intermediate_size", 12288}, {"n_routed_experts", 160}, {"moe_intermediate_size", 1536}, {"n_group", 8}, {"topk_group", 3},
                 {"topk_method", "group_limited_greedy"}, {"routed_scaling_factor", 16.0}});
  return config;
}

// Qwen3-30B-A3B as published.
Json qwen3_moe() {
  return {{"architectures", {"Qwen3MoeForCausalLM"}}, {"attention_bias", false}, {"attention_dropout", 0.0}, {"bos_token_id", 151643},
          {"decoder_sparse_step", 1}, {"eos_token_id", 151645}, {"head_dim", 128}, {"hidden_act", "silu"}, {"hidden_size", 2048},
          {"initializer_range", 0.02}, {"intermediate_size", 6144}, {"max_position_embeddings", 40960}, {"max_window_layers", 48},
          {"mlp_only_layers", Json::array()}, {"model_type", "qwen3_moe"}, {"moe_intermediate_size", 768}, {"norm_topk_prob", true},
          {"num_attention_heads", 32}, {"num_experts", 128}, {"num_experts_per_tok", 8}, {"num_hidden_layers", 48}, {"num_key_value_heads", 4},
          {"output_router_logits", false}, {"rms_norm_eps", 1e-6}, {"rope_scaling", nullptr}, {"rope_theta", 1000000.0},
          {"router_aux_loss_coef", 0.001}, {"sliding_window", nullptr}, {"tie_word_embeddings", false}, {"torch_dtype", "bfloat16"},
          {"use_cache", true}, {"use_sliding_window", false}, {"vocab_size", 151936}};
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

// written_config.json is this writer's own output; `make_families.py --verify` shows that transformers
// computes the golden log-probs from it. LACONIC_UPDATE_GOLDEN=1 writes it anew.
TEST(Config, WrittenAsTransformersHasChecked) {
  for (const std::string& name : golden_models()) {
    const std::string text = config_json(read_config(golden_folder() / name));
    const fs::path golden = golden_folder() / name / "written_config.json";
    if (std::getenv("LACONIC_UPDATE_GOLDEN")) write_file_durably(golden, text);
    EXPECT_EQ(text, read_file(golden)) << name;
  }
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

TEST(Config, ReadsDeepSeekV2) {
  const Config lite = parse_config(deepseek_v2_lite().dump(), ""), large = parse_config(deepseek_v2().dump(), "");
  EXPECT_EQ(lite.q_lora_rank, 0);
  EXPECT_FALSE(lite.has_selection_bias());
  EXPECT_EQ(lite.gate().score, kernels::GateScore::kSoftmax);
  EXPECT_EQ(lite.gate().groups, 1);
  EXPECT_FALSE(lite.gate().normalise);
  EXPECT_NEAR(lite.softmax_scale(), 0.114721, 1e-6);  // 192^(−1/2) · (0.0707 ln 40 + 1)²
  EXPECT_EQ(lite.router_aux_loss_coef, 0.001);
  EXPECT_EQ(large.gate().groups, 8);
  EXPECT_EQ(large.gate().kept_groups, 3);
  EXPECT_EQ(large.gate().group_best, 1);
  EXPECT_EQ(large.gate().scaling, 16.0f);
  EXPECT_EQ(count_parameters(lite).total, 15706484224);     // 15.7 billion (V2 report, appendix B)
  EXPECT_EQ(count_parameters(large).total, 235741434880);   // 236 billion
  for (const Config& config : {lite, large}) EXPECT_EQ(config_json(parse_config(config_json(config), "")), config_json(config));
  const auto changed_v2 = [](const char* key, const Json& value) {
    Json config = deepseek_v2();
    config[key] = value;
    return message(config);
  };
  EXPECT_THAT(changed_v2("norm_topk_prob", true), HasSubstr("norm_topk_prob"));
  EXPECT_THAT(changed_v2("scoring_func", "sigmoid"), HasSubstr("scoring_func"));
  EXPECT_THAT(changed_v2("topk_method", "noaux_tc"), HasSubstr("`greedy` and `group_limited_greedy`"));
  EXPECT_THAT(changed_v2("moe_layer_freq", 2), HasSubstr("moe_layer_freq"));
}

TEST(Config, ReadsQwen3MoeInEverySpelling) {
  const Config published = parse_config(qwen3_moe().dump(), "");
  EXPECT_EQ(count_parameters(published).total, 30532122624);  // 30.5 billion
  EXPECT_EQ(published.router_aux_loss_coef, 0.001);
  Json newer = qwen3_moe();
  newer["num_local_experts"] = newer["num_experts"];
  newer["dtype"] = newer["torch_dtype"];
  newer["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 1000000.0}};
  for (const char* key : {"num_experts", "torch_dtype", "rope_theta", "rope_scaling"}) newer.erase(key);
  EXPECT_EQ(config_json(parse_config(newer.dump(), "")), config_json(published));
  const auto changed_qwen = [](const char* key, const Json& value) {
    Json config = qwen3_moe();
    config[key] = value;
    return message(config);
  };
  EXPECT_THAT(changed_qwen("mlp_only_layers", {3}), HasSubstr("mlp_only_layers"));
  EXPECT_THAT(changed_qwen("decoder_sparse_step", 2), HasSubstr("decoder_sparse_step"));
  EXPECT_THAT(changed_qwen("use_sliding_window", true), HasSubstr("use_sliding_window"));
  EXPECT_EQ(changed_qwen("sliding_window", 4096), "accepted");  // the window's size, switched off
  EXPECT_THAT(changed_qwen("shared_expert_intermediate_size", 512), HasSubstr("shared_expert_intermediate_size"));
  EXPECT_THAT(changed_qwen("rope_parameters", {{"rope_type", "yarn"}}), HasSubstr("factor"));
  EXPECT_THAT(changed_qwen("rope_parameters", {{"full_attention", {{"rope_theta", 1e6}}}}), HasSubstr("rope_parameters.full_attention"));
  Json both = qwen3_moe();
  both["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 1e6}};
  both["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32768}};
  EXPECT_THAT(message(both), HasSubstr("rope_scaling"));
}

// Keys and values of published models, and how many parameters their publishers count.
TEST(Config, PublishedModelsAreReadAndCounted) {
  const auto model = [](const char* type, const char* architecture, std::vector<std::int64_t> sizes, double theta, double eps, bool tied, const Json& more) {
    Json json = {{"model_type", type}, {"architectures", {architecture}}, {"hidden_act", "silu"}, {"attention_dropout", 0.0}, {"use_cache", true},
                 {"hidden_size", sizes[0]}, {"num_hidden_layers", sizes[1]}, {"num_attention_heads", sizes[2]}, {"num_key_value_heads", sizes[3]},
                 {"intermediate_size", sizes[4]}, {"vocab_size", sizes[5]}, {"max_position_embeddings", sizes[6]}, {"rope_theta", theta}, {"rms_norm_eps", eps},
                 {"tie_word_embeddings", tied}, {"initializer_range", 0.02}, {"torch_dtype", "bfloat16"}};
    json.update(more);
    return json;
  };
  const Json window = {{"use_sliding_window", false}, {"sliding_window", 32768}, {"max_window_layers", 21}, {"use_mrope", false}};
  const Json llama3 = {{"attention_bias", false}, {"mlp_bias", false}, {"head_dim", 64}, {"pretraining_tp", 1}, {"eos_token_id", {128001, 128008, 128009}},
                       {"rope_scaling", {{"factor", 32.0}, {"high_freq_factor", 4.0}, {"low_freq_factor", 1.0}, {"original_max_position_embeddings", 8192}, {"rope_type", "llama3"}}}};
  const std::pair<std::int64_t, Json> published[] = {
      {134515008, model("llama", "LlamaForCausalLM", {576, 30, 9, 3, 1536, 49152, 8192}, 1e5, 1e-5, true,
                        {{"is_llama_config", true}, {"rope_interleaved", false}, {"rope_scaling", nullptr}, {"transformers.js_config", {{"dtype", "q4"}}}})},  // SmolLM2-135M
      {1235814400, model("llama", "LlamaForCausalLM", {2048, 16, 32, 8, 8192, 128256, 131072}, 5e5, 1e-5, true, llama3)},                                   // Llama-3.2-1B
      {494032768, model("qwen2", "Qwen2ForCausalLM", {896, 24, 14, 2, 4864, 151936, 32768}, 1e6, 1e-6, true, window)},                                      // Qwen2.5-0.5B
      {596049920, model("qwen3", "Qwen3ForCausalLM", {1024, 28, 16, 8, 3072, 151936, 40960}, 1e6, 1e-6, true, {{"head_dim", 128}, {"attention_bias", false}})},  // Qwen3-0.6B
      {6919161856, model("olmoe", "OlmoeForCausalLM", {2048, 16, 16, 16, 1024, 50304, 4096}, 1e4, 1e-5, false,
                         {{"num_experts", 64}, {"num_experts_per_tok", 8}, {"norm_topk_prob", false}, {"clip_qkv", nullptr}, {"router_aux_loss_coef", 0.01}})},  // OLMoE-1B-7B
  };
  for (const auto& [parameters, json] : published) {
    const Config config = parse_config(json.dump(), "");
    EXPECT_EQ(count_parameters(config).total, parameters) << json;
    EXPECT_EQ(config_json(parse_config(config_json(config), "")), config_json(config));
  }
}

// What other architectures write into config.json is not passed over in silence.
TEST(Config, KeysOfOtherArchitecturesAreRefusedUnlessTheyAreOff) {
  const Json llama = Json::parse(read_file(golden_folder() / "families/llama3_scaled/config.json"));
  const auto with = [&](const char* key, const Json& value) {
    Json config = llama;
    config[key] = value;
    return message(config);
  };
  const std::pair<const char*, Json> refused[] = {
      {"attention_bias", true}, {"mlp_bias", true}, {"sliding_window", 4096}, {"partial_rotary_factor", 0.5}, {"logits_scaling", 8.0},
      {"embedding_multiplier", 12.0}, {"clip_qkv", 8.0}, {"num_local_experts", 8}, {"num_experts", 8}, {"kv_lora_rank", 512}, {"qk_norm", true},
      {"final_logit_softcapping", 30.0}, {"no_rope_layers", {1, 0}}, {"alibi", true}, {"attention_chunk_size", 8192}, {"index_topk", 2048},
      {"rotary_pct", 0.25}, {"vision_config", Json::object()}, {"quantization_config", {{"quant_method", "gptq"}}}, {"hidden_activation", "gelu"},
      {"layer_types", {"full_attention", "sliding_attention", "full_attention"}}, {"is_causal", false},
      {"auto_map", {{"AutoModelForCausalLM", "modeling_mine.MyLlama"}}}};
  for (const auto& [key, value] : refused) EXPECT_THAT(with(key, value), HasSubstr(key)) << value;
  const std::pair<const char*, Json> harmless[] = {
      {"attention_bias", false}, {"sliding_window", nullptr}, {"partial_rotary_factor", 1.0}, {"logits_scaling", 1}, {"num_experts", 0}, {"pretraining_tp", 1},
      {"use_cache", false}, {"transformers_version", "4.40.0"}, {"_name_or_path", "x"}, {"is_llama_config", true}, {"rope_interleaved", false}, {"pad_token_id", 2},
      {"layer_types", {"full_attention", "full_attention", "full_attention"}}};
  for (const auto& [key, value] : harmless) EXPECT_EQ(with(key, value), "accepted") << key;
}

TEST(Config, UnknownArchitecturesAreNamedWithTheNearest) {
  for (const char* type : {"mixtral", "gemma3", "phi3", "qwen2_moe", "llama4", "deepseek_v4", "gpt_oss"}) {
    Json config = qwen3_moe();
    config["model_type"] = type;
    EXPECT_THAT(message(config), testing::AllOf(HasSubstr(type), HasSubstr("this build implements deepseek_v2")));
  }
  Json config = qwen3_moe();
  config["model_type"] = "qwen3moe";
  try {
    parse_config(config.dump(), "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.next(), HasSubstr("\"qwen3_moe\""));
  }
}

TEST(Config, Fp8WithBlockFactorsIsReadAndNothingElse) {
  const Json published = {{"activation_scheme", "dynamic"}, {"fmt", "e4m3"}, {"quant_method", "fp8"}, {"weight_block_size", {128, 128}}};
  EXPECT_EQ(changed("quantization_config", published), "accepted");
  Json newer = published;
  newer["scale_fmt"] = "ue8m0";  // powers of two, stored in fp32 like any
  EXPECT_EQ(changed("quantization_config", newer), "accepted");
  const auto with = [&](const char* key, const Json& value) {
    Json quantization = published;
    quantization[key] = value;
    return changed("quantization_config", quantization);
  };
  EXPECT_THAT(with("quant_method", "awq"), HasSubstr("quantization_config.quant_method"));
  EXPECT_THAT(with("fmt", "e5m2"), HasSubstr("e5m2"));
  EXPECT_THAT(with("activation_scheme", "static"), HasSubstr("activation_scheme"));
  EXPECT_THAT(with("weight_block_size", {1, 128}), HasSubstr("weight_block_size"));
  EXPECT_THAT(config_json(parse_config(deepseek_v3().dump(), "")), testing::Not(HasSubstr("quantization")));
}

TEST(Config, YarnForGroupedQueriesScalesTheRotation) {
  Json config = qwen3_moe();
  config["rope_scaling"] = {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32768}};
  const Config c = parse_config(config.dump(), "");
  EXPECT_TRUE(c.yarn.enabled);
  EXPECT_FLOAT_EQ(c.softmax_scale(), 1 / std::sqrt(128.0f));  // the factor stands in cosines and sines here
  EXPECT_EQ(config_json(parse_config(config_json(c), "")), config_json(c));
  config["rope_scaling"]["attn_factor"] = 0.878;  // heeded by some programs, unknown to transformers
  EXPECT_THAT(message(config), HasSubstr("rope_scaling.attn_factor"));
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
