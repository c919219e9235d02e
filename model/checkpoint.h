// A Hugging Face checkpoint folder: config.json, model.safetensors (or shards), tokenizer.json.
#pragma once

#include <string>

#include "base/file.h"
#include "model/config.h"
#include "model/tensor.h"

namespace laconic::model {

struct Checkpoint {
  Config config;               // token_count set from the tokenizer
  TensorMap tensors;           // as stored: BF16, F16 or F32; multi-token-prediction layers left out
  std::string tokenizer_json;  // the file's text; parse with Tokenizer::parse
};

// Throws Error naming the file and what is wrong: also a tokenizer with more ids than the vocabulary,
// and missing, surplus or misshapen tensors (all of them in one message).
Checkpoint load_checkpoint(const fs::path& folder);

// Throws one Error that lists every missing tensor, surplus tensor and wrong shape.
void check_tensors(const Config& config, const TensorMap& tensors, const std::string& where);

// Writes the files that load_checkpoint and transformers read into `folder`, which is created when
// absent: config.json, model.safetensors, tokenizer.json, tokenizer_config.json. Same input, same
// bytes. Each file is durable; to publish a folder atomically write it under a temporary name and
// call base's publish_folder.
void save_checkpoint(const fs::path& folder, const Config& config, const TensorMap& tensors, const std::string& tokenizer_json);

}  // namespace laconic::model
