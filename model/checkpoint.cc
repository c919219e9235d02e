#include "model/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "model/gguf/card.h"
#include "model/json_fields.h"
#include "model/weights/safetensors.h"
#include "model/weights/safetensors_write.h"
#include "model/weights/stored_tensors.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model {
namespace {

bool has_prediction_modules(const std::string& config_text, const std::string& where) {
  const Json json = parse_json(config_text, where);
  const Fields fields(json, where);
  return fields.integer_or("num_nextn_predict_layers", fields.integer_or("num_mtp_layers", 0, 0, 64), 0, 64) > 0;
}

// Enough names to act on, and the count of the rest.
void append_names(std::string& text, const char* title, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  if (names.empty()) return;
  const std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
  text += fmt::format("{}{} ({}): {}", text.empty() ? "" : "; ", title, names.size(), fmt::join(first, ", "));
  if (names.size() > kShown) text += ", …";
}

std::string shape_text(const std::vector<std::int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Checkpoint load_gguf(const fs::path& path) {
  const Gguf gguf = read_gguf(path);
  Checkpoint checkpoint{read_card(gguf), {}};
  checkpoint.tensors = gguf_tensors(gguf, checkpoint.config);
  check_tensors(checkpoint.config, checkpoint.tensors, path.string());
  return checkpoint;
}

// What AutoTokenizer needs to take tokenizer.json as it is instead of rebuilding it from the model type.
std::string tokenizer_config_json(const ModelCard& card) {
  const Config& config = card.config;
  const Tokenizer tokenizer = Tokenizer::parse(card.tokenizer_json, "the tokenizer to save");
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"clean_up_tokenization_spaces", false},
               {"model_max_length", config.max_position_embeddings}};
  const auto name = [&](const char* key, std::int32_t id) {
    if (id >= 0) json[key] = tokenizer.decode_text(std::vector{id});
  };
  name("bos_token", config.bos_token_id);
  if (!config.eos_token_ids.empty()) name("eos_token", config.eos_token_ids[0]);
  if (!card.bos_token.empty()) json["bos_token"] = card.bos_token;
  if (!card.eos_token.empty()) json["eos_token"] = card.eos_token;
  if (card.add_bos_token) json["add_bos_token"] = *card.add_bos_token;
  if (!card.chat_template.empty()) json["chat_template"] = card.chat_template;
  return json.dump(2) + "\n";
}

}  // namespace

void check_tensors(const Config& config, const TensorMap& tensors, const std::string& where) {
  std::vector<std::string> missing, surplus, misshapen;
  TensorMap rest = tensors;
  for (const TensorSpec& spec : tensor_specs(config)) {
    const auto found = rest.find(spec.name);
    if (found == rest.end()) {
      missing.push_back(spec.name);
      continue;
    }
    if (found->second.shape != spec.shape)
      misshapen.push_back(fmt::format("{} is {} and should be {}", spec.name, shape_text(found->second.shape), shape_text(spec.shape)));
    rest.erase(found);
  }
  for (const auto& [name, tensor] : rest) surplus.push_back(name);
  refuse_misfits(missing, surplus, misshapen, "config.json", where);
}

void refuse_misfits(const std::vector<std::string>& missing, const std::vector<std::string>& surplus, const std::vector<std::string>& misshapen,
                    const char* description, const std::string& where) {
  std::string text;
  append_names(text, "missing tensors", missing);
  append_names(text, "surplus tensors", surplus);
  append_names(text, "wrong shapes", misshapen);
  if (!text.empty()) throw Error(fmt::format("weights do not fit {}: {}", description, text), where);
}

Checkpoint load_checkpoint(const fs::path& path) {
  if (fs::is_regular_file(path)) return load_gguf(path);
  const fs::path config_file = path / "config.json";
  Checkpoint checkpoint{read_card(path), {}};
  checkpoint.tensors = canonical_tensors(checkpoint.config, read_safetensors_folder(path), has_prediction_modules(read_file(config_file), config_file.string()), path.string());
  check_tensors(checkpoint.config, checkpoint.tensors, path.string());
  return checkpoint;
}

void save_card(const fs::path& folder, const ModelCard& card, DType weights) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error("cannot create the folder: " + failed.message(), folder.string());
  write_file_durably(folder / "config.json", config_json(card.config, weights));
  write_file_durably(folder / "tokenizer.json", card.tokenizer_json);
  write_file_durably(folder / "tokenizer_config.json", tokenizer_config_json(card));
}

void save_checkpoint(const fs::path& folder, const ModelCard& card, const TensorMap& tensors) {
  check_tensors(card.config, tensors, folder.string());
  save_card(folder, card, tensors.at("model.embed_tokens.weight").dtype);
  write_safetensors(folder, tensors, [&](const std::string& name) { return tensors.at(name).dtype; });
}

}  // namespace laconic::model
