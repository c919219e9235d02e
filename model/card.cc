#include "model/card.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/gguf/card.h"
#include "model/json_fields.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model {
namespace {

// End tokens of sampling stand in generation_config.json where a chat model has more of them than
// its config.json admits to.
void read_generation_config(const fs::path& file, Config& config) {
  if (!fs::exists(file)) return;
  const Json json = parse_json(read_file(file), file.string());
  for (const std::int32_t id : Fields(json, file.string()).token_ids("eos_token_id", config.vocab_size))
    if (std::find(config.eos_token_ids.begin(), config.eos_token_ids.end(), id) == config.eos_token_ids.end()) config.eos_token_ids.push_back(id);
}

// One template, or a list of named ones of which "default" is for chat.
std::string read_chat_template(const Fields& fields, const fs::path& file) {
  if (!fields.has("chat_template")) return {};
  const Json& value = fields.at("chat_template");
  if (!value.is_array()) return fields.text("chat_template");
  for (const Json& named : value) {
    const Fields entry(named, file.string());
    if (entry.text("name") == "default") return entry.text("template");
  }
  return {};
}

// A special token is a text, or an object with its `content`.
std::string token_text(const Fields& fields, const char* key) {
  if (!fields.has(key)) return {};
  return fields.at(key).is_object() ? fields.object(key).text("content") : fields.text(key);
}

void read_tokenizer_config(const fs::path& folder, ModelCard& card) {
  if (const fs::path file = folder / "tokenizer_config.json"; fs::exists(file)) {
    const Json json = parse_json(read_file(file), file.string());
    const Fields fields(json, file.string());
    card.chat_template = read_chat_template(fields, file);
    card.bos_token = token_text(fields, "bos_token");
    card.eos_token = token_text(fields, "eos_token");
    if (fields.has("add_bos_token")) card.add_bos_token = fields.boolean_or("add_bos_token", false);
  }
  if (fs::exists(folder / "chat_template.jinja")) card.chat_template = read_file(folder / "chat_template.jinja");
}

// The rows of the embedding beyond the tokenizer's ids are padding.
void count_tokens(ModelCard& card, const std::string& where) {
  const std::int64_t ids = Tokenizer::parse(card.tokenizer_json, where).vocab_size();
  if (ids > card.config.vocab_size) throw Error(fmt::format("has ids up to {}, but vocab_size is {}", ids - 1, card.config.vocab_size), where);
  card.config.token_count = ids == card.config.vocab_size ? 0 : ids;
}

}  // namespace

ModelCard read_card(const Gguf& gguf) {
  ModelCard card = gguf_card(gguf);
  count_tokens(card, gguf.where);
  return card;
}

ModelCard read_card(const fs::path& path) {
  if (fs::is_regular_file(path)) return read_card(read_gguf(path));
  ModelCard card;
  card.config = read_config(path);
  read_generation_config(path / "generation_config.json", card.config);
  const fs::path tokenizer_file = path / "tokenizer.json";
  card.tokenizer_json = read_file(tokenizer_file);
  read_tokenizer_config(path, card);
  count_tokens(card, tokenizer_file.string());
  return card;
}

}  // namespace laconic::model
