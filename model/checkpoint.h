// A checkpoint with its weights: a Hugging Face folder (config.json, model.safetensors or shards,
// tokenizer.json), or a GGUF file.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "model/card.h"
#include "model/weights/tensor.h"

namespace laconic::model {

struct Checkpoint : ModelCard {
  TensorMap tensors;  // Hugging Face names, as stored; multi-token-prediction layers left out
};

// Throws Error naming the file and what is wrong: as read_card, and missing, surplus or misshapen
// tensors (all of them in one message).
Checkpoint load_checkpoint(const fs::path& path);

// Throws one Error that lists every missing tensor, surplus tensor and wrong shape.
void check_tensors(const Config& config, const TensorMap& tensors, const std::string& where);

// The same Error from lists of names; `description`: what the weights do not fit. Nothing happens when all are empty.
void refuse_misfits(const std::vector<std::string>& missing, const std::vector<std::string>& surplus, const std::vector<std::string>& misshapen,
                    const char* description, const std::string& where);

// Writes the files that load_checkpoint and transformers read into `folder`, which is created when
// absent: config.json, model.safetensors, tokenizer.json, tokenizer_config.json (with the chat
// template). Same input, same bytes. Each file is durable; to publish a folder atomically write it
// under a temporary name and call base's publish_folder.
// Above 5 GB the weights are sharded.
void save_checkpoint(const fs::path& folder, const ModelCard& card, const TensorMap& tensors);

// All of these but the weights. `weights`: the type that config.json names.
void save_card(const fs::path& folder, const ModelCard& card, DType weights);

}  // namespace laconic::model
