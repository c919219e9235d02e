// Tokenizers through GGUF metadata: the ids of the tokenizer.json they came from.
#include "model/gguf/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "model/gguf/pretokenizers.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/model/support.h"

namespace laconic::model {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

struct Case {
  const char *folder, *pre;
  bool adds_bos;
};

class GgufTokenizer : public testing::TestWithParam<Case> {};

// Metadata alone, without the whole tokenizer.json that this project's own files carry.
Gguf metadata_of(const std::string& tokenizer_json, std::int64_t vocab_size) {
  std::vector<std::string> losses;
  Gguf gguf;
  gguf.where = "x.gguf";
  gguf.metadata = gguf_tokenizer_metadata(tokenizer_json, vocab_size, losses);
  EXPECT_TRUE(losses.empty());
  gguf.metadata.erase("tokenizer.huggingface.json");
  return gguf;
}

TEST_P(GgufTokenizer, SameIdsFromMetadataAlone) {
  const fs::path tokenizers = golden_folder() / "tokenizers";
  Json file = Json::parse(read_file(tokenizers / GetParam().folder / "tokenizer.json"));
  // Metadata has no room for these flags of added tokens; the published models' tokens do not need them.
  Json& added = file["added_tokens"];
  for (std::size_t i = added.size(); i-- > 0;) {
    const bool spaces = added[i]["content"].get<std::string>().find_first_not_of(' ') == std::string::npos;
    if (spaces) added[i]["normalized"] = false;
    else if (added[i]["normalized"] || added[i]["lstrip"] || added[i]["rstrip"] || added[i]["single_word"]) added.erase(i);
  }
  const Tokenizer original = Tokenizer::parse(file.dump(), "original");
  Gguf gguf = metadata_of(file.dump(), original.vocab_size() + 3);
  EXPECT_EQ(gguf.text("tokenizer.ggml.pre"), GetParam().pre);
  EXPECT_EQ(gguf.flag("tokenizer.ggml.add_bos_token"), GetParam().adds_bos);
  if (GetParam().adds_bos) gguf.metadata["tokenizer.ggml.bos_token_id"] = std::int64_t{original.prefix_ids().at(0)};
  const Tokenizer made = Tokenizer::parse(gguf_tokenizer_json(gguf), "made");
  EXPECT_EQ(made.vocab_size(), original.vocab_size());  // padding is left out
  EXPECT_EQ(made.prefix_ids(), original.prefix_ids());
  const Json cases = Json::parse(read_file(tokenizers / "cases.json"));
  for (const std::string text : cases.at("texts")) {
    EXPECT_EQ(made.encode(text), original.encode(text)) << text;
    EXPECT_EQ(made.encode_plain(text), original.encode_plain(text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, GgufTokenizer,
                         testing::Values(Case{"qwen", "qwen2", false}, Case{"llama3", "llama-bpe", true}, Case{"deepseek_v3", "deepseek-v3", false},
                                         Case{"olmoe", "olmo", false}, Case{"smollm2", "smollm", false}, Case{"trained", "smollm", false}),
                         [](const auto& info) { return std::string(info.param.folder); });

TEST(GgufTokenizer, TheWholeFileIsKeptAndPreferred) {
  const std::string text = read_file(golden_folder() / "tokenizers/qwen/tokenizer.json");
  std::vector<std::string> losses;
  Gguf gguf;
  gguf.metadata = gguf_tokenizer_metadata(text, 1000, losses);
  EXPECT_EQ(gguf_tokenizer_json(gguf), text);
}

TEST(GgufTokenizer, PretokenizersWithoutANameAreTold) {
  const std::string text = read_file(golden_folder() / "tokenizers/prefix_space/tokenizer.json");
  std::vector<std::string> losses;
  EXPECT_FALSE(gguf_tokenizer_metadata(text, 1000, losses).contains("tokenizer.ggml.pre"));
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_THAT(losses[0], HasSubstr("pre-tokenizer"));
}

// Every row of the table is one that this build's splitter accepts.
TEST(GgufTokenizer, EveryNamedPretokenizerCanBeRead) {
  Gguf gguf = metadata_of(read_file(golden_folder() / "tokenizers/smollm2/tokenizer.json"), 1000);
  gguf.metadata["tokenizer.ggml.add_bos_token"] = false;
  for (const NamedPretokenizer& named : named_pretokenizers())
    for (const char* name : named.names) {
      gguf.metadata["tokenizer.ggml.pre"] = std::string(name);
      const Tokenizer tokenizer = Tokenizer::parse(gguf_tokenizer_json(gguf), name);
      const std::string text = "Don't split 1234 naïve cafés, 数学は楽しい。\n\n  x² + y²!\t한국어 ΑΒΓ  ";
      EXPECT_EQ(tokenizer.decode_bytes(tokenizer.encode(text)), text) << name;
    }
}

TEST(GgufTokenizer, RefusesWhatItCannotFollow) {
  const Gguf good = metadata_of(read_file(golden_folder() / "tokenizers/smollm2/tokenizer.json"), 1000);
  const auto with = [&](const std::string& key, GgufValue value) {
    Gguf gguf = good;
    gguf.metadata[key] = std::move(value);
    try {
      Tokenizer::parse(gguf_tokenizer_json(gguf), "x.gguf");
    } catch (const Error& error) {
      return error.message() + error.next();
    }
    return std::string("accepted");
  };
  EXPECT_THAT(with("tokenizer.ggml.model", std::string("llama")), HasSubstr("byte-level BPE"));
  EXPECT_THAT(with("tokenizer.ggml.pre", std::string("smolm")), HasSubstr("smollm"));
  EXPECT_THAT(with("tokenizer.ggml.pre", std::string("tekken")), HasSubstr("this build knows gpt-2"));
  EXPECT_THAT(with("tokenizer.ggml.token_type", std::vector<std::int64_t>{1, 2}), HasSubstr("2 entries"));
  EXPECT_THAT(with("tokenizer.ggml.tokens", std::vector<std::string>(1000, "a")), HasSubstr("a"));
  EXPECT_THAT(with("tokenizer.ggml.tokens", std::vector<std::string>(1000, "\xff")), HasSubstr("UTF-8"));
  EXPECT_THAT(with("tokenizer.ggml.merges", std::vector<std::string>{"a b c"}), HasSubstr("merges"));
}

}  // namespace
}  // namespace laconic::model
