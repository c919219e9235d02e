// Values that stand alone: tuples, intervals, sets, set-builders, numbers with units, words.
#include <algorithm>
#include <utility>

#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

// After a set in braces: does arithmetic go on, so that the braces only group?
bool continues_arithmetic(Tok kind) {
  switch (kind) {
    case Tok::kPower: case Tok::kTimes: case Tok::kDivide: case Tok::kPlus: case Tok::kNumber: case Tok::kSymbol: case Tok::kPi:
    case Tok::kFrac: case Tok::kSqrt: case Tok::kOpenParen: case Tok::kOpenBracket: case Tok::kOpenSet: case Tok::kFunction: case Tok::kBang:
      return true;
    default: return false;
  }
}

}  // namespace

std::optional<Value> Parser::operand() {
  if (too_deep()) return std::nullopt;
  const Nested nested(*this);
  const std::size_t start = at_;
  switch (kind()) {
    case Tok::kBegin: return environment();
    case Tok::kEmptySet: {
      ++at_;
      Value empty;
      empty.kind = Kind::kSet;
      return empty;
    }
    case Tok::kNamedSet: {
      Value set;
      set.kind = Kind::kNamedSet;
      set.text = now().text;
      ++at_;
      if (kind() == Tok::kPower || kind() == Tok::kUnder) {
        ++at_;
        std::string mark;
        if (kind() == Tok::kOpenGroup) {
          for (++at_; kind() != Tok::kCloseGroup && kind() != Tok::kEnd && mark.size() < 16; ++at_) mark += kind() == Tok::kRelation ? (now().relation == Relation::kGreater ? ">" : ">=") : describe(now());
          if (!expect(Tok::kCloseGroup, "}")) return std::nullopt;
        } else {
          if (kind() == Tok::kEnd) return fail("a set with an empty mark");
          mark = describe(now());
          ++at_;
        }
        if (mark == ">0" || mark == "*+") mark = "+";
        set.text += mark;
      }
      return set;
    }
    case Tok::kText:
    case Tok::kWord: return text_value();
    case Tok::kOpenSet:
      if (close_of_[at_] == 0) {
        if (ahead(1).kind == Tok::kBegin) { ++at_; return environment(); }
        return fail("a brace that is never closed");
      }
      if (is_set_builder(at_)) return set_builder(close_of_[at_]);
      if (separated_[at_] || !continues_arithmetic(tokens_[close_of_[at_] + 1].kind)) {
        Value set;
        set.kind = Kind::kSet;
        const std::size_t close = close_of_[at_];
        ++at_;
        if (at_ < close && !items_until(close, set.items)) return std::nullopt;
        at_ = close + 1;
        return set;
      }
      break;
    case Tok::kOpenGroup:
      if (close_of_[at_] == at_ + 1) { at_ += 2; return operand(); }
      if (separated_[at_] && close_of_[at_] != 0) {
        Value set;
        set.kind = Kind::kSet;
        const std::size_t close = close_of_[at_];
        ++at_;
        if (!items_until(close, set.items)) return std::nullopt;
        at_ = close + 1;
        return set;
      }
      break;
    case Tok::kOpenParen:
    case Tok::kOpenBracket:
    case Tok::kOpenAngle:
      if (close_of_[at_] == 0) return fail("a bracket that is never closed");
      if (separated_[at_] || kind() == Tok::kOpenAngle) return bracketed();
      if (ahead(1).kind == Tok::kBegin && close_of_[at_ + 1] + 1 == close_of_[at_]) {
        const std::size_t close = close_of_[at_];
        ++at_;
        auto inside = environment();
        if (!inside) return std::nullopt;
        at_ = close + 1;
        return inside;
      }
      break;
    default: break;
  }
  auto value = scalar_value();
  if (value || over_budget_) return value;
  // Brackets around something that is no scalar: ({1, 2}), {(1, 2)}
  if (!is_open(tokens_[start].kind) || close_of_[start] == 0 || tokens_[start].kind == Tok::kBegin) return std::nullopt;
  const std::size_t close = close_of_[start];
  const std::string why = std::exchange(problem_, {});
  at_ = start + 1;
  auto inside = list(false);
  if (!inside || at_ != close) {
    problem_ = why;
    return std::nullopt;
  }
  at_ = close + 1;
  return inside;
}

bool Parser::items_until(std::size_t close, std::vector<Value>& items) {
  auto inside = list(false);
  if (!inside) return false;
  if (at_ != close) { fail(describe(now()) + " in a list"); return false; }
  if (inside->kind == Kind::kList) items = std::move(inside->items);
  else items.push_back(std::move(*inside));
  return true;
}

std::optional<Value> Parser::bracketed() {
  const Tok open = kind();
  const std::size_t close = close_of_[at_];
  const Tok end = tokens_[close].kind;
  ++at_;
  Value value;
  value.kind = Kind::kTuple;
  if (!items_until(close, value.items)) return std::nullopt;
  at_ = close + 1;
  value.ordered_brackets = open == Tok::kOpenBracket && end == Tok::kCloseBracket;
  const bool interval = value.items.size() == 2 && (open == Tok::kOpenBracket || end == Tok::kCloseBracket);
  const auto infinite = [](const Value& end_point) { return end_point.kind == Kind::kScalar && contains(end_point.scalar, Op::kInfinity); };
  if (interval || (value.items.size() == 2 && open == Tok::kOpenParen && (infinite(value.items[0]) || infinite(value.items[1])))) {
    value.kind = Kind::kInterval;
    value.closed_low = open == Tok::kOpenBracket;
    value.closed_high = end == Tok::kCloseBracket;
    value.ordered_brackets = false;
  } else if ((open == Tok::kOpenBracket) != (end == Tok::kCloseBracket)) {
    return fail("brackets of two kinds around " + std::to_string(value.items.size()) + " items");
  }
  return value;
}

