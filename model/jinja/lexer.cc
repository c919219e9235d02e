#include "model/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/utf8.h"
#include "model/tokenizer/white_space.h"

namespace laconic::model::jinja {
namespace {

constexpr std::array<std::string_view, 26> kOperators = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]",
                                                         "(",  ")",  "{",  "}",  ">",  "<",  "=", ".", ":", "|", ",", ";"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

// One line break everywhere; the last one of the source belongs to the file, not to the template.
std::string normalised(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      text += source[i];
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalised(source)), text_(source_) {}

  std::vector<Token> run() {
    while (position_ < text_.size()) {
      const std::size_t begin = next_mark();
      if (begin == std::string_view::npos) {
        emit_text(text_.substr(position_));
        position_ = text_.size();
        break;
      }
      const char kind = text_[begin + 1];
      const char sign = sign_at(begin + 2);
      emit_text(before_mark(begin, sign, kind != '{'));
      const Place at = place(begin);
      position_ = begin + 2 + (sign ? 1 : 0);
      if (kind == '#') comment(at);
      else if (kind == '{') code(TokenKind::kOutputBegin, TokenKind::kOutputEnd, "}}", false, at);
      else if (!raw(begin, at)) code(TokenKind::kBlockBegin, TokenKind::kBlockEnd, "%}", true, at);
    }
    tokens_.push_back({TokenKind::kEnd, "", place(text_.size())});
    return std::move(tokens_);
  }

 private:
  char sign_at(std::size_t at) const { return at < text_.size() && (text_[at] == '-' || text_[at] == '+') ? text_[at] : '\0'; }

  std::size_t next_mark() const {
    for (std::size_t at = text_.find('{', position_); at != std::string_view::npos && at + 1 < text_.size(); at = text_.find('{', at + 1))
      if (text_[at + 1] == '%' || text_[at + 1] == '{' || text_[at + 1] == '#') return at;
    return std::string_view::npos;
  }

  // The text up to a mark, without the white space that the mark takes.
  std::string_view before_mark(std::size_t begin, char sign, bool is_block) const {
    const std::string_view text = text_.substr(position_, begin - position_);
    if (sign == '-') return trimmed_back(text);
    if (sign == '+' || !is_block) return text;
    const std::size_t line = text.rfind('\n') + 1;  // 0 when there is none
    const bool at_line_start = line > 0 || position_ == 0 || text_[position_ - 1] == '\n';
    return at_line_start && trimmed(text.substr(line)).empty() ? text.substr(0, line) : text;
  }

  void emit_text(std::string_view text) {
    if (!text.empty()) tokens_.push_back({TokenKind::kText, std::string(text), place(position_)});
  }

  void skip_space() {
    while (const std::size_t space = leading_space(text_.substr(position_))) position_ += space;
  }

  // After a closing mark: what `sign` before it takes of the text that follows.
  void after_mark(char sign, bool trims_line) {
    if (sign == '-') skip_space();
    else if (sign != '+' && trims_line && position_ < text_.size() && text_[position_] == '\n') ++position_;
  }

  void comment(Place at) {
    const std::size_t end = text_.find("#}", position_);
    if (end == std::string_view::npos) fail(at, "the comment is not closed by #}");
    const char sign = end > position_ ? sign_at(end - 1) : '\0';
    position_ = end + 2;
    after_mark(sign, true);
  }

  // {% raw %} … {% endraw %}: text in which nothing is code. False: it is another block.
  bool raw(std::size_t begin, Place at) {
    std::size_t end = block_word(begin, "raw");
    if (end == 0) return false;
    const bool strips = text_[end] == '-';
    position_ = end + (strips ? 3 : 2);
    if (strips) skip_space();
    for (std::size_t close = text_.find("{%", position_); close != std::string_view::npos; close = text_.find("{%", close + 1)) {
      end = block_word(close, "endraw");
      if (end == 0) continue;
      emit_text(before_mark(close, sign_at(close + 2), true));
      const char sign = sign_at(end);
      position_ = end + (sign ? 3 : 2);
      after_mark(sign, true);
      return true;
    }
    fail(at, "{% raw %} is not closed by {% endraw %}");
  }

  // Where the closing mark (with its sign) of the block {% word %} at `begin` starts; 0 when it is another block.
  std::size_t block_word(std::size_t begin, std::string_view word) const {
    std::size_t at = begin + 2 + (sign_at(begin + 2) ? 1 : 0);
    const auto skip = [&] { while (at < text_.size()) { const std::size_t s = leading_space(text_.substr(at)); if (s == 0) break; at += s; } };
    skip();
    if (!text_.substr(at).starts_with(word)) return 0;
    at += word.size();
    skip();
    const std::size_t close = at + (sign_at(at) ? 1 : 0);
    return text_.substr(close).starts_with("%}") ? at : 0;
  }

  void code(TokenKind begin_kind, TokenKind end_kind, std::string_view close, bool is_block, Place opened) {
    tokens_.push_back({begin_kind, "", opened});
    std::string braces;
    while (true) {
      skip_space();
      if (position_ >= text_.size()) fail(opened, fmt::format("{} is not closed by {}", is_block ? "{%" : "{{", close));
      const Place at = place(position_);
      const char sign = sign_at(position_);
      const std::size_t end = position_ + (sign == '-' || (sign == '+' && is_block) ? 1 : 0);
      if (braces.empty() && text_.substr(end).starts_with(close)) {
        tokens_.push_back({end_kind, "", at});
        const char mark = end > position_ ? sign : '\0';
        position_ = end + 2;
        after_mark(mark, is_block);
        return;
      }
      const char c = text_[position_];
      if (is_digit(c)) number(at);
      else if (is_name(c)) name(at);
      else if (c == '\'' || c == '"') string(at);
      else op(at, braces);
    }
  }

