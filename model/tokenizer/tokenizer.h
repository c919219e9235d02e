// Byte-level BPE from a Hugging Face tokenizer.json. Exact ids, exact byte round trip (under an NFC
// normalizer: of normalised text). Immutable after parsing, safe to share between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "model/tokenizer/added_tokens.h"

namespace laconic::model {

class Tokenizer {
 public:
  static Tokenizer load(const fs::path& folder);  // reads tokenizer.json; throws Error naming what is wrong
  static Tokenizer parse(std::string_view json_text, const std::string& where);

  // Text → ids; added tokens in the text are matched. No BOS/EOS added.
  // Any bytes are accepted: those that are not UTF-8 become single-byte tokens where they stand. What a vocabulary
  // has no token for (SmolLM2's: some control bytes) is lost, as in the `tokenizers` library, or becomes its unk_token.
  std::vector<std::int32_t> encode(std::string_view text) const;
  // encode(), but added tokens are not matched and never produced: text from users cannot forge one. (Those of
  // mere white space are: they stand for themselves.)
  std::vector<std::int32_t> encode_plain(std::string_view text) const;
  // The added tokens that `encode` would match in `text`, and the plain stretches between (id −1), in order.
  std::vector<TextSpan> split_added(std::string_view text) const;

  // What the file's post-processor puts before and after a text (Llama's BOS): a prompt that no chat template
  // renders begins with prefix_ids() where it should begin as it does elsewhere. Empty for most models.
  const std::vector<std::int32_t>& prefix_ids() const;
  const std::vector<std::int32_t>& suffix_ids() const;

  // Ids that name no token (padding rows of an embedding) decode to nothing.
  // Ids → the exact bytes (special tokens included as their text unless skip_special).
  std::string decode_bytes(std::span<const std::int32_t> ids, bool skip_special = false) const;
  // The same made valid UTF-8: each invalid byte becomes U+FFFD. Only this enters JSON, SQLite and verifiers.
  std::string decode_text(std::span<const std::int32_t> ids, bool skip_special = false) const;

  std::int32_t id_of(std::string_view token) const;  // −1 when absent
  std::int64_t vocab_size() const;                   // largest id + 1

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

std::string lossy_utf8(std::string_view bytes);

}  // namespace laconic::model
