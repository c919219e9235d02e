#include "model/tokenizer/file.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/byte_alphabet.h"
#include "model/json_fields.h"

namespace laconic::model {
namespace {

[[noreturn]] void refuse(const Fields& fields, const char* key, const std::string& supported) {
  throw Error(fmt::format("`{}{}` is {}; this build supports {}", fields.path(), key, shown(fields.at(key)), supported), fields.where());
}

void require_equal(const Fields& fields, const char* key, const Json& value) {
  if (fields.has(key) && fields.at(key) != value) refuse(fields, key, shown(value) + " only");
}

// The stages of one component: itself, or the members of a (nested) Sequence.
void flatten(const Fields& component, const char* list_key, const char* what, std::vector<Json>& stages) {
  if (component.text("type") != "Sequence") {
    Json copy = Json::object();
    for (const char* key : {"type", "pattern", "behavior", "invert", "individual_digits", "add_prefix_space", "use_regex", "single", "special_tokens"})
      if (component.has(key)) copy[key] = component.at(key);
    stages.push_back(std::move(copy));
    return;
  }
  const Json& list = component.at(list_key);
  if (!list.is_array() || component.path().size() > 200) throw component.error(list_key, fmt::format("a list of {}s", what));
  for (const Json& member : list) flatten(Fields(member, component.where(), fmt::format("{}{}[].", component.path(), list_key)), list_key, what, stages);
}

bool parse_normalizer(const Fields& file) {
  if (!file.has("normalizer")) return false;
  std::vector<Json> stages;
  flatten(file.object("normalizer"), "normalizers", "normalizer", stages);
  for (const Json& stage : stages) require_equal(Fields(stage, file.where(), "normalizer."), "type", "NFC");
  return !stages.empty();
}

constexpr struct { std::string_view name; SplitBehavior behavior; } kBehaviors[] = {
    {"Isolated", SplitBehavior::kIsolated},
    {"Removed", SplitBehavior::kRemoved},
    {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
    {"MergedWithNext", SplitBehavior::kMergedWithNext},
    {"Contiguous", SplitBehavior::kContiguous},
};

Stage parse_stage(const Fields& stage) {
  const std::string type = stage.text("type");
  if (type == "Digits") return DigitsStage{stage.boolean_or("individual_digits", false)};
  if (type == "ByteLevel") {
    ByteLevelStage byte_level{stage.boolean_or("add_prefix_space", true), std::nullopt};
    if (stage.boolean_or("use_regex", true)) byte_level.pattern.emplace(kByteLevelPattern, stage.where());
    return byte_level;
  }
  if (type != "Split") refuse(stage, "type", "Split, Digits and ByteLevel");
  const std::string behavior = stage.text("behavior");
  const auto* known = std::find_if(std::begin(kBehaviors), std::end(kBehaviors), [&](const auto& b) { return b.name == behavior; });
  if (known == std::end(kBehaviors)) refuse(stage, "behavior", "Isolated, Removed, MergedWithPrevious, MergedWithNext and Contiguous");
  const Fields pattern = stage.object("pattern");
  if (!pattern.has("Regex") && !pattern.has("String")) refuse(stage, "pattern", "a Regex or a String");
  const std::string text = pattern.has("Regex") ? pattern.text("Regex") : literal_pattern(pattern.text("String"));
  return SplitStage{SplitPattern(text, stage.where()), known->behavior, stage.boolean_or("invert", false)};
}

std::vector<Stage> parse_pretokenizer(const Fields& file) {
  if (!file.has("pre_tokenizer")) throw file.error("pre_tokenizer", "a ByteLevel pre-tokenizer, or a Sequence that ends in one,");
  std::vector<Json> list;
  flatten(file.object("pre_tokenizer"), "pretokenizers", "pre-tokenizer", list);
  std::vector<Stage> stages;
  for (const Json& json : list) {
    if (!stages.empty() && std::holds_alternative<ByteLevelStage>(stages.back()))
      refuse(file, "pre_tokenizer", "ByteLevel as the last stage only");
    stages.push_back(parse_stage(Fields(json, file.where(), "pre_tokenizer.")));
  }
  if (stages.empty() || !std::holds_alternative<ByteLevelStage>(stages.back())) refuse(file, "pre_tokenizer", "sequences that end in ByteLevel");
  return stages;
}

// The ids that a template's special token stands for.
std::vector<std::int32_t> template_ids(const Fields& processor, const std::string& name) {
  const Json& entry = processor.object("special_tokens").at(name.c_str());
  return Fields(entry, processor.where(), fmt::format("{}special_tokens.{}.", processor.path(), name)).token_ids("ids", std::int64_t{1} << 30);
}

// TemplateProcessing's `single`: special tokens around one $A. ByteLevel moves offsets only.
void parse_post_processor(const Fields& file, TokenizerFile& result) {
  if (!file.has("post_processor")) return;
  std::vector<Json> stages;
  flatten(file.object("post_processor"), "processors", "processor", stages);
  for (const Json& stage : stages) {
    const Fields fields(stage, file.where(), "post_processor.");
    const std::string type = fields.text("type");
    if (type == "ByteLevel") continue;
    if (type != "TemplateProcessing") refuse(fields, "type", "ByteLevel and TemplateProcessing");
    const Json& single = fields.at("single");
    if (!single.is_array()) throw fields.error("single", "a list");
    std::vector<std::int32_t> around[2];
    int texts = 0;
    for (const Json& json : single) {
      const Fields part(json, file.where(), "post_processor.single[].");
      if (part.has("Sequence")) {
        ++texts;
        continue;
      }
      const std::vector<std::int32_t> ids = template_ids(fields, part.object("SpecialToken").text("id"));
      auto& side = around[texts > 0];
      side.insert(side.end(), ids.begin(), ids.end());
    }
    if (texts != 1) refuse(fields, "single", "special tokens around one $A only");
    result.prefix.insert(result.prefix.begin(), around[0].begin(), around[0].end());
    result.suffix.insert(result.suffix.end(), around[1].begin(), around[1].end());
  }
  for (const auto* ids : {&result.prefix, &result.suffix})
    for (const std::int32_t id : *ids)
      if (id > result.largest_id) throw Error(fmt::format("`post_processor` adds id {}, which names no token", id), file.where());
}

void check_decoder(const Fields& file) {
  if (!file.has("decoder")) throw file.error("decoder", "a ByteLevel decoder");
  std::vector<Json> stages;
  flatten(file.object("decoder"), "decoders", "decoder", stages);
  if (stages.empty()) refuse(file, "decoder", "ByteLevel only");
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    const Fields stage(stages[i], file.where(), "decoder.");
    // Files converted from other formats carry these: none touches what the byte alphabet writes.
    const std::string type = stage.text("type");
    if (type == "ByteFallback" || type == "Fuse") continue;
    if (type == "Replace" && stage.object("pattern").has("String") && !bytes_of_symbols(stage.object("pattern").text("String"))) continue;
    require_equal(stage, "type", "ByteLevel");
  }
  require_equal(Fields(stages.back(), file.where(), "decoder."), "type", "ByteLevel");
}

std::pair<std::string, std::string> parse_merge(const Json& merge, std::size_t index, const std::string& where) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  if (merge.is_string()) {
    const std::string text = merge.get<std::string>();
    const std::size_t space = text.find(' ');
    if (space != std::string::npos && space > 0 && space + 1 < text.size() && text.find(' ', space + 1) == std::string::npos)
      return {text.substr(0, space), text.substr(space + 1)};
  }
  throw Error(fmt::format("`model.merges[{}]` is {}; \"left right\" or [\"left\", \"right\"] is needed", index, shown(merge)), where);
}

void parse_model(const Fields& file, TokenizerFile& result) {
  const Fields model = file.object("model");
  if (model.text_or("type", "BPE") != "BPE") refuse(model, "type", "byte-level BPE only");
  if (model.number_or("dropout", 0, 0, 1) != 0) refuse(model, "dropout", "none");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) require_equal(model, key, "");
  result.ignore_merges = model.boolean_or("ignore_merges", false);
  result.unknown = model.text_or("unk_token", "");
  result.fuse_unknown = model.boolean_or("fuse_unk", false);

