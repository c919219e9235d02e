#include "verifiers/math/unicode.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace laconic::verifiers::math {
namespace {

struct Mapping {
  std::string_view to;
  char script = 0;  // '^' or '_': a run of these is one exponent or index
};

const std::unordered_map<std::string_view, Mapping>& mappings() {
  static const std::unordered_map<std::string_view, Mapping> table = {
#define UNICODE(from, to) {from, {to, 0}},
#define SUPERSCRIPT(from, to) {from, {to, '^'}},
#define SUBSCRIPT(from, to) {from, {to, '_'}},
#include "verifiers/math/unicode.def"
#undef UNICODE
#undef SUPERSCRIPT
#undef SUBSCRIPT
  };
  return table;
}

std::size_t character_length(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

// Mathematical alphanumeric symbols and full-width forms, by code point; 0: not one.
char styled_ascii(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i])); };
  if (character.size() == 3) {
    const std::uint32_t code = (byte(0) & 0xF) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    if (code >= 0xFF10 && code <= 0xFF19) return static_cast<char>('0' + (code - 0xFF10));
    if (code >= 0xFF21 && code <= 0xFF3A) return static_cast<char>('A' + (code - 0xFF21));
    if (code >= 0xFF41 && code <= 0xFF5A) return static_cast<char>('a' + (code - 0xFF41));
    if (code == 0x210E) return 'h';
  }
  if (character.size() == 4) {
    const std::uint32_t code = (byte(0) & 0x7) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    if (code >= 0x1D400 && code <= 0x1D6A3) {
      const std::uint32_t letter = (code - 0x1D400) % 52;
      return static_cast<char>(letter < 26 ? 'A' + letter : 'a' + (letter - 26));
    }
    if (code >= 0x1D7CE && code <= 0x1D7FF) return static_cast<char>('0' + (code - 0x1D7CE) % 10);
  }
  return 0;
}

}  // namespace

std::string ascii_mathematics(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return std::string(text);
  std::string out;
  out.reserve(text.size() + 64);
  char open_script = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::min(character_length(static_cast<unsigned char>(text[i])), text.size() - i);
    const std::string_view character = text.substr(i, length);
    i += length;
    const auto found = length == 1 ? mappings().end() : mappings().find(character);
    const char script = found == mappings().end() ? char{0} : found->second.script;
    if (open_script && script != open_script) {
      out += '}';
      open_script = 0;
    }
    if (script && !open_script) {
      out += script;
      out += '{';
      open_script = script;
    }
    if (found != mappings().end()) {
      out += found->second.to;
    } else if (const char plain = length == 1 ? char{0} : styled_ascii(character)) {
      out += plain;
    } else {
      out += character;
    }
  }
  if (open_script) out += '}';
  return out;
}

}  // namespace laconic::verifiers::math
