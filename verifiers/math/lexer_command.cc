// LaTeX commands, environments and text.
#include "verifiers/math/lexer_state.h"

namespace laconic::verifiers::math {

void Lexer::command() {
  if (starts("\\\\", at_)) { double_backslash(); return; }
  ++at_;
  if (at_ >= text_.size()) return;  // a backslash at the end says nothing
  std::string_view name;
  if (is_letter(text_[at_])) {
    std::size_t n = 1;
    while (at_ + n < text_.size() && is_letter(text_[at_ + n])) ++n;
    name = text_.substr(at_, n);
    if (name == "operatorname" && at_ + n < text_.size() && text_[at_ + n] == '*') name = text_.substr(at_, n + 1);
  } else {
    name = text_.substr(at_, 1);
  }
  if (is_blank(name[0])) { ++at_; space_ = true; return; }
  if (!known_command(name)) {
    if (const std::string_view prefix = longest_command_prefix(name); !prefix.empty()) {
      known_command(prefix);  // \lgroupx: the name that fits, then letters
      return;
    }
    at_ += name.size();
    emit(Tok::kUnknown, std::string("\\") + std::string(name));
  }
}

bool Lexer::known_command(std::string_view name) {
  const auto take = [&] { at_ += name.size(); };
  if (name == "begin" || name == "end") { take(); environment(name == "begin"); return true; }
  if (name == "not") { take(); negated_ = true; return true; }
  if (name == "mathbb" || name == "Bbb") { take(); blackboard(); return true; }
  if (const CommandStyle style = style_of_command(name); style != CommandStyle::kNone) {
    take();
    styled(name, style);
    return true;
  }
  if (const Relation* relation = relation_named(name); relation && is_letter(name[0])) { take(); emit_relation(*relation); return true; }
  if (const CommandEntry* entry = command_named(name)) { take(); emit(entry->token, entry->text); return true; }
  if (is_greek(name)) { take(); emit(Tok::kSymbol, name); return true; }
  if (const std::string_view function = function_named(name); !function.empty()) { take(); emit(Tok::kFunction, function); return true; }
  return false;
}

void Lexer::double_backslash() {
  at_ += 2;
  if (environments_ > 0) {
    if (peek() == '[') {
      const std::size_t close = text_.find(']', at_);
      if (close != std::string_view::npos && close - at_ < 12 && text_.substr(at_, close - at_).find_first_of("&\\") == std::string_view::npos && text_.substr(at_, close - at_).find("pt") != std::string_view::npos) at_ = close + 1;
    }
    emit(Tok::kRow);
    return;
  }
  // Outside of an environment: escaped once too often, or a line break between answers.
  if (is_letter(peek()) || peek() == '$' || peek() == '%' || peek() == '(' || peek() == '[') {
    --at_;
    command();
  } else if (!rest_is_blank()) {
    emit(Tok::kComma);
  }
}

void Lexer::environment(bool begin) {
  skip_blanks();
  if (peek() != '{') { emit(Tok::kUnknown, begin ? "\\begin" : "\\end"); return; }
  const std::size_t close = text_.find('}', at_);
  if (close == std::string_view::npos || close - at_ > 24) { emit(Tok::kUnknown, begin ? "\\begin" : "\\end"); return; }
  std::string name(text_.substr(at_ + 1, close - at_ - 1));
  name.erase(std::remove(name.begin(), name.end(), '*'), name.end());
  at_ = close + 1;
  if (begin && (name == "array" || name == "tabular")) {
    skip_blanks();
    if (peek() == '{') {
      const std::size_t end = text_.find('}', at_);
      if (end != std::string_view::npos && end - at_ < 64) at_ = end + 1;
    }
  }
  environments_ = std::max(0, environments_ + (begin ? 1 : -1));
  emit(begin ? Tok::kBegin : Tok::kEndEnvironment, name);
}

void Lexer::blackboard() {
  skip_blanks();
  const bool braced = peek() == '{';
  if (braced) { ++at_; skip_blanks(); }
  const char letter = peek();
  if (!is_upper(letter)) { emit(Tok::kUnknown, "\\mathbb"); return; }
  ++at_;
  if (braced) { skip_blanks(); if (peek() == '}') ++at_; }
  emit(Tok::kNamedSet, {&letter, 1});
}

// The text between the braces that open at the next sign; npos when they never close.
std::optional<std::string_view> Lexer::braces() {
  std::size_t i = at_;
  while (i < text_.size() && is_blank(text_[i])) ++i;
  if (i >= text_.size() || text_[i] != '{') return std::nullopt;
  int depth = 0;
  for (std::size_t k = i; k < text_.size(); ++k) {
    if (++scanned_ > 16 * kMaxAnswerBytes) return std::nullopt;
    if (text_[k] == '\\') { ++k; continue; }
    if (text_[k] == '{') ++depth;
    else if (text_[k] == '}' && --depth == 0) {
      at_ = k + 1;
      return text_.substr(i + 1, k - i - 1);
    }
  }
  return std::nullopt;
}

void Lexer::styled(std::string_view name, CommandStyle style) {
  switch (style) {
    case CommandStyle::kSilent:
      if (name == "left" || name == "right" || name == "mleft" || name == "mright") {
        skip_blanks();
        if (peek() == '.') { ++at_; return; }
        if (peek() == '{') { ++at_; emit(Tok::kOpenGroup); return; }
        if (peek() == '<') { ++at_; emit(Tok::kOpenAngle); return; }
        if (peek() == '>') { ++at_; emit(Tok::kCloseAngle); return; }
      } else {
        space_ = true;
      }
      return;
    case CommandStyle::kSilentArgument: braces(); return;
    case CommandStyle::kGroup: return;  // its braces are a group like any other
    case CommandStyle::kText: {
      const auto content = braces();
      if (!content) return;
      text_token(*content);
      return;
    }
    case CommandStyle::kStyled: {
      const std::size_t before = at_;
      const auto content = braces();
      if (!content) return;
      std::string plain;
      for (std::size_t i = 0; i < content->size(); ++i) {
        const char c = (*content)[i];
        if (c == '\\' && i + 1 < content->size() && !is_letter((*content)[i + 1])) { ++i; continue; }
        if (!is_blank(c)) plain += c;
      }
      const bool only_letters = !plain.empty() && std::all_of(plain.begin(), plain.end(), is_letter);
      if (only_letters && plain.size() == 1 && plain.size() == content->size()) emit(Tok::kSymbol, plain);
      else if (only_letters && known_operator(plain)) return;
      else if (only_letters) emit(Tok::kText, *content);
      else at_ = before;  // its braces become a group
      return;
    }
    case CommandStyle::kNone: return;
  }
}

bool Lexer::known_operator(std::string_view name) {
  if (const std::string_view function = function_named(name); !function.empty()) { emit(Tok::kFunction, function); return true; }
  if (name == "mod") { emit(Tok::kMod); return true; }
  if (name == "or") { emit(Tok::kOr); return true; }
  if (name == "and") { emit(Tok::kAnd); return true; }
  return false;
}

void Lexer::text_token(std::string_view content) {
  std::size_t a = content.find_first_not_of(" \t\n~,;");
  if (a == std::string_view::npos) {
    if (content.find(',') != std::string_view::npos) emit(Tok::kComma);
    space_ = true;
    return;
  }
  const std::string word = folded(content.substr(a, content.find_last_not_of(" \t\n~,;.") - a + 1));
  if (word == "and") emit(Tok::kAnd);
  else if (word == "or") emit(Tok::kOr);
  else if (word == "mod") emit(Tok::kMod);
  else if (is_scale_word(word)) emit(Tok::kWord, word);
  else emit(Tok::kText, content);
}

}  // namespace laconic::verifiers::math
