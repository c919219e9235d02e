// Sparse attention (DeepSeek-V3.2): what the indexer selects, and that without a choice to make it is
// V3's dense attention bit for bit. Exactness and log-probs are tested with the other families.
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using Json = nlohmann::json;

// small_config() as V3.2: awkward widths for the indexer too.
Config sparse_config(int topk) {
  Config c = small_config();
  c.model_type = "deepseek_v32";
  c.index_n_heads = 3;
  c.index_head_dim = 23;
  c.index_topk = topk;
  return c;
}

struct Pass {
  std::vector<std::uint32_t> hidden, logprobs, selected;
};

// `tokens` in chunks of `chunk`, with what every query attended to.
Pass run(const Model& model, const std::vector<std::int32_t>& tokens, int chunk) {
  const Config& c = config_of(model);
  const auto length = static_cast<std::int32_t>(tokens.size());
  const std::int64_t words = selection_words(length);
  TestCache cache(c, words);
  std::vector<std::int32_t> pages;
  for (std::int64_t p = words; p-- > 0;) pages.push_back(static_cast<std::int32_t>(p));
  const std::int64_t blocks = 2 * c.layers() + 1;
  Pass pass{std::vector<std::uint32_t>(static_cast<std::size_t>(blocks * length * c.hidden_size)), std::vector<std::uint32_t>(tokens.size()),
            std::vector<std::uint32_t>(static_cast<std::size_t>(c.layers() * length * words))};
  Workspace workspace;
  ThreadTeam team(2);
  for (std::int32_t at = 0; at < length; at += chunk) {
    const std::int32_t n = std::min(chunk, length - at);
    const Slice slice{tokens.data() + at, n, at, pages.data()};
    std::vector<kernels::HeadRow> heads;
    for (std::int32_t i = 0; i < n; ++i) heads.push_back({i, tokens[static_cast<std::size_t>((at + i + 1) % length)]});
    std::vector<kernels::HeadResult> results(heads.size());
    std::vector<float> inputs(static_cast<std::size_t>(blocks * n * c.hidden_size));
    std::vector<std::uint32_t> selected(static_cast<std::size_t>(c.layers() * n * words));
    ForwardArgs args;
    args.slices = {&slice, 1};
    args.kv = cache.view();
    args.head_rows = heads;
    args.head_results = results.data();
    args.block_inputs = inputs.data();
    args.selected = selected.data();
    args.selected_words = words;
    forward(team, model, workspace, args);
    for (std::int32_t i = 0; i < n; ++i) pass.logprobs[static_cast<std::size_t>(at + i)] = std::bit_cast<std::uint32_t>(results[static_cast<std::size_t>(i)].logprob);
    for (std::int64_t b = 0; b < blocks; ++b)
      std::memcpy(&pass.hidden[static_cast<std::size_t>((b * length + at) * c.hidden_size)], &inputs[static_cast<std::size_t>(b * n * c.hidden_size)],
                  static_cast<std::size_t>(n * c.hidden_size) * sizeof(float));
    for (std::int64_t l = 0; l < c.layers(); ++l)
      std::copy_n(selected.begin() + l * n * words, n * words, pass.selected.begin() + (l * length + at) * words);
  }
  return pass;
}

std::vector<int> positions(const Pass& pass, std::int64_t row, std::int64_t words) {
  std::vector<int> list;
  for (std::int64_t p = 0; p < words * kernels::kPageTokens; ++p)
    if (pass.selected[static_cast<std::size_t>(row * words + p / kernels::kPageTokens)] >> p % kernels::kPageTokens & 1) list.push_back(static_cast<int>(p));
  return list;
}

TEST(Sparse, WithNothingToLeaveOutItIsDenseAttentionBitForBit) {
  const std::vector<std::int32_t> tokens = random_tokens(small_config(), 21, 100);
  const Config sparse = sparse_config(100);
  const TensorMap weights = random_weights(sparse, 11);
  TensorMap without;
  for (const auto& [name, tensor] : weights)
    if (name.find(".indexer.") == std::string::npos) without.emplace(name, tensor);
  const Pass dense = run(*pack_model(small_config(), without), tokens, 100);
  for (const int chunk : {100, 1, 37}) {
    const Pass pass = run(*pack_model(sparse, weights), tokens, chunk);
    EXPECT_EQ(pass.logprobs, dense.logprobs);
    EXPECT_EQ(pass.hidden, dense.hidden);
    for (int t = 0; t < 100; ++t) EXPECT_EQ(positions(pass, t, 4).size(), static_cast<std::size_t>(t + 1));
  }
  // One position less, and the last token alone differs.
  const Pass fewer = run(*pack_model(sparse_config(99), weights), tokens, 100);
  EXPECT_TRUE(std::equal(fewer.logprobs.begin(), fewer.logprobs.end() - 1, dense.logprobs.begin()));
  EXPECT_NE(fewer.logprobs.back(), dense.logprobs.back());
}

