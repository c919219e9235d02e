#include "model/tokenizer/tokenizer.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/bpe.h"
#include "model/tokenizer/byte_alphabet.h"
#include "model/tokenizer/file.h"
#include "model/tokenizer/utf8.h"

namespace laconic::model {
namespace {

std::array<std::int32_t, 256> byte_ids_of(const TokenizerFile& file, const std::string& where) {
  std::array<std::int32_t, 256> ids{};
  for (int byte = 0; byte < 256; ++byte) {
    const auto found = file.vocab.find(byte_symbols(std::string(1, static_cast<char>(byte))));
    if (found == file.vocab.end() && byte >= 0x20 && byte < 0x7f)
      throw Error(fmt::format("`model.vocab` has no token for byte 0x{:02x}; a byte-level vocabulary has all that are printable", byte), where);
    ids[static_cast<std::size_t>(byte)] = found == file.vocab.end() ? -1 : found->second;
  }
  return ids;
}

// SmolLM2's vocabulary lacks some control bytes, and bytes that are never UTF-8. The `tokenizers` library drops
// what it has no token for, or puts `unk_token`; so it is done here.
Unknown unknown_of(const TokenizerFile& file, const std::array<std::int32_t, 256>& byte_ids, const std::string& where) {
  if (file.unknown.empty() || std::find(byte_ids.begin(), byte_ids.end(), -1) == byte_ids.end()) return {};
  const auto found = file.vocab.find(file.unknown);
  if (found == file.vocab.end()) throw Error(fmt::format("`model.unk_token` is `{}`, which `model.vocab` lacks, as it lacks tokens of bytes", file.unknown), where);
  return {found->second, file.fuse_unknown};
}

// A run of white space stands for itself: GPT-NeoX's vocabularies have such tokens for indentation.
bool means_itself(const AddedToken& token) {
  std::string_view rest = token.content;
  while (valid_sequence(rest) > 0 && is_white_space(code_point(rest))) rest.remove_prefix(static_cast<std::size_t>(valid_sequence(rest)));
  return rest.empty() && !token.special;
}

Bpe make_bpe(const TokenizerFile& file, const std::string& where) {
  const auto id_of = [&](const std::string& token, std::size_t rank) {
    const auto found = file.vocab.find(token);
    if (found == file.vocab.end()) throw Error(fmt::format("`model.merges[{}]` needs token `{}`, which `model.vocab` lacks", rank, token), where);
    return found->second;
  };
  std::vector<Merge> merges;
  merges.reserve(file.merges.size());
  for (std::size_t rank = 0; rank < file.merges.size(); ++rank) {
    const auto& [left, right] = file.merges[rank];
    merges.push_back({id_of(left, rank), id_of(right, rank), id_of(left + right, rank)});
  }
  std::vector<std::pair<std::string, std::int32_t>> words;
  words.reserve(file.vocab.size());
  for (const auto& [token, id] : file.vocab)
    if (auto bytes = bytes_of_symbols(token)) words.emplace_back(std::move(*bytes), id);
  std::vector<bool> added(static_cast<std::size_t>(file.largest_id) + 1);
  for (const AddedToken& token : file.added) added[static_cast<std::size_t>(token.id)] = !means_itself(token);
  const std::array<std::int32_t, 256> byte_ids = byte_ids_of(file, where);
  return Bpe(byte_ids, unknown_of(file, byte_ids, where), merges, words, file.ignore_merges, std::move(added));
}

// Added tokens by where they are matched; those matched on normalised text are themselves normalised first.
struct Matchers {
  Matchers(const TokenizerFile& file, bool plain) : raw(select(file, plain, false)), normalized(select(file, plain, true)) {}

  static std::vector<AddedToken> select(const TokenizerFile& file, bool plain, bool normalized) {
    std::vector<AddedToken> tokens;
    for (AddedToken token : file.added) {
      if (token.normalized != normalized || (plain && !means_itself(token))) continue;
      if (normalized && file.nfc) token.content = nfc(token.content);
      tokens.push_back(std::move(token));
    }
    return tokens;
  }

  AddedTokenMatcher raw, normalized;
};

}  // namespace

struct Tokenizer::Impl {
  explicit Impl(TokenizerFile file, const std::string& where)
      : nfc(file.nfc),
        all_tokens(file, false),
        plain_tokens(file, true),
        bpe(make_bpe(file, where)),
        bytes(static_cast<std::size_t>(file.largest_id) + 1),
        special(bytes.size()),
        prefix(std::move(file.prefix)),
        suffix(std::move(file.suffix)),
        pretokenizer(std::move(file.stages)) {
    for (const auto& [token, id] : file.vocab) bytes[static_cast<std::size_t>(id)] = bytes_of_symbols(token).value_or(token);
    for (const AddedToken& token : file.added) {
      bytes[static_cast<std::size_t>(token.id)] = token.content;
      special[static_cast<std::size_t>(token.id)] = token.special;
      file.vocab[token.content] = token.id;
    }
    ids = std::move(file.vocab);
  }

