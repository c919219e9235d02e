// Answers that are words: "even", "no solution", "five million", "(A) Alina", "4:30 p.m.".
#include <algorithm>
#include <cctype>

#include "verifiers/math/build.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

bool is_alpha(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '~'; }

// Lower case, one blank between words, no punctuation at the ends of words.
std::string normalised(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_space(c)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (c == '"' || c == '`' || c == '*' || c == '!' || c == '?') {
      continue;
    } else {
      out += c;
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.' || out.back() == ',' || out.back() == ';' || out.back() == ':')) out.pop_back();
  return folded(out);
}

Value scalar_of(ExprPtr e) {
  Value value;
  value.kind = Kind::kScalar;
  value.scalar = std::move(e);
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string> plain_text(std::string_view latex, bool& quoted) {
  std::string out;
  quoted = true;
  int inside = 0, depth = 0;
  for (std::size_t i = 0; i < latex.size(); ++i) {
    const char c = latex[i];
    if (c == '\\') {
      std::size_t n = 1;
      while (i + n < latex.size() && is_alpha(latex[i + n])) ++n;
      if (n == 1) {
        const char next = i + 1 < latex.size() ? latex[i + 1] : '\0';
        if (next == ' ' || next == ',' || next == ';' || next == ':' || next == '!') { out += ' '; ++i; continue; }
        return std::nullopt;
      }
      const std::string_view name = latex.substr(i + 1, n - 1);
      const CommandStyle style = style_of_command(name);
      if (style == CommandStyle::kText || (style == CommandStyle::kStyled)) {
        std::size_t brace = i + n;
        while (brace < latex.size() && is_space(latex[brace])) ++brace;
        if (brace >= latex.size() || latex[brace] != '{') return std::nullopt;
        ++depth;
        ++inside;
        i = brace;
        continue;
      }
      if (name == "quad" || name == "qquad") { out += ' '; i += n - 1; continue; }
      return std::nullopt;
    }
    if (c == '{') return std::nullopt;
    if (c == '}') {
      if (depth-- == 0) return std::nullopt;
      --inside;
      continue;
    }
    if (c == '^' || c == '_' || c == '$') return std::nullopt;
    if (inside == 0 && !is_space(c) && c != '.' && c != ',') quoted = false;
    out += c;
  }
  return depth == 0 ? std::optional(out) : std::nullopt;
}

std::optional<Value> parse_words(std::string_view text, bool quoted, bool& fallback) {
  const std::string words = normalised(text);
  if (words.empty()) return std::nullopt;
  if (const auto phrase = phrase_value(words)) {
    Value value;
    switch (*phrase) {
      case PhraseValue::kEmptySet: value.kind = Kind::kSet; return value;
      case PhraseValue::kReals: value.kind = Kind::kNamedSet; value.text = "R"; return value;
      case PhraseValue::kIntegers: value.kind = Kind::kNamedSet; value.text = "Z"; return value;
      case PhraseValue::kInfinity: return scalar_of(node(Op::kInfinity));
      case PhraseValue::kUndefined: value.kind = Kind::kText; value.text = "undefined"; return value;
    }
  }
  if (const auto number_text = number_in_words(words); number_text && words != "second") {
    std::string_view digits = *number_text;
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    const std::size_t slash = digits.find('/');
    ExprPtr e = slash == std::string_view::npos ? number(std::string(digits)) : divide(number(std::string(digits.substr(0, slash))), number(std::string(digits.substr(slash + 1))));
    return scalar_of(negative ? negate(std::move(e)) : std::move(e));
  }
  Value value;
  value.kind = Kind::kText;
  value.text = words;
  bool listed = true, letters = true;
  std::string word;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const char c = i < words.size() ? words[i] : ' ';
    if (is_alpha(c) || c == '\'') { word += c; continue; }
    if (c != ' ' && c != '-' && c != ',' && c != '.') letters = false;
    if (!word.empty()) listed = listed && is_listed_word(word);
    word.clear();
  }
  if (!letters && !quoted) return std::nullopt;
  fallback = !quoted && !listed;
  return value;
}

// "(A)", "(A) Alina", "A. Alina", "A) Alina", "A: Alina", "C Cecile"; a bare letter is a symbol.
std::optional<Value> parse_choice(std::string_view raw) {
  std::string_view text = trim(raw);
  if (text.empty()) return std::nullopt;
  bool open = false;
  if (text.front() == '(' || text.front() == '[') {
    open = true;
    text.remove_prefix(1);
    text = trim(text);
  }
  if (text.empty() || text[0] < 'A' || text[0] > 'Z') return std::nullopt;
  Value value;
  value.kind = Kind::kChoice;
  value.text = text.substr(0, 1);
  text = text.substr(1);
  if (open) {
    text = trim(text);
    if (text.empty() || (text[0] != ')' && text[0] != ']')) return std::nullopt;
    text = trim(text.substr(1));
    if (text.empty() || text == "." || text == ":") return value;
    // "(A) words": what follows must not go on as a formula would.
    static constexpr std::string_view kGoesOn = "+-*/^=<>(|!,;_)]";
    return kGoesOn.find(text[0]) == std::string_view::npos ? std::optional(value) : std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  if (text[0] == '.' || text[0] == ')' || text[0] == ':') {
    const std::string_view rest = trim(text.substr(1));
    if (rest.empty() && text[0] != ':') return value;
    return !rest.empty() && (is_space(text.size() > 1 ? text[1] : 'x')) ? std::optional(value) : std::nullopt;
  }
  if (is_space(text[0])) {  // "C Cecile": a word, not a formula
    const std::string_view rest = trim(text);
    std::size_t n = 0;
    while (n < rest.size() && is_alpha(rest[n])) ++n;
    const std::string first = folded(rest.substr(0, n));
    if (n >= 3 && first != "and" && function_named(first).empty() && unit_named(first).empty() && first != "where" && first != "for" && rest.find_first_of("=^_\\+") == std::string_view::npos) return value;
  }
  return std::nullopt;
}

// "4:30 p.m.", "12:00 PM", "9 a.m.": hours with a half of the day. Without it 12:00 is a ratio as well.
std::optional<Value> parse_time(std::string_view raw) {
  const std::string text = normalised(raw);
  std::size_t i = 0;
  const auto digits = [&](std::size_t limit) {
    int value = 0;
    std::size_t n = 0;
    while (i < text.size() && n < limit && is_digit(text[i])) { value = value * 10 + (text[i++] - '0'); ++n; }
    return n == 0 || (i < text.size() && is_digit(text[i])) ? -1 : value;
  };
  const int hours = digits(2);
  int minutes = 0;
  if (hours < 0 || hours > 24) return std::nullopt;
  if (i < text.size() && text[i] == ':') {
    ++i;
    if (text.size() - i < 2) return std::nullopt;
    minutes = digits(2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
  }
  while (i < text.size() && text[i] == ' ') ++i;
  std::string half;
  for (; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != ' ') half += text[i];
  }
  if (half != "am" && half != "pm") return std::nullopt;
  if (hours == 0 || hours > 12) return std::nullopt;
  Value value;
  value.kind = Kind::kTime;
  value.text = half;
  value.minutes = (hours % 12) * 60 + minutes + (half == "pm" ? 720 : 0);
  return value;
}

}  // namespace laconic::verifiers::math