// Also where index_topk is far above what a sequence can hold, and where it is a single position.
TEST(Sparse, SelectsAsManyAsItMayAndTheSameInEveryChunking) {
  const std::vector<std::int32_t> tokens = random_tokens(small_config(), 22, 90);
  for (const int topk : {1, 16, 33, 8000}) {
    const Config c = sparse_config(topk);
    const ModelPtr model = pack_model(c, random_weights(c, 12));
    const Pass whole = run(*model, tokens, 90);
    for (std::int64_t l = 0; l < c.layers(); ++l)
      for (int t = 0; t < 90; ++t) {
        const std::vector<int> selected = positions(whole, l * 90 + t, 3);
        ASSERT_EQ(selected.size(), static_cast<std::size_t>(std::min(topk, t + 1)));
        ASSERT_LE(selected.back(), t);
      }
    for (const int chunk : {1, 13, 64}) {
      const Pass pass = run(*model, tokens, chunk);
      EXPECT_EQ(pass.selected, whole.selected) << "index_topk " << topk << ", chunks of " << chunk;
      EXPECT_EQ(pass.hidden, whole.hidden) << "index_topk " << topk << ", chunks of " << chunk;
    }
  }
}

TEST(Sparse, SelectsWhatFloat64Does) {
  const fs::path folder = golden_folder() / "families" / "deepseek_v32";
  const Config c = read_config(folder);
  const ModelPtr model = pack_model(c, read_safetensors_folder(folder));
  int left_out = 0;
  const Json expected_file = Json::parse(read_file(folder / "expected.json"));
  for (const Json& sequence : expected_file["sequences"]) {
    const std::vector<std::int32_t> tokens = sequence["tokens"];
    const auto length = static_cast<std::int64_t>(tokens.size());
    const Pass pass = run(*model, tokens, static_cast<int>(length));
    for (std::int64_t t = 0; t < length; ++t)
      for (std::int64_t l = 0; l < c.layers(); ++l) {
        const std::vector<int> expected = sequence["selected"][static_cast<std::size_t>(t)][static_cast<std::size_t>(l)];
        EXPECT_EQ(positions(pass, l * length + t, selection_words(length)), expected) << "token " << t << ", layer " << l;
        left_out += static_cast<int>(t + 1) - static_cast<int>(expected.size());
      }
  }
  EXPECT_GT(left_out, 100);  // there was a choice
}

TEST(Sparse, CountsItsTensorsAndItsCache) {
  const Config dense = small_config(), sparse = sparse_config(16);
  EXPECT_EQ(kv_row_elements(sparse), kv_row_elements(dense) + 23);
  EXPECT_EQ(kv_bytes(sparse, 5), static_cast<std::size_t>(3 * 5 * 32 * (26 + 6 + 23) * 2));
  const std::int64_t indexer = 3 * (3 * 23 * 20 + 23 * 40 + 23 + 23 + 3 * 40);
  EXPECT_EQ(count_parameters(sparse).total, count_parameters(dense).total + indexer);
  EXPECT_EQ(count_parameters(sparse).active, count_parameters(dense).active + indexer);
}

TEST(Sparse, ConfigRoundTripAndRefusals) {
  const Config c = sparse_config(16);
  const std::string text = config_json(c);
  const Config again = parse_config(text, "config.json");
  EXPECT_EQ(again.index_n_heads, 3);
  EXPECT_EQ(again.index_head_dim, 23);
  EXPECT_EQ(again.index_topk, 16);
  EXPECT_EQ(config_json(again), text);

  const struct { const char* key; Json value; } refused[] = {
      {"index_topk", 0},      {"index_topk", 100000},        {"index_topk", nullptr}, {"index_n_heads", nullptr}, {"index_head_dim", 4}, {"q_lora_rank", nullptr},
      {"rope_interleave", false}, {"mlp_layer_types", {"sparse", "sparse", "dense"}}, {"layer_types", {"full_attention", "full_attention", "full_attention"}}};
  for (const auto& [key, value] : refused) {
    Json json = Json::parse(text);
    json[key] = value;
    try {
      parse_config(json.dump(), "config.json");
      ADD_FAILURE() << key << " = " << value.dump() << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(render(error).find(key), std::string::npos) << render(error);
    }
  }
  Json spelled = Json::parse(text);
  spelled["mlp_layer_types"] = {"dense", "sparse", "sparse"};
  spelled["layer_types"] = {"deepseek_sparse_attention", "deepseek_sparse_attention", "deepseek_sparse_attention"};
  EXPECT_EQ(config_json(parse_config(spelled.dump(), "config.json")), text);
  // V3 itself has no indexer.
  spelled = Json::parse(config_json(small_config()));
  spelled["index_topk"] = 16;
  EXPECT_THROW(parse_config(spelled.dump(), "config.json"), Error);
}

TEST(Sparse, TheReportOfSelectionsMustFit) {
  const Config c = sparse_config(4);
  const ModelPtr model = pack_model(c, random_weights(c, 1));
  const std::vector<std::int32_t> tokens = random_tokens(c, 1, 40);
  TestCache cache(c, 2);
  const std::int32_t pages[] = {0, 1};
  const Slice slice{tokens.data(), 40, 0, pages};
  std::uint32_t word = 0;
  ForwardArgs args;
  args.slices = {&slice, 1};
  args.kv = cache.view();
  args.selected = &word;
  args.selected_words = 1;
  EXPECT_THROW(check_batch(*model, args), Error);
}

}  // namespace
}  // namespace laconic::model