  // Plain text: normalise and split what is UTF-8; stray bytes stand alone.
  template <class Sink>
  void for_valid_runs(std::string_view text, std::vector<std::int32_t>& out, bool plain, Sink&& sink) const {
    while (!text.empty()) {
      const std::size_t valid = valid_prefix(text);
      if (valid > 0) sink(text.substr(0, valid));
      text.remove_prefix(valid);
      if (text.empty()) return;
      bpe.encode(text.substr(0, 1), plain, out);
      text.remove_prefix(1);
    }
  }

  void encode_pieces(std::string_view text, bool plain, std::vector<std::int32_t>& out) const {
    std::string storage;
    for (const std::string_view piece : pretokenizer.split(text, storage)) bpe.encode(piece, plain, out);
  }

  void encode_run(std::string_view valid, bool plain, std::vector<std::int32_t>& out) const {
    const std::string normal = nfc ? model::nfc(valid) : std::string();
    const std::string_view text = nfc ? std::string_view(normal) : valid;
    const AddedTokenMatcher& matcher = (plain ? plain_tokens : all_tokens).normalized;
    if (matcher.empty()) return encode_pieces(text, plain, out);
    std::vector<TextSpan> spans;
    matcher.split(text, spans);
    for (const TextSpan& span : spans) {
      if (span.id >= 0) out.push_back(span.id);
      else encode_pieces(span.text, plain, out);
    }
  }

  std::vector<std::int32_t> encode(std::string_view text, bool plain) const {
    std::vector<TextSpan> spans;
    (plain ? plain_tokens : all_tokens).raw.split(text, spans);
    std::vector<std::int32_t> out;
    for (const TextSpan& span : spans) {
      if (span.id >= 0) out.push_back(span.id);
      else for_valid_runs(span.text, out, plain, [&](std::string_view run) { encode_run(run, plain, out); });
    }
    return out;
  }

  bool nfc;
  Matchers all_tokens, plain_tokens;
  Bpe bpe;
  std::vector<std::optional<std::string>> bytes;  // by id; empty where no token has the id
  std::vector<bool> special;
  std::vector<std::int32_t> prefix, suffix;
  Pretokenizer pretokenizer;
  std::unordered_map<std::string, std::int32_t> ids;
};

Tokenizer Tokenizer::load(const fs::path& folder) {
  const fs::path file = folder / "tokenizer.json";
  return parse(read_file(file), file.string());
}

Tokenizer Tokenizer::parse(std::string_view json_text, const std::string& where) {
  return Tokenizer(std::make_unique<Impl>(parse_tokenizer_file(json_text, where), where));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const { return impl_->encode(text, false); }
std::vector<std::int32_t> Tokenizer::encode_plain(std::string_view text) const { return impl_->encode(text, true); }

const std::vector<std::int32_t>& Tokenizer::prefix_ids() const { return impl_->prefix; }
const std::vector<std::int32_t>& Tokenizer::suffix_ids() const { return impl_->suffix; }

std::vector<TextSpan> Tokenizer::split_added(std::string_view text) const {
  std::vector<TextSpan> raw, spans;
  impl_->all_tokens.raw.split(text, raw);
  for (const TextSpan& span : raw) {
    if (span.id >= 0) spans.push_back(span);
    else impl_->all_tokens.normalized.split(span.text, spans);
  }
  return spans;
}

std::string Tokenizer::decode_bytes(std::span<const std::int32_t> ids, bool skip_special) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    const auto at = static_cast<std::size_t>(id);
    if (id < 0 || at >= impl_->bytes.size() || !impl_->bytes[at] || (skip_special && impl_->special[at])) continue;
    bytes += *impl_->bytes[at];
  }
  return bytes;
}

std::string Tokenizer::decode_text(std::span<const std::int32_t> ids, bool skip_special) const {
  return lossy_utf8(decode_bytes(ids, skip_special));
}

std::int32_t Tokenizer::id_of(std::string_view token) const {
  const auto found = impl_->ids.find(std::string(token));
  return found == impl_->ids.end() ? -1 : found->second;
}

std::int64_t Tokenizer::vocab_size() const { return static_cast<std::int64_t>(impl_->bytes.size()); }

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

}  // namespace laconic::model
