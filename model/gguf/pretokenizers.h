// The pre-tokenizers that `tokenizer.ggml.pre` names. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::model {

// Stages in order: the splits, the digits, then the byte-level stage.
struct NamedPretokenizer {
  std::vector<const char*> names;  // the first is written, all are read
  std::vector<std::string> splits; // regular expressions, each isolated
  bool single_digits = false;
  bool byte_level_pattern = false; // GPT-2's own expression in the byte-level stage
  bool nfc = false, ignore_merges = false;
  bool adds_bos = false;           // where `tokenizer.ggml.add_bos_token` is absent
};

const std::vector<NamedPretokenizer>& named_pretokenizers();

// Throws Error that lists the names and the nearest.
const NamedPretokenizer& pretokenizer_named(const std::string& name, const std::string& where);

}  // namespace laconic::model
