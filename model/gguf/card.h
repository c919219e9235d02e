// A GGUF file as a checkpoint: what config.json, tokenizer.json and the tensors of a Hugging Face folder
// would say. Private to this folder; callers use read_card and load_checkpoint.
#pragma once

#include "model/card.h"
#include "model/gguf/gguf.h"

namespace laconic::model {

// config.json's text from metadata and tensor shapes. Throws Error naming every missing key, an unknown
// architecture, and a key whose value would change the mathematics.
std::string gguf_config_json(const Gguf& gguf);

// Config, tokenizer and chat template; Config.token_count is left open.
ModelCard gguf_card(const Gguf& gguf);
ModelCard read_card(const Gguf& gguf);  // the same with token_count (card.cc)

// Hugging Face names → views of the file. Copies are made of split kv_b projections alone: as stored, or in
// fp32 where they are quantised.
// Throws Error listing missing and surplus tensors by their names in the file.
TensorMap gguf_tensors(const Gguf& gguf, const Config& config);

}  // namespace laconic::model
