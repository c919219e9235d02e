#include "verifiers/code/compare.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

namespace laconic::verifiers::code {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// [+-] digits [. digits] [e [+-] digits], the whole word, with at least one digit.
bool is_decimal(std::string_view word) {
  std::size_t i = 0, digits = 0;
  const auto run = [&] {
    const std::size_t begin = i;
    while (i < word.size() && word[i] >= '0' && word[i] <= '9') ++i;
    return i - begin;
  };
  if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
  digits = run();
  if (i < word.size() && word[i] == '.') ++i, digits += run();
  if (digits == 0) return false;
  if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
    ++i;
    if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
    if (run() == 0) return false;
  }
  return i == word.size();
}

// A decimal's exact value: ±0.DIGITS × 10^exponent without zeros at either end of DIGITS.
struct Exact {
  bool negative = false;
  std::string digits;
  long exponent = 0;
  bool operator==(const Exact&) const = default;
};

Exact exact_value(std::string_view word) {
  Exact value;
  if (word.front() == '-' || word.front() == '+') value.negative = word.front() == '-', word.remove_prefix(1);
  const std::size_t e = std::min(word.find_first_of("eE"), word.size());
  std::string_view power = word.substr(e);
  if (!power.empty()) power.remove_prefix(1);
  if (!power.empty() && power.front() == '+') power.remove_prefix(1);
  // Beyond a long only the sign of the power would matter, and no program prints that.
  std::from_chars(power.data(), power.data() + power.size(), value.exponent);
  word = word.substr(0, e);
  const std::size_t point = std::min(word.find('.'), word.size());
  value.exponent += static_cast<long>(point);
  value.digits = std::string(word.substr(0, point)) + std::string(word.substr(std::min(point + 1, word.size())));
  const std::size_t first = value.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  value.exponent -= static_cast<long>(first);
  value.digits = value.digits.substr(first, value.digits.find_last_not_of('0') - first + 1);
  return value;
}

bool same_number(const Comparison& rule, std::string_view got, std::string_view expected) {
  const bool integer = expected.find_first_of(".eE") == std::string_view::npos;
  if ((rule.absolute <= 0 && rule.relative <= 0) || (rule.exact_integers && integer)) return exact_value(got) == exact_value(expected);
  const auto value_of = [](std::string_view word) {
    if (word.front() == '+') word.remove_prefix(1);
    long double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() ? value : std::nanl("");
  };
  const long double a = value_of(got), b = value_of(expected), difference = std::fabs(a - b);
  // Each rule is asked by itself: a product with a negative tolerance must not decide. NaN fails both.
  return (rule.absolute >= 0 && difference <= rule.absolute) || (rule.relative >= 0 && difference <= rule.relative * std::fabs(b));
}

bool same_word(const Comparison& rule, std::string_view got, std::string_view expected) {
  if (got == expected) return true;
  if ((rule.absolute >= 0 || rule.relative >= 0) && is_decimal(got) && is_decimal(expected)) return same_number(rule, got, expected);
  return rule.case_fold && got.size() == expected.size() &&
         std::equal(got.begin(), got.end(), expected.begin(), [](char a, char b) { return folded(a) == folded(b); });
}

struct Words {
  std::string_view rest;
  std::size_t line = 1;

  // The blanks up to the next word.
  std::string_view blanks() {
    std::size_t n = 0;
    while (n < rest.size() && is_blank(rest[n])) line += rest[n++] == '\n';
    return take(n);
  }
  std::string_view word() {
    std::size_t n = 0;
    while (n < rest.size() && !is_blank(rest[n])) ++n;
    return take(n);
  }
  std::string_view take(std::size_t n) {
    const std::string_view taken = rest.substr(0, n);
    rest.remove_prefix(n);
    return taken;
  }
};

std::string quoted(std::string_view text) { return "\"" + shortened(text) + "\""; }

Compared differ(std::size_t line, std::string_view got, std::string_view expected) {
  return {false, "line " + std::to_string(line) + ": got " + (got.empty() ? "nothing more" : quoted(got)) + ", expected " +
                     (expected.empty() ? "nothing more" : quoted(expected))};
}