  void name(Place at) {
    std::size_t end = position_;
    while (end < text_.size() && is_name(text_[end])) ++end;
    tokens_.push_back({TokenKind::kName, std::string(text_.substr(position_, end - position_)), at});
    position_ = end;
  }

  void number(Place at) {
    std::string digits;
    const auto take = [&] {
      while (position_ < text_.size() && (is_digit(text_[position_]) || (text_[position_] == '_' && position_ + 1 < text_.size() && is_digit(text_[position_ + 1])))) {
        if (text_[position_] != '_') digits += text_[position_];
        ++position_;
      }
    };
    take();
    const bool after_dot = !tokens_.empty() && tokens_.back().kind == TokenKind::kOperator && tokens_.back().text == ".";
    bool is_float = false;
    if (!after_dot && position_ + 1 < text_.size() && text_[position_] == '.' && is_digit(text_[position_ + 1])) {
      is_float = true;
      digits += text_[position_++];
      take();
    }
    const std::size_t exponent = position_ + 1 + (sign_at(position_ + 1) ? 1 : 0);
    if (!after_dot && exponent < text_.size() && (text_[position_] == 'e' || text_[position_] == 'E') && is_digit(text_[exponent])) {
      is_float = true;
      digits += text_.substr(position_, exponent - position_);
      position_ = exponent;
      take();
    }
    if (position_ < text_.size() && is_name(text_[position_])) fail(at, fmt::format("`{}{}` is not a number", digits, text_[position_]));
    tokens_.push_back({is_float ? TokenKind::kFloat : TokenKind::kInteger, digits, at});
  }

  void op(Place at, std::string& braces) {
    for (const std::string_view candidate : kOperators) {
      if (!text_.substr(position_).starts_with(candidate)) continue;
      const char c = candidate[0];
      if (candidate.size() == 1 && (c == '(' || c == '[' || c == '{')) braces += c == '(' ? ')' : c == '[' ? ']' : '}';
      if (candidate.size() == 1 && (c == ')' || c == ']' || c == '}')) {
        if (braces.empty() || braces.back() != c) fail(at, fmt::format("unexpected `{}`", c));
        braces.pop_back();
      }
      tokens_.push_back({TokenKind::kOperator, std::string(candidate), at});
      position_ += candidate.size();
      return;
    }
    fail(at, fmt::format("unexpected character 0x{:02x}", static_cast<unsigned char>(text_[position_])));
  }

  // Python's escapes, as jinja2 reads them; unknown ones keep their backslash.
  void string(Place at) {
    const char quote = text_[position_++];
    std::string value;
    while (position_ < text_.size() && text_[position_] != quote) {
      if (text_[position_] != '\\' || position_ + 1 >= text_.size()) {
        value += text_[position_++];
        continue;
      }
      const char c = text_[position_ + 1];
      position_ += 2;
      static constexpr std::string_view kNames = "nrtabfv\\'\"\n", kValues = "\n\r\t\a\b\f\v\\'\"";
      if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
        if (c != '\n') value += kValues[known];
      } else if (c == 'x' || c == 'u' || c == 'U') {
        append_utf8(value, escaped(c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, at));
      } else if (c >= '0' && c <= '7') {
        --position_;
        std::size_t length = 1;
        while (length < 3 && position_ + length < text_.size() && text_[position_ + length] >= '0' && text_[position_ + length] <= '7') ++length;
        append_utf8(value, escaped(length, 8, at));
      } else if (c == 'N') {
        fail(at, "the escape \\N{…} in a string is not supported");
      } else {
        value += '\\';
        value += c;
      }
    }
    if (position_ >= text_.size()) fail(at, "the string is not closed");
    ++position_;
    tokens_.push_back({TokenKind::kString, std::move(value), at});
  }

  char32_t escaped(std::size_t digits, unsigned base, Place at) {
    char32_t point = 0;
    for (std::size_t i = 0; i < digits; ++i, ++position_) {
      const int c = position_ < text_.size() ? std::tolower(static_cast<unsigned char>(text_[position_])) : 0;
      const bool decimal = c >= '0' && c <= '9', hex = base == 16 && c >= 'a' && c <= 'f';
      if (!decimal && !hex) fail(at, "an escape in a string is cut short");
      point = point * base + static_cast<char32_t>(decimal ? c - '0' : c - 'a' + 10);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) fail(at, "an escape in a string is not a character");
    return point;
  }

  // Positions only grow, so lines are counted once.
  Place place(std::size_t at) {
    for (; counted_ < at; ++counted_)
      if (text_[counted_] == '\n') {
        ++line_;
        line_begin_ = counted_ + 1;
      }
    return {line_, static_cast<int>(at - line_begin_) + 1};
  }

  const std::string source_;
  const std::string_view text_;
  std::size_t position_ = 0, counted_ = 0, line_begin_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

void fail(Place at, std::string what) {
  throw Error(std::move(what), fmt::format("the chat template, line {}, column {}", at.line, at.column),
              "choose a native template: `--chat chatml`, say, or `chat` in a recipe's [model]");
}

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace laconic::model::jinja
