// Numbers: thousands, decimals, repeating digits, bases, powers of ten.
#include "verifiers/math/lexer_state.h"

namespace laconic::verifiers::math {

std::size_t Lexer::digits_from(std::size_t from) const {
  std::size_t n = 0;
  while (from + n < text_.size() && is_digit(text_[from + n])) ++n;
  return n;
}

// The separator of thousands at `from`, if a group of exactly three digits follows it: its length.
std::size_t Lexer::thousands_separator(std::size_t from, std::size_t first, bool& plain_comma) const {
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
bool Lexer::only_groups_of_three(std::size_t from) const {
  std::size_t start = from;
  while (start > 0 && (is_digit(text_[start - 1]) || text_[start - 1] == ',')) --start;
  const std::size_t first = digits_from(start);
  if (first == 0 || first > 3) return false;
  for (std::size_t i = start + first; i < text_.size() && text_[i] == ',' && digits_from(i + 1) > 0; i += 4) {
    if (digits_from(i + 1) != 3) return false;
  }
  return true;
}

void Lexer::number() {
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

void Lexer::fraction(std::size_t point, std::string& digits, int& scale, bool& decimal) {
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

bool Lexer::repeating_ahead(std::size_t from) const {
  for (const std::string_view mark : {"\\overline", "\\bar", "\\dot", "\\overset", "("}) {
    if (!starts(mark, from)) continue;
    std::size_t i = from + mark.size();
    while (i < text_.size() && (is_blank(text_[i]) || text_[i] == '{')) ++i;
    return digits_from(i) > 0 && (mark != "(" || text_[std::min(i + digits_from(i), text_.size() - 1)] == ')');
  }
  return false;
}

// \overline{6}, \bar 6, \dot{1}4285\dot{7}, (6), and 0.333… with dots
void Lexer::repeating(std::string& digits, int& scale, int& repeat) {
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
int Lexer::base_suffix(std::string& digits, int scale) {
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
void Lexer::exponent(bool decimal) {
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

}  // namespace laconic::verifiers::math
