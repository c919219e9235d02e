#include "verifiers/math/lexer.h"

#include <algorithm>
#include <optional>

#include "verifiers/math/tables.h"
#include "verifiers/math/unicode.h"

namespace laconic::verifiers::math {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~'; }

class Lexer {
 public:
  Lexer(std::string_view text, const Reading& reading, Lexed& out) : text_(text), reading_(reading), out_(out) {
    dollars_are_money_ = std::count(text.begin(), text.end(), '$') - count_of("\\$") == 1;
  }

  void run() {
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

 private:
  std::ptrdiff_t count_of(std::string_view what) const {
    std::ptrdiff_t n = 0;
    for (std::size_t i = text_.find(what); i != std::string_view::npos; i = text_.find(what, i + what.size())) ++n;
    return n;
  }

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

  Token& emit(Tok kind, std::string_view text = {}) {
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
  void emit_relation(Relation relation) { emit(Tok::kRelation).relation = negated_ ? negation(relation) : relation; negated_ = false; }

  static Relation negation(Relation relation) {
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

  void step() {
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

  // ---- signs -------------------------------------------------------------------------------------

  void sign(char c) {
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

  bool rest_is_blank() const {
    return text_.find_first_not_of(" \t\r\n.$*})]\\", at_) == std::string_view::npos;
  }

  // "^", "^\circ", "^{\circ}", "^\prime", "^{\prime}"
  void power() {
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

  // ---- numbers -----------------------------------------------------------------------------------

  std::size_t digits_from(std::size_t from) const {
    std::size_t n = 0;
    while (from + n < text_.size() && is_digit(text_[from + n])) ++n;
    return n;
  }

  // The separator of thousands at `from`, if a group of exactly three digits follows it: its length.
  std::size_t thousands_separator(std::size_t from, std::size_t first, bool& plain_comma) const {
    if (first > 3) return 0;
    plain_comma = false;
    for (const std::string_view separator : {"{,}\\!", "{,}", ", \\! ", ", \\!", ",\\! ", ",\\!", "\\!,", "{,\\!}", "{\\,}", ",\\,", "\\,", "\\ ", "\\;", ",", "'", " "}) {
      if (!starts(separator, from)) continue;
      const std::size_t after = from + separator.size();
      if (digits_from(after) != 3) continue;
      if (separator == "," || separator == ",\\,") {
        if (depth_ > 0 || reading_.comma != Reading::Comma::kThousands || (separator == "," && !only_groups_of_three(from))) return 0;
        plain_comma = separator == ",";
      }
      if (separator == " ") {
        // "1 000 000" is a number; "3 100/7" and "2 125x" are not.
        const std::size_t end = after + 3;
        if (depth_ > 0 || (end < text_.size() && std::string_view(" $},.").find(text_[end]) == std::string_view::npos)) return 0;
      }
      return separator.size();
    }
    return 0;
  }

  // "27,54,108,135" is a list: all of a run of digits and commas must be groups of three.
  bool only_groups_of_three(std::size_t from) const {
    std::size_t start = from;
    while (start > 0 && (is_digit(text_[start - 1]) || text_[start - 1] == ',')) --start;
    const std::size_t first = digits_from(start);
    if (first == 0 || first > 3) return false;
    for (std::size_t i = start + first; i < text_.size() && text_[i] == ',' && digits_from(i + 1) > 0; i += 4) {
      if (digits_from(i + 1) != 3) return false;
    }
    return true;
  }

  void number() {
    std::string digits;
    int scale = 0, repeat = 0;
    bool decimal = false;
    const std::size_t first = digits_from(at_);
    digits = text_.substr(at_, first);
    at_ += first;
    bool plain_comma = false, any_separator = false;
    if (first > 0 && !(first > 1 && digits[0] == '0')) {
      while (const std::size_t separator = digits == "0" ? 0 : thousands_separator(at_, first, plain_comma)) {
        if (plain_comma) out_.ambiguity.thousands = true;
        any_separator = true;
        at_ += separator;
        digits += text_.substr(at_, 3);
        at_ += 3;
      }
    }
    if (!any_separator && first > 0 && depth_ == 0 && peek() == ',' && is_digit(peek(1))) {
      (digits_from(at_ + 1) > 1 ? out_.ambiguity.decimal_comma : out_.ambiguity.short_decimal_comma) = true;
      if (reading_.comma == Reading::Comma::kDecimal) fraction(1, digits, scale, decimal);
    }
    if (starts("{,}", at_) && digits_from(at_ + 3) > 0 && !decimal) fraction(3, digits, scale, decimal);
    if (!decimal && peek() == '.' && is_digit(peek(1))) fraction(1, digits, scale, decimal);
    else if (!decimal && peek() == '.' && repeating_ahead(at_ + 1)) { ++at_; decimal = true; }
    if (decimal) repeating(digits, scale, repeat);
    if (digits.size() > kMaxDigits) {
      out_.problem = "a number of more than " + std::to_string(kMaxDigits) + " digits";
      return;
    }
    int base = 10;
    if (repeat == 0 && (out_.tokens.empty() || out_.tokens.back().kind != Tok::kPower)) base = base_suffix(digits, scale);  // x^2_1 is x_1 squared
    Token& token = emit(Tok::kNumber, digits);
    token.scale = scale;
    token.repeat = repeat;
    token.decimal = decimal;
    token.base = base;
    if (base == 10 && repeat == 0) exponent(decimal);
  }

  void fraction(std::size_t point, std::string& digits, int& scale, bool& decimal) {
    at_ += point;
    const std::size_t n = digits_from(at_);
    digits += text_.substr(at_, n);
    scale = static_cast<int>(n);
    at_ += n;
    decimal = true;
    // 0.123{,}456 and 0.123\,456: groups of three behind the point
    while (n >= 3 && n % 3 == 0) {
      std::size_t length = 0;
      for (const std::string_view separator : {"\\,", "{\\,}", "{,}", ",\\!"}) {
        if (starts(separator, at_) && digits_from(at_ + separator.size()) >= 1 && digits_from(at_ + separator.size()) <= 3) length = separator.size();
      }
      if (length == 0) break;
      at_ += length;
      const std::size_t more = digits_from(at_);
      digits += text_.substr(at_, more);
      scale += static_cast<int>(more);
      at_ += more;
      if (more != 3) break;
    }
  }

  bool repeating_ahead(std::size_t from) const {
    for (const std::string_view mark : {"\\overline", "\\bar", "\\dot", "\\overset", "("}) {
      if (!starts(mark, from)) continue;
      std::size_t i = from + mark.size();
      while (i < text_.size() && (is_blank(text_[i]) || text_[i] == '{')) ++i;
      return digits_from(i) > 0 && (mark != "(" || text_[std::min(i + digits_from(i), text_.size() - 1)] == ')');
    }
    return false;
  }

  // \overline{6}, \bar 6, \dot{1}4285\dot{7}, (6), and 0.333… with dots
  void repeating(std::string& digits, int& scale, int& repeat) {
    const std::size_t start = at_;
    const auto digits_in_mark = [&](std::string_view mark) -> std::string_view {
      if (!starts(mark, at_)) return {};
      std::size_t i = at_ + mark.size();
      while (i < text_.size() && is_blank(text_[i])) ++i;
      const bool braced = i < text_.size() && text_[i] == '{';
      if (braced) ++i;
      const std::size_t n = braced || mark == "(" ? digits_from(i) : std::min<std::size_t>(1, digits_from(i));
      if (n == 0) return {};
      std::size_t end = i + n;
      if (braced) { if (end >= text_.size() || text_[end] != '}') return {}; ++end; }
      if (mark == "(") { if (end >= text_.size() || text_[end] != ')') return {}; ++end; }
      at_ = end;
      return text_.substr(i, n);
    };
    for (const std::string_view mark : {"\\overline", "\\bar", "("}) {
      const std::string_view found = digits_in_mark(mark);
      if (found.empty()) continue;
      digits += found;
      scale += static_cast<int>(found.size());
      repeat = static_cast<int>(found.size());
      if (starts("\\ldots", at_)) at_ += 6;
      else if (starts("\\dots", at_)) at_ += 5;
      else if (starts("...", at_)) at_ += 3;
      return;
    }
    if (const std::string_view first = digits_in_mark("\\dot"); !first.empty()) {
      std::string period(first);
      const std::size_t middle = digits_from(at_);
      const std::size_t after_first = at_;
      at_ += middle;
      if (const std::string_view last = digits_in_mark("\\dot"); !last.empty()) {
        period += text_.substr(after_first, middle);
        period += last;
      } else {
        at_ = after_first;
      }
      digits += period;
      scale += static_cast<int>(period.size());
      repeat = static_cast<int>(period.size());
      return;
    }
    std::size_t dots = 0;
    std::size_t ahead = at_;
    while (ahead < text_.size() && is_blank(text_[ahead])) ++ahead;
    for (const std::string_view mark : {"...", "\\ldots", "\\dots", "\\cdots"}) {
      if (starts(mark, ahead)) dots = ahead - at_ + mark.size();
    }
    if (dots == 0 || scale == 0) { at_ = start; return; }
    // The shortest period that the last digits show at least three times (one digit) or twice.
    const std::string_view behind = std::string_view(digits).substr(digits.size() - static_cast<std::size_t>(scale));
    for (std::size_t period = 1; period * 2 <= behind.size() && period <= 12; ++period) {
      const std::size_t seen = period == 1 ? 3 : 2 * period;
      if (seen > behind.size()) continue;
      const std::string_view tail = behind.substr(behind.size() - seen);
      bool repeats = true;
      for (std::size_t i = period; i < tail.size(); ++i) repeats = repeats && tail[i] == tail[i - period];
      if (!repeats) continue;
      repeat = static_cast<int>(period);
      at_ += dots;
      return;
    }
  }

  // 1101_2, 152A_{11}, 25_{6}: the base; digits beyond 9 are taken into `digits`. 10: none.
  int base_suffix(std::string& digits, int scale) {
    std::size_t i = at_;
    std::string more;
    if (scale == 0) {
      while (i < text_.size() && (is_digit(text_[i]) || is_upper(text_[i]))) more += text_[i++];
    }
    const auto blanks = [&] { while (i < text_.size() && is_blank(text_[i])) ++i; };
    blanks();
    if (i >= text_.size() || text_[i] != '_') return 10;
    ++i;
    blanks();
    const bool braced = i < text_.size() && text_[i] == '{';
    if (braced) { ++i; blanks(); }
    std::size_t n = digits_from(i);
    if (n == 0 || n > 2) return 10;
    const int base = std::stoi(std::string(text_.substr(i, n)));
    i += n;
    if (braced) {
      blanks();
      if (i >= text_.size() || text_[i] != '}') return 10;
      ++i;
    }
    if (base < 2 || base > 36) return 10;
    for (const char c : digits + more) {
      const int value = is_digit(c) ? c - '0' : c - 'A' + 10;
      if (value >= base) return 10;
    }
    digits += more;
    at_ = i;
    return base;
  }

  // 1.5E20, 1e5, 2.5e-3: written out as · 10^n
  void exponent(bool decimal) {
    if ((peek() != 'e' && peek() != 'E') || out_.tokens.back().text.empty()) return;
    std::size_t i = at_ + 1;
    const bool has_sign = i < text_.size() && (text_[i] == '-' || text_[i] == '+');
    const bool minus = has_sign && text_[i] == '-';
    if (has_sign) ++i;
    const std::size_t n = digits_from(i);
    if (n == 0 || n > 9 || (i + n < text_.size() && (is_letter(text_[i + n]) || text_[i + n] == '.'))) return;
    if (peek() == 'e' && has_sign && !decimal) {
      out_.ambiguity.exponent = true;
      if (!reading_.small_e_is_exponent) return;
    }
    const std::string digits(text_.substr(i, n));
    at_ = i + n;
    // As one factor: {number · 10^{±n}}
    const Token mantissa = out_.tokens.back();
    out_.tokens.pop_back();
    space_ = mantissa.space_before;
    emit(Tok::kOpenGroup);
    out_.tokens.push_back(mantissa);
    emit(Tok::kTimes);
    emit(Tok::kNumber, "10");
    emit(Tok::kPower);
    emit(Tok::kOpenGroup);
    if (minus) emit(Tok::kMinus);
    emit(Tok::kNumber, digits);
    emit(Tok::kCloseGroup);
    emit(Tok::kCloseGroup);
  }

  // ---- letters -----------------------------------------------------------------------------------

  void letters() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    run_of_letters(text_.substr(start, at_ - start));
  }

  void run_of_letters(std::string_view run) {
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

  bool known_word(std::string_view run) {
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

  static bool closes(Tok kind) { return kind == Tok::kCloseBracket || kind == Tok::kCloseParen || kind == Tok::kCloseSet || kind == Tok::kCloseGroup; }

  // ---- commands ----------------------------------------------------------------------------------

  void command() {
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

  bool known_command(std::string_view name) {
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

  void double_backslash() {
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

  void environment(bool begin) {
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

  void blackboard() {
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
  std::optional<std::string_view> braces() {
    std::size_t i = at_;
    while (i < text_.size() && is_blank(text_[i])) ++i;
    if (i >= text_.size() || text_[i] != '{') return std::nullopt;
    int depth = 0;
    for (std::size_t k = i; k < text_.size(); ++k) {
      if (text_[k] == '\\') { ++k; continue; }
      if (text_[k] == '{') ++depth;
      else if (text_[k] == '}' && --depth == 0) {
        at_ = k + 1;
        return text_.substr(i + 1, k - i - 1);
      }
    }
    return std::nullopt;
  }

  void styled(std::string_view name, CommandStyle style) {
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

  bool known_operator(std::string_view name) {
    if (const std::string_view function = function_named(name); !function.empty()) { emit(Tok::kFunction, function); return true; }
    if (name == "mod") { emit(Tok::kMod); return true; }
    if (name == "or") { emit(Tok::kOr); return true; }
    if (name == "and") { emit(Tok::kAnd); return true; }
    return false;
  }

  void text_token(std::string_view content) {
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

  std::string_view text_;
  Reading reading_;
  Lexed& out_;
  std::size_t at_ = 0;
  int depth_ = 0, environments_ = 0;
  bool space_ = false, negated_ = false, dollars_are_money_ = false;
};

}  // namespace

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