  if (!model.at("vocab").is_object()) throw model.error("vocab", "an object token → id");
  result.vocab.reserve(model.at("vocab").size());
  for (const auto& [token, id] : model.at("vocab").items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= (1u << 30))
      throw Error(fmt::format("`model.vocab` gives token {} the id {}; an integer from 0 is needed", shown(Json(token)), shown(id)), file.where());
    result.vocab.emplace(token, static_cast<std::int32_t>(id.get<std::uint64_t>()));
  }
  // Falling back needs tokens <0x00> … <0xFF>; converted byte-level files set it without having them.
  if (result.vocab.contains("<0x00>") || result.vocab.contains("<0x41>")) require_equal(model, "byte_fallback", false);
  const Json& merges = model.at("merges");
  if (!merges.is_array()) throw model.error("merges", "a list");
  result.merges.reserve(merges.size());
  for (std::size_t i = 0; i < merges.size(); ++i) result.merges.push_back(parse_merge(merges[i], i, file.where()));
}

void parse_added(const Fields& file, TokenizerFile& result) {
  if (!file.has("added_tokens")) return;
  if (!file.at("added_tokens").is_array()) throw file.error("added_tokens", "a list");
  for (const Json& json : file.at("added_tokens")) {
    const Fields fields(json, file.where(), "added_tokens[].");
    AddedToken token;
    token.id = static_cast<std::int32_t>(fields.integer("id", 0, (1 << 30) - 1));
    token.content = fields.text("content");
    if (token.content.empty()) throw fields.error("content", "a non-empty text");
    token.special = fields.boolean_or("special", false);
    token.normalized = fields.boolean_or("normalized", !token.special);
    token.single_word = fields.boolean_or("single_word", false);
    token.lstrip = fields.boolean_or("lstrip", false);
    token.rstrip = fields.boolean_or("rstrip", false);
    const auto in_vocab = result.vocab.find(token.content);
    if (in_vocab != result.vocab.end() && in_vocab->second != token.id)
      throw Error(fmt::format("added token `{}` has id {}, and {} in `model.vocab`", token.content, token.id, in_vocab->second), file.where());
    result.added.push_back(std::move(token));
  }
}

