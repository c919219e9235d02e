// The lexer's state while it reads one text. lexer.cc: signs and letters; lexer_number.cc: numbers;
// lexer_command.cc: what begins with a backslash.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "verifiers/math/lexer.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~'; }

class Lexer {
 public:
  Lexer(std::string_view text, const Reading& reading, Lexed& out) : text_(text), reading_(reading), out_(out) {
    dollars_are_money_ = std::count(text.begin(), text.end(), '$') - count_of("\\$") == 1;
    tail_ = text.find_last_not_of(" \t\r\n.$*})]\\") + 1;  // npos + 1 is 0: nothing but these
  }
  void run();

 private:
  std::ptrdiff_t count_of(std::string_view what) const;
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool starts(std::string_view what, std::size_t from) const { return text_.substr(std::min(from, text_.size()), what.size()) == what; }
  bool eat(std::string_view what) {
    if (!starts(what, at_)) return false;
    at_ += what.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  Token& emit(Tok kind, std::string_view text = {});
  void emit_relation(Relation relation);
  static Relation negation(Relation relation);
  void step();
  void sign(char c);
  bool rest_is_blank() const { return at_ >= tail_; }  // nothing but closing signs follows
  void power();
  std::size_t digits_from(std::size_t from) const;
  std::size_t thousands_separator(std::size_t from, std::size_t first, bool& plain_comma) const;
  bool only_groups_of_three(std::size_t from) const;
  void number();
  void fraction(std::size_t point, std::string& digits, int& scale, bool& decimal);
  bool repeating_ahead(std::size_t from) const;
  void repeating(std::string& digits, int& scale, int& repeat);
  int base_suffix(std::string& digits, int scale);
  void exponent(bool decimal);
  void letters();
  void run_of_letters(std::string_view run);
  bool known_word(std::string_view run);
  static bool closes(Tok kind);
  void command();
  bool known_command(std::string_view name);
  void double_backslash();
  void environment(bool begin);
  void blackboard();
  std::optional<std::string_view> braces();
  void styled(std::string_view name, CommandStyle style);
  bool known_operator(std::string_view name);
  void text_token(std::string_view content);

  std::string_view text_;
  Reading reading_;
  Lexed& out_;
  std::size_t at_ = 0, tail_ = 0;
  std::size_t scanned_ = 0;  // by braces(): keeps nested, unclosed ones linear
  int depth_ = 0, environments_ = 0;
  bool space_ = false, negated_ = false, dollars_are_money_ = false;
};

}  // namespace laconic::verifiers::math
