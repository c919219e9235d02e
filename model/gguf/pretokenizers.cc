// Expressions: of the models' own tokenizer.json files; deepseek-llm's and deepseek-coder's as llama.cpp
// gives them (src/llama-vocab.cpp). Unicode normalisation is not named in GGUF files: it follows the
// models that use the name.
#include "model/gguf/pretokenizers.h"

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::model {
namespace {

constexpr const char* kQwen =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kDeepseekWords =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kDeepseekHan = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";
constexpr const char* kHanHangul = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";

// The letters that DeepSeek-LLM's words are made of: those with upper and lower case.
constexpr const char* kCasedLetters =
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d"
    "\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5"
    "\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45"
    "\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc"
    "\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126"
    "\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee"
    "\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17"
    "\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2"
    "\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943";
constexpr const char* kPunctuation = R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)";
// Written as a look-ahead: what `$` means differs between engines, and lines are cut before this stage.
constexpr const char* kTrailingSpace = R"(\s+(?![\s\S]))";

}  // namespace

const std::vector<NamedPretokenizer>& named_pretokenizers() {
  static const std::vector<NamedPretokenizer> all = {
      {.names = {"gpt-2"}, .byte_level_pattern = true},
      {.names = {"olmo"}, .byte_level_pattern = true, .nfc = true},
      {.names = {"smollm"}, .single_digits = true, .byte_level_pattern = true},
      {.names = {"qwen2", "deepseek-r1-qwen"}, .splits = {kQwen}, .nfc = true},
      {.names = {"llama-bpe", "llama3", "llama-v3"}, .splits = {kLlama3}, .ignore_merges = true, .adds_bos = true},
      {.names = {"dbrx", "smaug-bpe"}, .splits = {kLlama3}},
      {.names = {"deepseek-v3"}, .splits = {R"(\p{N}{1,3})", kDeepseekHan, kDeepseekWords}},
      {.names = {"deepseek-coder"}, .splits = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kHanHangul}, .single_digits = true},
      {.names = {"deepseek-llm"},
       .splits = {R"([\r\n])", fmt::format(R"(\s?[{}]+)", kCasedLetters), kPunctuation, kTrailingSpace, kHanHangul},
       .single_digits = true},
  };
  return all;
}

const NamedPretokenizer& pretokenizer_named(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  std::string list;
  for (const NamedPretokenizer& row : named_pretokenizers())
    for (const char* known : row.names) {
      if (known == name) return row;
      names.emplace_back(known);
      list += (list.empty() ? "" : ", ") + names.back();
    }
  const std::string near = nearest_name(name, names);
  throw Error(fmt::format("`tokenizer.ggml.pre` is `{}`; this build knows {}", name, list), where,
              (near.empty() ? "" : "it may be a misspelling of `" + near + "`; or ") + std::string("take the model's Hugging Face folder, with its tokenizer.json"));
}

}  // namespace laconic::model