void check_ids(TokenizerFile& result, const std::string& where) {
  const std::size_t count = result.vocab.size() + result.added.size();
  for (const auto& [token, id] : result.vocab) result.largest_id = std::max(result.largest_id, id);
  for (const AddedToken& token : result.added) result.largest_id = std::max(result.largest_id, token.id);
  if (result.largest_id >= 0 && static_cast<std::size_t>(result.largest_id) > 8 * count + 1024)
    throw Error(fmt::format("the largest id is {}, with only {} tokens", result.largest_id, count), where);
  std::vector<const std::string*> owner(static_cast<std::size_t>(result.largest_id + 1));
  const auto claim = [&](std::int32_t id, const std::string& text) {
    const std::string*& held = owner[static_cast<std::size_t>(id)];
    if (held && *held != text) throw Error(fmt::format("id {} names both {} and {}", id, shown(Json(*held)), shown(Json(text))), where);
    held = &text;
  };
  for (const auto& [token, id] : result.vocab) claim(id, token);
  std::unordered_set<std::string_view> contents;
  for (const AddedToken& token : result.added) {
    claim(token.id, token.content);
    if (!contents.insert(token.content).second) throw Error(fmt::format("added token `{}` is listed twice", token.content), where);
  }
}

}  // namespace

TokenizerFile parse_tokenizer_file(std::string_view json_text, const std::string& where) {
  const Json json = parse_json(json_text, where);
  const Fields file(json, where);
  TokenizerFile result;
  parse_model(file, result);
  parse_added(file, result);
  check_ids(result, where);
  result.nfc = parse_normalizer(file);
  result.stages = parse_pretokenizer(file);
  parse_post_processor(file, result);
  check_decoder(file);
  return result;
}

}  // namespace laconic::model
