// Trains a byte-level BPE vocabulary and writes it as a tokenizer.json that both this project and the
// Python `tokenizers` library read, with the same ids.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace laconic::model {

// DeepSeek's: begin and end of sentence, pad (ids 0, 1, 2; special), user, assistant, <think>,
// </think> (ids 3 … 6). They are added tokens and keep the first ids whatever the corpus.
std::vector<std::string> deepseek_special_tokens();

// Ids: special tokens, then the 256 bytes in byte-alphabet order, then merges as they were learned:
// the most frequent pair first, ties to the smaller ids; pairs seen once are not merged, so fewer
// than `vocab_size` tokens may come out. Digits stand alone (one token a digit). Deterministic.
// The first `special_count` of `tokens` are marked special (skipped by decode's skip_special).
// Throws Error when vocab_size is below tokens.size() + 256.
std::string train_tokenizer(std::span<const std::string> lines, std::int64_t vocab_size,
                            const std::vector<std::string>& tokens = deepseek_special_tokens(), std::size_t special_count = 3);

}  // namespace laconic::model
