#include "verifiers/math/lexer.h"

#include "verifiers/math/lexer_state.h"
#include "verifiers/math/unicode.h"

namespace laconic::verifiers::math {

void Lexer::run() {
  while (at_ < text_.size()) {
    if (out_.tokens.size() >= kMaxTokens) {
      out_.problem = "more than " + std::to_string(kMaxTokens) + " symbols";
      break;
    }
    step();
    if (!out_.problem.empty()) break;
  }
  emit(Tok::kEnd);
}

std::ptrdiff_t Lexer::count_of(std::string_view what) const {
  std::ptrdiff_t n = 0;
  for (std::size_t i = text_.find(what); i != std::string_view::npos; i = text_.find(what, i + what.size())) ++n;
  return n;
}

Token& Lexer::emit(Tok kind, std::string_view text) {
  Token token;
  token.kind = kind;
  token.text = text;
  token.space_before = space_;
  space_ = false;
  switch (kind) {
    case Tok::kOpenParen: case Tok::kOpenBracket: case Tok::kOpenSet: case Tok::kOpenAngle: ++depth_; break;
    case Tok::kCloseParen: case Tok::kCloseBracket: case Tok::kCloseSet: case Tok::kCloseAngle: depth_ = std::max(0, depth_ - 1); break;
    default: break;
  }
  out_.tokens.push_back(std::move(token));
  return out_.tokens.back();
}

void Lexer::emit_relation(Relation relation) {
emit(Tok::kRelation).relation = negated_ ? negation(relation) : relation; negated_ = false;
}

Relation Lexer::negation(Relation relation) {
  switch (relation) {
    case Relation::kEqual: return Relation::kNotEqual;
    case Relation::kIn: return Relation::kNotIn;
    case Relation::kLess: return Relation::kGreaterEqual;
    case Relation::kGreater: return Relation::kLessEqual;
    case Relation::kLessEqual: return Relation::kGreater;
    case Relation::kGreaterEqual: return Relation::kLess;
    default: return relation;
  }
}

void Lexer::step() {
  const char c = peek();
  if (is_blank(c)) {
    ++at_;
    space_ = true;
  } else if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !(at_ > 0 && is_digit(text_[at_ - 1])))) {
    number();
  } else if (is_letter(c)) {
    letters();
  } else if (c == '\\') {
    command();
  } else {
    sign(c);
  }
}

void Lexer::sign(char c) {
  struct Pair { std::string_view text; Tok kind; };
  static constexpr Pair kPairs[] = {{"**", Tok::kPower}, {"->", Tok::kTo}};
  for (const Pair& pair : kPairs) {
    if (eat(pair.text)) { emit(pair.kind); return; }
  }
  struct Comparison { std::string_view text; Relation relation; };
  static constexpr Comparison kComparisons[] = {{"<=", Relation::kLessEqual}, {">=", Relation::kGreaterEqual}, {"=<", Relation::kLessEqual}, {"<>", Relation::kNotEqual}, {"==", Relation::kEqual}, {":=", Relation::kEqual}, {"~=", Relation::kApproximate}, {"<", Relation::kLess}, {">", Relation::kGreater}, {"=", Relation::kEqual}};
  if (starts("=>", at_)) { at_ += 2; emit(Tok::kTo); return; }
  if (starts("!=", at_) && (space_ || out_.tokens.empty())) { at_ += 2; emit_relation(Relation::kNotEqual); return; }
  for (const Comparison& comparison : kComparisons) {
    if (eat(comparison.text)) { emit_relation(comparison.relation); return; }
  }
  if (c == '^') { power(); return; }
  if (starts("...", at_)) { at_ += 3; emit(Tok::kDots); return; }
  ++at_;
  switch (c) {
    case '+': emit(peek() == '-' && !starts("->", at_) && !is_digit(peek(1)) ? (++at_, Tok::kPlusMinus) : starts("/-", at_) ? (at_ += 2, Tok::kPlusMinus) : Tok::kPlus); break;
    case '-': emit(Tok::kMinus); break;
    case '*': emit(Tok::kTimes); break;
    case '/': emit(Tok::kDivide); break;
    case '_': emit(Tok::kUnder); break;
    case '!': emit(Tok::kBang); break;
    case '\'': emit(Tok::kPrime); break;
    case '%': emit(Tok::kPercent); break;
    case ',': emit(Tok::kComma); break;
    case ';': emit(Tok::kSemicolon); break;
    case ':': emit(Tok::kColon); break;
    case '|': emit(Tok::kBar); break;
    case '(': emit(Tok::kOpenParen); break;
    case ')': emit(Tok::kCloseParen); break;
    case '[': emit(Tok::kOpenBracket); break;
    case ']': emit(Tok::kCloseBracket); break;
    case '{': emit(Tok::kOpenGroup); break;
    case '}': emit(Tok::kCloseGroup); break;
    case '&': emit(Tok::kColumn); break;
    case '"': break;
    case '$':
      if (dollars_are_money_) emit(Tok::kCurrency, "dollar");
      break;
    case '.':
      if (rest_is_blank()) break;
      emit(Tok::kUnknown, ".");
      break;
    default: {
      std::size_t length = 1;
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) { ++at_; ++length; }
      emit(Tok::kUnknown, text_.substr(at_ - length, length));
    }
  }
}

