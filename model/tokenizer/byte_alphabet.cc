#include "model/tokenizer/byte_alphabet.h"

#include <array>

#include "model/tokenizer/utf8.h"

namespace laconic::model {
namespace {

struct Alphabet {
  std::array<char32_t, 256> symbol{};
  std::array<int, 0x144> byte{};
};

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  for (int& byte : alphabet.byte) byte = -1;
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    const char32_t symbol = printable ? static_cast<char32_t>(byte) : next++;
    alphabet.symbol[static_cast<std::size_t>(byte)] = symbol;
    alphabet.byte[symbol] = byte;
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

}  // namespace

char32_t byte_symbol(std::uint8_t byte) { return kAlphabet.symbol[byte]; }

std::string byte_symbols(std::string_view bytes) {
  std::string symbols;
  for (const char byte : bytes) append_utf8(symbols, byte_symbol(static_cast<std::uint8_t>(byte)));
  return symbols;
}

std::optional<std::string> bytes_of_symbols(std::string_view symbols) {
  std::string bytes;
  while (!symbols.empty()) {
    const int length = valid_sequence(symbols);
    if (length == 0) return std::nullopt;
    const char32_t point = code_point(symbols);
    if (point >= kAlphabet.byte.size() || kAlphabet.byte[point] < 0) return std::nullopt;
    bytes += static_cast<char>(kAlphabet.byte[point]);
    symbols.remove_prefix(static_cast<std::size_t>(length));
  }
  return bytes;
}

}  // namespace laconic::model
