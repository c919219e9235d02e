#include "model/tokenizer/white_space.h"

#include <array>

namespace laconic::model {
namespace {

using namespace std::string_view_literals;

// U+0009–000D, U+001C–0020, U+0085, U+00A0, U+1680, U+2000–200A, U+2028, U+2029, U+202F, U+205F, U+3000.
constexpr std::array kSpaces = {
    "\t"sv, "\n"sv, "\v"sv, "\f"sv, "\r"sv, "\x1c"sv, "\x1d"sv, "\x1e"sv, "\x1f"sv, " "sv, "\xc2\x85"sv, "\xc2\xa0"sv,
    "\xe1\x9a\x80"sv, "\xe2\x80\x80"sv, "\xe2\x80\x81"sv, "\xe2\x80\x82"sv, "\xe2\x80\x83"sv, "\xe2\x80\x84"sv, "\xe2\x80\x85"sv,
    "\xe2\x80\x86"sv, "\xe2\x80\x87"sv, "\xe2\x80\x88"sv, "\xe2\x80\x89"sv, "\xe2\x80\x8a"sv, "\xe2\x80\xa8"sv, "\xe2\x80\xa9"sv,
    "\xe2\x80\xaf"sv, "\xe2\x81\x9f"sv, "\xe3\x80\x80"sv,
};

}  // namespace

std::size_t leading_space(std::string_view text) {
  for (const std::string_view space : kSpaces)
    if (text.starts_with(space)) return space.size();
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  for (const std::string_view space : kSpaces)
    if (text.ends_with(space)) return space.size();
  return 0;
}

std::string_view trimmed_front(std::string_view text) {
  while (const std::size_t space = leading_space(text)) text.remove_prefix(space);
  return text;
}

std::string_view trimmed_back(std::string_view text) {
  while (const std::size_t space = trailing_space(text)) text.remove_suffix(space);
  return text;
}

std::string_view trimmed(std::string_view text) { return trimmed_back(trimmed_front(text)); }

}  // namespace laconic::model
