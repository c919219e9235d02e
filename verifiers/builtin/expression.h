// Arithmetic over whole numbers, exact, for Countdown. Nothing is evaluated but this grammar:
//
//   sum     := product (("+" | "-" | "−") product)*
//   product := factor (("*" | "/" | "×" | "÷" | "·" | "⋅" | "\times" | "\cdot" | "\div") factor)*
//   factor  := "-" factor | digits | "(" sum ")" | "\frac{" sum "}{" sum "}"
//
// Blanks, "$", "\(", "\)", "\left", "\right" and thin spaces are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace laconic::verifiers::builtin {

struct Rational {
  __int128 num = 0, den = 1;  // lowest terms, den > 0
  bool operator==(const Rational&) const = default;
};

struct Expression {
  Rational value;
  std::vector<std::int64_t> numbers;  // as they stand, from left to right
};

// The error says what is wrong with the text: a character, an open bracket, a division by zero, a
// number or a nesting beyond bounds.
tl::expected<Expression, std::string> evaluate(std::string_view text);

std::string to_text(const Rational& value);

}  // namespace laconic::verifiers::builtin
