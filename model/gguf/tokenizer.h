// A tokenizer.json from a GGUF file's metadata, and back: one tokenizer path remains. Private to this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/gguf/gguf.h"

namespace laconic::model {

// `tokenizer.huggingface.json` where the file holds it; else made of tokens, merges, token types and
// the pre-tokenizer that `tokenizer.ggml.pre` names. Padding tokens ("[PAD7]" of type unused) are left
// out. Throws Error naming a missing key, another kind of tokenizer than byte-level BPE, an unknown
// pre-tokenizer, or a token that is not UTF-8.
std::string gguf_tokenizer_json(const Gguf& gguf);

// The metadata for a tokenizer.json, its whole text among it, so that nothing is lost here. Tokens are
// padded to `vocab_size`. A pre-tokenizer that no GGUF name stands for is told in `losses`: other programs
// cannot split text as it does.
std::map<std::string, GgufValue> gguf_tokenizer_metadata(const std::string& tokenizer_json, std::int64_t vocab_size, std::vector<std::string>& losses);

}  // namespace laconic::model
