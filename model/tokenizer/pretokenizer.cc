#include "model/tokenizer/pretokenizer.h"

#include "model/tokenizer/utf8.h"

namespace laconic::model {

const char* const kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

using Pieces = std::vector<std::string_view>;
using Matches = std::vector<std::pair<std::size_t, std::size_t>>;

// The stretches of `text`, matched or not, in order; never empty.
template <class Sink>
void for_stretches(std::string_view text, const Matches& matches, Sink&& sink) {
  std::size_t position = 0;
  for (const auto& [begin, end] : matches) {
    if (begin > position) sink(text.substr(position, begin - position), false);
    sink(text.substr(begin, end - begin), true);
    position = end;
  }
  if (position < text.size()) sink(text.substr(position), false);
}

void cut_isolated(std::string_view text, const Matches& matches, Pieces& pieces) {
  for_stretches(text, matches, [&](std::string_view stretch, bool) { pieces.push_back(stretch); });
}

void cut(std::string_view text, const Matches& matches, SplitBehavior behavior, bool invert, Pieces& pieces) {
  if (behavior == SplitBehavior::kIsolated) return cut_isolated(text, matches, pieces);
  const std::size_t first = pieces.size();
  bool previous = false;
  for_stretches(text, matches, [&](std::string_view stretch, bool is_match) {
    const bool match = is_match != invert, begins = pieces.size() == first;
    bool join = false;
    switch (behavior) {
      case SplitBehavior::kIsolated: break;
      case SplitBehavior::kRemoved:
        if (match) return;
        break;
      case SplitBehavior::kMergedWithPrevious: join = match && !previous; break;
      case SplitBehavior::kMergedWithNext: join = previous && !match; break;
      case SplitBehavior::kContiguous: join = previous == match; break;
    }
    previous = match;
    if (join && !begins) pieces.back() = {pieces.back().data(), pieces.back().size() + stretch.size()};
    else pieces.push_back(stretch);
  });
}

void split_digits(std::string_view text, bool individual, Pieces& pieces) {
  std::size_t begin = 0, position = 0;
  bool in_digits = false;
  const auto cut = [&](std::size_t end) {
    if (end > begin) pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  };
  while (position < text.size()) {
    const auto ascii = static_cast<unsigned char>(text[position]);
    if (!in_digits && ascii < 0x80 && !(ascii >= '0' && ascii <= '9')) {
      ++position;
      continue;
    }
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
  Matches matches;
  if (!text.empty()) pieces.push_back(text);
  for (const Stage& stage : stages_) {
    const auto* byte_level = std::get_if<ByteLevelStage>(&stage);
    if (byte_level && byte_level->add_prefix_space) pieces = with_prefix_space(pieces, storage);
    if (byte_level && !byte_level->pattern) continue;
    next.clear();
    next.reserve(pieces.size());
    for (const std::string_view piece : pieces) {
      if (const auto* digits = std::get_if<DigitsStage>(&stage)) {
        split_digits(piece, digits->individual, next);
        continue;
      }
      const auto* split = std::get_if<SplitStage>(&stage);
      (split ? split->pattern : *byte_level->pattern).find(piece, matches);
      if (split) cut(piece, matches, split->behavior, split->invert, next);
      else cut_isolated(piece, matches, next);
    }
    pieces.swap(next);
  }
  return pieces;
}

}  // namespace laconic::model
