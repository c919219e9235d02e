// The byte-level alphabet (GPT-2, Radford et al. 2019): tokenizer files write each of the 256 bytes
// as one printable code point. Printable Latin-1 bytes stand for themselves, the 68 others are
// U+0100 … U+0143 in byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace laconic::model {

char32_t byte_symbol(std::uint8_t byte);
std::string byte_symbols(std::string_view bytes);  // each byte's symbol, as UTF-8

// The bytes that a token's text stands for; nothing when a code point is outside the alphabet.
std::optional<std::string> bytes_of_symbols(std::string_view symbols);

}  // namespace laconic::model
