// What a checkpoint says of itself before a tensor is read: architecture, tokenizer, chat template.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "model/config.h"

namespace laconic::model {

struct ModelCard {
  Config config;               // token_count set from the tokenizer; eos ids also from generation_config.json
  std::string tokenizer_json;  // tokenizer.json's text; parse with Tokenizer::parse
  std::string chat_template;   // Jinja source; empty where the checkpoint has none
  // What templates call bos_token and eos_token; empty: the texts of config's ids.
  std::string bos_token, eos_token;
  std::optional<bool> add_bos_token;  // whether the tokenizer puts bos_token before any text, where it says so
};

// `path`: a Hugging Face folder (config.json, tokenizer.json, and where they exist generation_config.json,
// tokenizer_config.json, chat_template.jinja), or a GGUF file. Throws Error naming the file and what is
// wrong: also a tokenizer with more ids than the vocabulary.
ModelCard read_card(const fs::path& path);

}  // namespace laconic::model