std::string_view trimmed_right(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

// Word by word; with `blanks`, what stands between them must be the same too.
Compared compare_words(const Comparison& rule, std::string_view got, std::string_view expected, bool blanks) {
  Words a{got}, b{expected};
  while (true) {
    const std::string_view gap_a = a.blanks(), gap_b = b.blanks();
    if (blanks && gap_a != gap_b) return {false, "line " + std::to_string(b.line) + ": blanks differ: got " + quoted(gap_a) + ", expected " + quoted(gap_b)};
    const std::string_view word_a = a.word(), word_b = b.word();
    if (word_a.empty() && word_b.empty()) return {true, {}};
    if (word_a.empty() || word_b.empty() || !same_word(rule, word_a, word_b)) return differ(b.line, word_a, word_b);
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  text = trimmed_right(text);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(trimmed_right(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Compared compare_lines(const Comparison& rule, std::string_view got, std::string_view expected, bool ordered) {
  std::vector<std::string_view> a = lines_of(got), b = lines_of(expected);
  if (!ordered) {
    // Sorting brings equal lines together only when the order cannot tell apart what the rule calls equal.
    const auto before = [&](std::string_view x, std::string_view y) {
      return rule.case_fold ? std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end(),
                                                           [](char p, char q) { return folded(p) < folded(q); })
                            : x < y;
    };
    std::sort(a.begin(), a.end(), before);
    std::sort(b.begin(), b.end(), before);
  }
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string_view line_a = i < a.size() ? a[i] : std::string_view(), line_b = i < b.size() ? b[i] : std::string_view();
    if (i < a.size() && i < b.size() && compare_words(rule, line_a, line_b, true).equal) continue;
    Compared result = differ(i + 1, line_a, line_b);
    if (!ordered) result.difference = "among the sorted lines, " + result.difference;
    return result;
  }
  return {true, {}};
}

}  // namespace

Compared compare_output(const Comparison& rule, std::string_view got, std::string_view expected) {
  switch (rule.mode) {
    case CompareMode::kExact:
      return compare_words(rule, got, expected, true);
    case CompareMode::kTrailingSpace:
      return compare_lines(rule, got, expected, true);
    case CompareMode::kTokens:
      return compare_words(rule, got, expected, false);
    case CompareMode::kUnorderedLines:
      return compare_lines(rule, got, expected, false);
  }
  return {false, "no such comparison"};
}

namespace {
constexpr std::pair<CompareMode, std::string_view> kModes[] = {{CompareMode::kExact, "exact"},
                                                               {CompareMode::kTrailingSpace, "trailing_space"},
                                                               {CompareMode::kTokens, "tokens"},
                                                               {CompareMode::kUnorderedLines, "unordered_lines"}};
}

std::string_view name_of(CompareMode mode) {
  for (const auto& [value, name] : kModes)
    if (value == mode) return name;
  return "?";
}

std::optional<CompareMode> compare_mode_named(std::string_view name) {
  for (const auto& [value, text] : kModes)
    if (text == name) return value;
  return std::nullopt;
}

std::string shortened(std::string_view bytes, std::size_t limit) {
  std::string out;
  std::size_t i = 0;
  while (i < bytes.size() && out.size() < limit) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c == '\n') {
      out += "\\n", ++i;
    } else if (c == '\t') {
      out += "\\t", ++i;
    } else if (c >= 0x20 && c < 0x7F) {
      out += bytes[i++];
    } else {
      // A whole UTF-8 character, or the byte as an escape. Overlong forms and surrogates are not
      // told apart here by more than their lead byte and value.
      const std::size_t length = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
      bool whole = length != 0 && i + length <= bytes.size();
      for (std::size_t k = 1; whole && k < length; ++k) whole = (static_cast<unsigned char>(bytes[i + k]) & 0xC0) == 0x80;
      if (whole && length >= 3) {
        const auto second = static_cast<unsigned char>(bytes[i + 1]);
        whole = !((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) || (c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F));
      }
      if (whole) {
        out += bytes.substr(i, length);
        i += length;
      } else {
        char text[8];
        std::snprintf(text, sizeof text, "\\x%02x", c);
        out += text;
        ++i;
      }
    }
  }
  if (i < bytes.size()) out += "…";
  return out;
}

}  // namespace laconic::verifiers::code
