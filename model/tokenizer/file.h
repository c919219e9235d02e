// tokenizer.json as plain data, checked. What this build does not follow is refused by name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/tokenizer/added_tokens.h"
#include "model/tokenizer/pretokenizer.h"

namespace laconic::model {

struct TokenizerFile {
  bool nfc = false;
  std::vector<Stage> stages;
  std::unordered_map<std::string, std::int32_t> vocab;  // as written (byte alphabet), ids unique and ≥ 0
  std::vector<std::pair<std::string, std::string>> merges;
  bool ignore_merges = false;
  std::string unknown;        // the token of bytes that the vocabulary lacks; empty: they are dropped
  bool fuse_unknown = false;  // one for a stretch of them
  std::vector<AddedToken> added;  // ids agree with the vocabulary where both name a token
  std::int32_t largest_id = -1;
  std::vector<std::int32_t> prefix, suffix;  // the post-processor's, around a single text
};

// `truncation` and `padding` are ignored: they are about batches, not about a text's ids.
TokenizerFile parse_tokenizer_file(std::string_view json_text, const std::string& where);

}  // namespace laconic::model