bool Parser::is_set_builder(std::size_t open) const {
  int depth = 0;
  for (std::size_t i = open + 1; i < close_of_[open]; ++i) {
    if (is_open(tokens_[i].kind)) ++depth;
    else if (is_close(tokens_[i].kind)) --depth;
    else if (depth == 0 && i > open + 1 && (tokens_[i].kind == Tok::kColon || tokens_[i].kind == Tok::kBar)) {
      // {|x|, 2} and {x | x > 3}: a separator is followed by a relation before the brace ends
      for (std::size_t k = i + 1; k < close_of_[open]; ++k) {
        if (tokens_[k].kind == Tok::kRelation) return true;
      }
    }
  }
  return false;
}

// {x | x > 3}, {x ∈ ℝ : x ≠ 2}, {2k | k ∈ ℤ}
std::optional<Value> Parser::set_builder(std::size_t close) {
  ++at_;
  const bool outer = std::exchange(builder_, true);
  auto form = element();
  builder_ = outer;
  if (!form) return std::nullopt;
  if (!accept(Tok::kColon) && !expect(Tok::kBar, "| or :")) return std::nullopt;
  auto held = list(false);
  if (!held) return std::nullopt;
  if (at_ != close) return fail(describe(now()) + " in a set");
  ++at_;
  if (form->kind == Kind::kRelation && form->relations.size() == 1 && form->relations[0] == Relation::kIn) {
    Value inner = std::move(form->items[0]);
    form = std::move(inner);
  }
  if (form->kind == Kind::kScalar && form->scalar->op == Op::kSymbol) {
    if (held->kind == Kind::kList && held->text.empty()) held->text = "and";
    return held;  // the relation is the set
  }
  if (held->kind == Kind::kRelation && held->relations.size() == 1 && held->relations[0] == Relation::kIn && held->items[0].kind == Kind::kScalar && held->items[0].scalar->op == Op::kSymbol) {
    Value family;
    family.kind = Kind::kFamily;
    family.text = held->items[0].scalar->text;
    family.items = {std::move(*form), std::move(held->items[1])};
    return family;
  }
  return fail("a set described in a way that is not known");
}

std::optional<Value> Parser::scalar_value() {
  currency_.clear();
  ExprPtr e = sum();
  if (!e) return std::nullopt;
  Value value;
  value.kind = Kind::kScalar;
  value.scalar = std::move(e);
  value.unit = std::exchange(currency_, {});
  if (kind() == Tok::kBegin) {  // a number times a matrix
    auto entries = environment();
    if (!entries) return std::nullopt;
    if (entries->kind != Kind::kMatrix) return fail("a factor before something that is no matrix");
    for (Value& entry : entries->items) {
      if (entry.kind != Kind::kScalar) return fail("a matrix of things that are no numbers");
      entry.scalar = made(multiply(value.scalar, entry.scalar));
      if (!entry.scalar) return std::nullopt;
    }
    return entries;
  }
  if (kind() == Tok::kColon && !builder_ && kind() != Tok::kEnd) {
    Value ratio;
    ratio.kind = Kind::kRatio;
    ratio.items.push_back(std::move(value));
    while (accept(Tok::kColon)) {
      ExprPtr part = sum();
      if (!part) return std::nullopt;
      Value item;
      item.kind = Kind::kScalar;
      item.scalar = std::move(part);
      ratio.items.push_back(std::move(item));
      if (ratio.items.size() > kMaxItems) { over_budget_ = true; return fail("a ratio of too many parts"); }
    }
    return ratio;
  }
  if (kind() == Tok::kCurrency) {
    value.unit = now().text;
    ++at_;
  }
  const std::string written = unit();
  if (!written.empty()) value.unit = written;
  return value;
}

// Words where a value is expected: a value themselves, a name before "=", or filler before a value.
std::optional<Value> Parser::text_value() {
  if (kind() == Tok::kWord && (number_in_words(folded(now().text))) && !is_listed_word(folded(now().text))) return scalar_value();
  std::string words;
  bool quoted = true;
  const std::size_t start = at_;
  while (kind() == Tok::kText || kind() == Tok::kWord || (kind() == Tok::kSymbol && at_ > start && tokens_[at_ - 1].kind == Tok::kWord && now().text.size() == 1 && now().text != "x")) {
    quoted = quoted && kind() == Tok::kText;
    if (!words.empty()) words += ' ';
    words += now().text;
    ++at_;
  }
  static constexpr std::string_view kFiller[] = {"approximately", "about", "approx", "answer", "the", "is", "so", "thus", "hence", "therefore", "exactly", "answer:", "approx.", "roughly", "either", "at"};
  bool filler = true;
  std::string word;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    if (i < words.size() && words[i] != ' ' && words[i] != ':') { word += words[i]; continue; }
    if (!word.empty()) filler = filler && std::find(std::begin(kFiller), std::end(kFiller), folded(word)) != std::end(kFiller);
    word.clear();
  }
  if (filler && kind() != Tok::kEnd) {
    accept(Tok::kColon);
    return operand();
  }
  bool fallback = false;
  auto value = parse_words(words, quoted, fallback);
  if (!value || fallback) return fail("the words \"" + words.substr(0, 60) + "\"");
  return value;
}

}  // namespace laconic::verifiers::math
