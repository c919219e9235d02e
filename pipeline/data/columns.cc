#include "pipeline/data/columns.h"

#include <fmt/format.h>

#include <algorithm>

namespace laconic::pipeline {
namespace {

std::string column_name(int column) {
  static const char* const kNames[] = {"ones", "tens", "hundreds", "thousands"};
  return column < 4 ? kNames[column] : fmt::format("place{}", column + 1);
}

int digit_count(std::int64_t value) {
  int count = 1;
  while (value >= 10) {
    value /= 10;
    ++count;
  }
  return count;
}

int digit(std::int64_t value, int column) {
  while (column-- > 0) value /= 10;
  return static_cast<int>(value % 10);
}

std::int64_t power_of_ten(int exponent) {
  std::int64_t value = 1;
  while (exponent-- > 0) value *= 10;
  return value;
}

// A wrong step is off by one, staying within [0, most].
int slip(int value, int most, double rate, PhiloxStream& random) {
  if (random.uniform() >= rate) return value;
  const bool down = random.below(2) == 0;
  if (value == 0) return 1;
  if (value == most) return value - 1;
  return down ? value - 1 : value + 1;
}

// One line. `written` and `moved` (the carry or borrow, 0 = none) appear when it is spelt out.
std::string step_line(const std::string& equation, int column, int written, int moved, const char* move, bool spelt) {
  if (!spelt) return equation;
  std::string line = fmt::format("{} {} write {}", column_name(column), equation, written);
  if (moved != 0) line += fmt::format(" {} {}", move, moved);
  return line;
}

}  // namespace

std::int64_t add_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines) {
  const int columns = std::max(digit_count(a), digit_count(b));
  std::int64_t result = 0;
  int carry = 0;
  for (int c = 0; c < columns; ++c) {
    const int x = digit(a, c), y = digit(b, c);
    const int sum = slip(x + y + carry, 19, style.wrong_rate, random);
    const std::string equation = carry != 0 ? fmt::format("{}+{}+{}={}", x, y, carry, sum) : fmt::format("{}+{}={}", x, y, sum);
    const bool last = c + 1 == columns;
    const int written = last ? sum : sum % 10;
    carry = last ? 0 : sum / 10;
    lines.push_back(step_line(equation, c, written, carry, "carry", random.uniform() < style.spell_out));
    result += written * power_of_ten(c);
  }
  return result;
}

std::int64_t subtract_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines) {
  const int columns = std::max(digit_count(a), digit_count(b));
  std::int64_t result = 0;
  int borrow = 0;
  for (int c = 0; c < columns; ++c) {
    const int x = digit(a, c), y = digit(b, c);
    const int lent = x - y - borrow < 0 ? 1 : 0;  // never in the last column: a ≥ b
    const int rest = slip(x + 10 * lent - y - borrow, 9, style.wrong_rate, random);
    const std::string equation = borrow != 0 ? fmt::format("{}-{}-{}={}", x + 10 * lent, y, borrow, rest) : fmt::format("{}-{}={}", x + 10 * lent, y, rest);
    borrow = lent;
    lines.push_back(step_line(equation, c, rest, borrow, "borrow", random.uniform() < style.spell_out));
    result += rest * power_of_ten(c);
  }
  return result;
}

std::int64_t multiply_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines) {
  // One partial product per digit of b, added to the sum so far as it comes.
  std::int64_t total = 0;
  for (int row = 0; row < digit_count(b); ++row) {
    const int factor = digit(b, row);
    const int columns = digit_count(a);
    std::int64_t partial = 0;
    int carry = 0;
    for (int c = 0; c < columns; ++c) {
      const int x = digit(a, c);
      const int product = slip(x * factor + carry, 89, style.wrong_rate, random);
      const std::string equation = carry != 0 ? fmt::format("{}*{}+{}={}", x, factor, carry, product) : fmt::format("{}*{}={}", x, factor, product);
      const bool last = c + 1 == columns;
      const int written = last ? product : product % 10;
      carry = last ? 0 : product / 10;
      lines.push_back(step_line(equation, c, written, carry, "carry", random.uniform() < style.spell_out));
      partial += written * power_of_ten(c);
    }
    partial *= power_of_ten(row);
    if (row == 0) {
      total = partial;
    } else {
      lines.push_back(fmt::format("{}+{}", total, partial));
      total = add_by_columns(total, partial, style, random, lines);
    }
  }
  return total;
}

std::string list_columns(std::int64_t a, std::int64_t b) {
  std::string line;
  for (int c = 0; c < std::max(digit_count(a), digit_count(b)); ++c) {
    line += fmt::format("{}{} {} {}", c == 0 ? "" : " ", column_name(c), digit(a, c), digit(b, c));
  }
  return line;
}

}  // namespace laconic::pipeline
