#include "model/gguf/tokenizer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/gguf/pretokenizers.h"
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

// --- the other way ---

// The stages of a pre-tokenizer, by what they do: nested sequences opened, defaults spelt out, offsets' affairs left out.
void flatten(const Json& component, Json& stages) {
  if (component.value("type", "") == "Sequence" && component.contains("pretokenizers")) {
    for (const Json& member : component.at("pretokenizers")) flatten(member, stages);
    return;
  }
  const std::string type = component.value("type", "");
  Json stage = type == "ByteLevel" ? Json{{"add_prefix_space", true}, {"use_regex", true}}
               : type == "Digits"  ? Json{{"individual_digits", false}}
               : type == "Split"   ? Json{{"invert", false}} : Json::object();
  stage.update(component);
  stage.erase("trim_offsets");
  if (stage.contains("pattern") && stage["pattern"].contains("Regex")) {
    // Written with the characters themselves or with their escapes.
    std::string& pattern = stage["pattern"]["Regex"].get_ref<std::string&>();
    for (const auto& [character, escape] : {std::pair{"\r", "\\r"}, std::pair{"\n", "\\n"}})
      for (std::size_t at = 0; (at = pattern.find(character, at)) != std::string::npos; at += 2) pattern.replace(at, 1, escape);
  }
  stages.push_back(std::move(stage));
}

bool has_nfc(const Json& normalizer) {
  if (!normalizer.is_object()) return false;
  if (normalizer.value("type", "") == "NFC") return true;
  return normalizer.contains("normalizers") && std::any_of(normalizer["normalizers"].begin(), normalizer["normalizers"].end(), has_nfc);
}

// The name of the row that splits text as the file does; among those, the one that agrees in the rest too.
// Empty: none does.
std::string name_of_pretokenizer(const Json& file) {
  Json stages = Json::array();
  if (file.contains("pre_tokenizer") && file["pre_tokenizer"].is_object()) flatten(file["pre_tokenizer"], stages);
  const bool nfc = has_nfc(file.value("normalizer", Json())), ignore_merges = file["model"].value("ignore_merges", false);
  std::string found;
  for (const NamedPretokenizer& named : named_pretokenizers()) {
    Json known = Json::array();
    for (const Json& stage : stages_of(named)) flatten(stage, known);
    if (known != stages || named.ignore_merges != ignore_merges) continue;
    if (found.empty() || named.nfc == nfc) found = named.names[0];
    if (named.nfc == nfc) break;
  }
  return found;
}

// Whether the post-processor begins every text with a token.
bool adds_bos(const Json& processor) {
  if (!processor.is_object()) return false;
  if (processor.contains("processors")) return std::any_of(processor["processors"].begin(), processor["processors"].end(), adds_bos);
  const auto single = processor.find("single");
  return single != processor.end() && !single->empty() && single->front().contains("SpecialToken");
}

std::string merge_text(const Json& merge) {
  return merge.is_string() ? merge.get<std::string>() : merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>();
}

}  // namespace

std::map<std::string, GgufValue> gguf_tokenizer_metadata(const std::string& tokenizer_json, std::int64_t vocab_size, std::vector<std::string>& losses) {
  const Json file = parse_json(tokenizer_json, "the tokenizer");
  std::vector<std::string> tokens(static_cast<std::size_t>(vocab_size)), merges;
  std::vector<std::int64_t> kinds(tokens.size(), kUnused);
  const auto put = [&](const Json& id, const std::string& text, std::int64_t kind) {
    const auto at = id.get<std::size_t>();
    if (at >= tokens.size()) throw Error(fmt::format("the tokenizer gives `{}` the id {}, beyond the vocabulary of {}", text, at, tokens.size()));
    tokens[at] = text;
    kinds[at] = kind;
  };
  for (const auto& [text, id] : file["model"]["vocab"].items()) put(id, text, kNormal);
  if (file.contains("added_tokens"))
    for (const Json& added : file["added_tokens"]) put(added.at("id"), added.at("content"), added.value("special", false) ? kControl : kUserDefined);
  for (std::size_t id = 0; id < tokens.size(); ++id)
    if (kinds[id] == kUnused) tokens[id] = padding_name(id);
  for (const Json& merge : file["model"]["merges"]) merges.push_back(merge_text(merge));

  std::map<std::string, GgufValue> metadata;
  const std::string pre = name_of_pretokenizer(file);
  if (pre.empty()) losses.push_back("the pre-tokenizer has no GGUF name: other programs cannot tell how this tokenizer splits text");
  else metadata["tokenizer.ggml.pre"] = pre;
  metadata["tokenizer.ggml.model"] = std::string("gpt2");
  metadata["tokenizer.ggml.tokens"] = std::move(tokens);
  metadata["tokenizer.ggml.token_type"] = std::move(kinds);
  metadata["tokenizer.ggml.merges"] = std::move(merges);
  metadata["tokenizer.ggml.add_bos_token"] = adds_bos(file.value("post_processor", Json()));
  metadata["tokenizer.huggingface.json"] = tokenizer_json;
  return metadata;
}

std::string gguf_tokenizer_json(const Gguf& gguf) {
  const char* whole = "tokenizer.huggingface.json";
  return gguf.has(whole) ? gguf.text(whole) : made_tokenizer_json(gguf);
}

}  // namespace laconic::model
