// Python's string operations on marked text: positions count characters (a byte that is not UTF-8 counts
// as one), and every byte of a result keeps its origin.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/chat/marked_text.h"

namespace laconic::model::jinja {

// Where each character starts, and the end: one entry more than there are characters.
std::vector<std::size_t> character_starts(std::string_view text);
std::int64_t character_count(std::string_view text);

enum class Sides { kFront = 1, kBack = 2, kBoth = 3 };
// Without the characters of `chars` at the ends; nullopt: white space.
MarkedText strip(const MarkedText& text, std::optional<std::string_view> chars, Sides sides);

// At most `most` splits (negative: all), counted from the back where `from_back`. nullopt: at white space.
std::vector<MarkedText> split(const MarkedText& text, std::optional<std::string_view> separator, std::int64_t most, bool from_back);
std::vector<MarkedText> split_lines(const MarkedText& text);

// `from` is not empty.
MarkedText replace(const MarkedText& text, std::string_view from, const MarkedText& to, std::int64_t most);

enum class Case { kUpper, kLower, kCapitalize, kTitle };
// One character for one, but for ß.
MarkedText change_case(const MarkedText& text, Case wanted);

struct Slice {
  std::optional<std::int64_t> start, stop;
  std::int64_t step = 1;
};
// The indices that text[start:stop:step] takes of `size` items. step ≠ 0.
std::vector<std::size_t> slice_indices(std::size_t size, const Slice& slice);

}  // namespace laconic::model::jinja
