#include "model/gguf_tokenizer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/gguf_pretokenizers.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

// Kinds of `tokenizer.ggml.token_type`.
enum TokenKind : std::int64_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };

std::string padding_name(std::size_t id) { return fmt::format("[PAD{}]", id); }

std::string quoted(const std::string& text, const char* what, std::size_t index, const std::string& where) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    throw Error(fmt::format("`tokenizer.ggml.{}[{}]` is not UTF-8", what, index), where);
  }
}

Json byte_level(bool pattern) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", pattern}};
}

Json stages_of(const NamedPretokenizer& named) {
  Json stages = Json::array();
  for (const std::string& split : named.splits)
    stages.push_back({{"type", "Split"}, {"pattern", {{"Regex", split}}}, {"behavior", "Isolated"}, {"invert", false}});
  if (named.single_digits) stages.push_back({{"type", "Digits"}, {"individual_digits", true}});
  stages.push_back(byte_level(named.byte_level_pattern));
  return stages;
}

// The id that every text begins with, or −1.
std::int64_t first_id(const Gguf& gguf, const NamedPretokenizer& named, std::size_t tokens) {
  const char* key = "tokenizer.ggml.add_bos_token";
  if (!(gguf.has(key) ? gguf.flag(key) : named.adds_bos)) return -1;
  const std::int64_t bos = gguf.integer("tokenizer.ggml.bos_token_id");
  if (bos < 0 || static_cast<std::size_t>(bos) >= tokens) throw Error(fmt::format("`tokenizer.ggml.bos_token_id` is {}, with {} tokens", bos, tokens), gguf.where);
  return bos;
}

Json post_processor(const std::string& token, std::int64_t id) {
  const auto sequence = [](const char* name, int type) { return Json{{"Sequence", {{"id", name}, {"type_id", type}}}}; };
  const auto special = [&](int type) { return Json{{"SpecialToken", {{"id", token}, {"type_id", type}}}}; };
  return {{"type", "TemplateProcessing"},
          {"single", {special(0), sequence("A", 0)}},
          {"pair", {special(0), sequence("A", 0), special(1), sequence("B", 1)}},
          {"special_tokens", {{token, {{"id", token}, {"ids", {id}}, {"tokens", {token}}}}}}};
}

std::string made_tokenizer_json(const Gguf& gguf) {
  const std::string& model = gguf.text("tokenizer.ggml.model");
  if (model != "gpt2")
    throw Error(fmt::format("`tokenizer.ggml.model` is `{}`; this build implements `gpt2` (byte-level BPE) only", model), gguf.where);
  const NamedPretokenizer& named = pretokenizer_named(gguf.text("tokenizer.ggml.pre"), gguf.where);
  const std::vector<std::string>& tokens = gguf.texts("tokenizer.ggml.tokens");
  const std::vector<std::string>& merges = gguf.texts("tokenizer.ggml.merges");
  std::vector<std::int64_t> kinds(tokens.size(), kNormal);
  if (gguf.has("tokenizer.ggml.token_type")) kinds = gguf.integers("tokenizer.ggml.token_type");
  if (kinds.size() != tokens.size())
    throw Error(fmt::format("`tokenizer.ggml.token_type` has {} entries for {} tokens", kinds.size(), tokens.size()), gguf.where);

  // Written by hand: hundreds of thousands of entries, in the order of their ids.
  std::string vocab, added, merge_list;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (kinds[id] == kUnused && tokens[id] == padding_name(id)) continue;
    const std::string token = quoted(tokens[id], "tokens", id, gguf.where);
    vocab += fmt::format("{}\n      {}: {}", vocab.empty() ? "" : ",", token, id);
    if (kinds[id] != kControl && kinds[id] != kUserDefined) continue;
    added += fmt::format(R"({}{{"id": {}, "content": {}, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": {}}})",
                         added.empty() ? "\n    " : ",\n    ", id, token, kinds[id] == kControl);
  }
  for (std::size_t i = 0; i < merges.size(); ++i)
    merge_list += fmt::format("{}\n      {}", merge_list.empty() ? "" : ",", quoted(merges[i], "merges", i, gguf.where));

  const std::int64_t bos = first_id(gguf, named, tokens.size());
  const Json pre = {{"type", "Sequence"}, {"pretokenizers", stages_of(named)}};
  return fmt::format(
      "{{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": [{}],\n  \"normalizer\": {},\n"
      "  \"pre_tokenizer\": {},\n  \"post_processor\": {},\n  \"decoder\": {},\n"
      "  \"model\": {{\n    \"type\": \"BPE\", \"dropout\": null, \"unk_token\": null, \"continuing_subword_prefix\": null, "
      "\"end_of_word_suffix\": null, \"fuse_unk\": false, \"byte_fallback\": false, \"ignore_merges\": {},\n"
      "    \"vocab\": {{{}\n    }},\n    \"merges\": [{}\n    ]\n  }}\n}}\n",
      added, named.nfc ? R"({"type": "NFC"})" : "null", pre.dump(),
      bos < 0 ? byte_level(true).dump() : post_processor(tokens[static_cast<std::size_t>(bos)], bos).dump(), byte_level(true).dump(),
      named.ignore_merges, vocab, merge_list);
}

}  // namespace

std::string gguf_tokenizer_json(const Gguf& gguf) {
  const char* whole = "tokenizer.huggingface.json";
  return gguf.has(whole) ? gguf.text(whole) : made_tokenizer_json(gguf);
}

}  // namespace laconic::model
