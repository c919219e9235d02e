#include "model/pretokenizer.h"

#include "model/utf8.h"

namespace laconic::model {

const char* const kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

using Pieces = std::vector<std::string_view>;

void split_digits(std::string_view text, bool individual, Pieces& pieces) {
  std::size_t begin = 0, position = 0;
  bool in_digits = false;
  const auto cut = [&](std::size_t end) {
    if (end > begin) pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  };
  while (position < text.size()) {
    const std::string_view rest = text.substr(position);
    const bool numeric = is_numeric(code_point(rest));
    if (numeric != in_digits || (numeric && individual)) cut(position);
    in_digits = numeric;
    position += static_cast<std::size_t>(valid_sequence(rest));
  }
  cut(text.size());
}

// Copies every piece into `storage`, with a space before those that lack one.
Pieces with_prefix_space(const Pieces& pieces, std::string& storage) {
  std::string joined;
  std::vector<std::size_t> ends;
  for (const std::string_view piece : pieces) {
    if (!piece.starts_with(' ')) joined += ' ';
    joined += piece;
    ends.push_back(joined.size());
  }
  storage = std::move(joined);
  Pieces spaced;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    spaced.push_back(std::string_view(storage).substr(begin, end - begin));
    begin = end;
  }
  return spaced;
}

}  // namespace

std::vector<std::string_view> Pretokenizer::split(std::string_view text, std::string& storage) const {
  Pieces pieces, next;
  if (!text.empty()) pieces.push_back(text);
  for (const Stage& stage : stages_) {
    const auto* byte_level = std::get_if<ByteLevelStage>(&stage);
    if (byte_level && byte_level->add_prefix_space) pieces = with_prefix_space(pieces, storage);
    if (byte_level && !byte_level->pattern) continue;
    next.clear();
    for (const std::string_view piece : pieces) {
      if (byte_level) byte_level->pattern->split(piece, next);
      else if (const auto* digits = std::get_if<DigitsStage>(&stage)) split_digits(piece, digits->individual, next);
      else std::get<SplitStage>(stage).pattern.split(piece, next);
    }
    pieces.swap(next);
  }
  return pieces;
}

}  // namespace laconic::model
