// UTF-8 at the byte level: validity, code points, composition (NFC), character classes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace laconic::model {

// Length in bytes of the valid UTF-8 sequence at the front of `text`; 0 when it is not one
// (overlong forms, surrogates and values above U+10FFFF are not).
int valid_sequence(std::string_view text);

// Length of the longest prefix that is valid UTF-8 throughout.
std::size_t valid_prefix(std::string_view text);

// The code point of a valid sequence at the front of `text`.
char32_t code_point(std::string_view text);

void append_utf8(std::string& text, char32_t point);

// Unicode normalisation form C as the `tokenizers` library does it (unicode_tables.h). n log n at worst.
std::string nfc(std::string_view valid_text);

bool is_numeric(char32_t point);     // general category N
bool is_white_space(char32_t point); // property White_Space
bool is_word(char32_t point);        // alphabetic, mark, decimal digit or connector punctuation

// For a code point newer than the regular expression library may be: an old one of the same general
// category whose UTF-8 is as long; otherwise the point itself.
char32_t stand_in(char32_t point);

}  // namespace laconic::model