// "^", "^\circ", "^{\circ}", "^\prime", "^{\prime}"
void Lexer::power() {
  ++at_;
  std::size_t ahead = at_;
  const auto blanks = [&] { while (ahead < text_.size() && is_blank(text_[ahead])) ++ahead; };
  blanks();
  const bool braced = ahead < text_.size() && text_[ahead] == '{';
  if (braced) { ++ahead; blanks(); }
  for (const auto& [name, kind] : {std::pair<std::string_view, Tok>{"\\circ", Tok::kDegree}, {"\\degree", Tok::kDegree}, {"\\prime\\prime", Tok::kArcSecond}, {"\\prime", Tok::kPrime}, {"\\complement", Tok::kComplement}}) {
    if (!starts(name, ahead) || (ahead + name.size() < text_.size() && is_letter(text_[ahead + name.size()]))) continue;
    std::size_t after = ahead + name.size();
    if (braced) {
      while (after < text_.size() && is_blank(text_[after])) ++after;
      if (after >= text_.size() || text_[after] != '}') break;
      ++after;
    }
    at_ = after;
    emit(kind);
    return;
  }
  emit(Tok::kPower);
}

void Lexer::letters() {
  const std::size_t start = at_;
  while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
  run_of_letters(text_.substr(start, at_ - start));
}

void Lexer::run_of_letters(std::string_view run) {
  if (run.size() == 1) { emit(Tok::kSymbol, run); return; }
  if (known_word(run)) return;
  if (run.size() <= 3) {
    for (const char c : run) emit(Tok::kSymbol, {&c, 1});
    return;
  }
  // "sinx", "xcosx", "sqrtx": names with at most two letters before or behind
  for (std::size_t before = 0; before <= 2 && before < run.size(); ++before) {
    for (std::size_t behind = 0; behind <= 2 && before + behind < run.size(); ++behind) {
      const std::string_view name = run.substr(before, run.size() - before - behind);
      if (name.size() < 2 || before + behind == 0 || (function_named(name).empty() && name != "sqrt" && name != "pi")) continue;
      for (const char c : run.substr(0, before)) emit(Tok::kSymbol, {&c, 1});
      known_word(name);
      for (const char c : run.substr(run.size() - behind)) emit(Tok::kSymbol, {&c, 1});
      return;
    }
  }
  emit(Tok::kWord, run);
}

bool Lexer::known_word(std::string_view run) {
  const std::string word = folded(run);
  if (word == "pi") emit(Tok::kPi);
  else if (word == "infinity" || word == "inf" || word == "infty" || run == "oo") emit(Tok::kInfinity);
  else if (word == "and") emit(Tok::kAnd);
  else if (word == "or") emit(Tok::kOr);
  else if (run == "sqrt" || run == "Sqrt") emit(Tok::kSqrt, "plain");
  else if (run == "cbrt") emit(Tok::kRootSign, "3");
  else if (run == "mod") emit(Tok::kMod);
  else if (word == "union") emit(Tok::kCup);
  else if (run == "cup" && !out_.tokens.empty() && closes(out_.tokens.back().kind)) emit(Tok::kCup);
  else if (run == "choose") emit(Tok::kChoose);
  else if (word == "degrees" || word == "degree" || word == "deg") emit(Tok::kDegree);
  else if (word == "percent") emit(Tok::kPercent);
  else if (word == "pm") { if (run != "pm") return false; emit(Tok::kWord, run); }
  else if (is_greek(run)) emit(Tok::kSymbol, run);
  else if (const std::string_view name = function_named(run); !name.empty()) emit(Tok::kFunction, name);
  else if (const std::string_view lower = run.size() > 2 ? function_named(word) : std::string_view{}; !lower.empty()) emit(Tok::kFunction, lower);
  else if (!unit_named(word).empty() || is_listed_word(word) || number_in_words(word) || phrase_value(word) || word == "am" || word == "if" || word == "for" || word == "where" || word == "with" || word == "otherwise" || word == "any" || word == "all" || word == "per" || word == "times") emit(Tok::kWord, run);
  else return false;
  return true;
}

bool Lexer::closes(Tok kind) {
return kind == Tok::kCloseBracket || kind == Tok::kCloseParen || kind == Tok::kCloseSet || kind == Tok::kCloseGroup;
}

Lexed lex(std::string_view text, const Reading& reading) {
  Lexed out;
  if (text.size() > kMaxAnswerBytes) {
    out.problem = "more than " + std::to_string(kMaxAnswerBytes) + " bytes";
    out.tokens.emplace_back();
    return out;
  }
  const std::string plain = ascii_mathematics(text);
  Lexer(plain, reading, out).run();
  return out;
}

}  // namespace laconic::verifiers::math
