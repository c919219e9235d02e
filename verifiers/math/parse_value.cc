// Structures: lists, tuples, intervals, sets, relations, families.
#include <algorithm>
#include <utility>

#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

bool is_open(Tok kind) {
  return kind == Tok::kOpenParen || kind == Tok::kOpenBracket || kind == Tok::kOpenSet || kind == Tok::kOpenAngle || kind == Tok::kOpenGroup || kind == Tok::kBegin;
}

bool closes(Tok open, Tok close) {
  switch (close) {
    case Tok::kCloseParen: case Tok::kCloseBracket: return open == Tok::kOpenParen || open == Tok::kOpenBracket;
    case Tok::kCloseSet: return open == Tok::kOpenSet;
    case Tok::kCloseAngle: return open == Tok::kOpenAngle;
    case Tok::kCloseGroup: return open == Tok::kOpenGroup;
    case Tok::kEndEnvironment: return open == Tok::kBegin;
    default: return false;
  }
}

bool is_close(Tok kind) {
  return kind == Tok::kCloseParen || kind == Tok::kCloseBracket || kind == Tok::kCloseSet || kind == Tok::kCloseAngle || kind == Tok::kCloseGroup || kind == Tok::kEndEnvironment;
}

// After a set in braces: does arithmetic go on, so that the braces only group?
bool continues_arithmetic(Tok kind) {
  switch (kind) {
    case Tok::kPower: case Tok::kTimes: case Tok::kDivide: case Tok::kPlus: case Tok::kNumber: case Tok::kSymbol: case Tok::kPi:
    case Tok::kFrac: case Tok::kSqrt: case Tok::kOpenParen: case Tok::kOpenBracket: case Tok::kOpenSet: case Tok::kFunction: case Tok::kBang:
      return true;
    default: return false;
  }
}

bool is_alignment(const std::string& name) {
  return name == "aligned" || name == "align" || name == "gather" || name == "gathered" || name == "split" || name == "eqnarray" || name == "equation" || name == "alignedat";
}

}  // namespace

Parser::Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
  flatten_alignments();
  match_brackets();
}

void Parser::flatten_alignments() {
  std::vector<bool> open;  // is the environment an alignment?
  std::vector<Token> out;
  out.reserve(tokens_.size());
  for (Token& token : tokens_) {
    if (token.kind == Tok::kBegin) {
      open.push_back(is_alignment(token.text));
      if (open.back()) continue;
    } else if (token.kind == Tok::kEndEnvironment && !open.empty()) {
      const bool alignment = open.back();
      open.pop_back();
      if (alignment) continue;
    } else if (!open.empty() && open.back()) {
      if (token.kind == Tok::kColumn) continue;
      if (token.kind == Tok::kRow) token.kind = Tok::kComma;
    }
    out.push_back(std::move(token));
  }
  tokens_ = std::move(out);
}

void Parser::match_brackets() {
  close_of_.assign(tokens_.size(), 0);
  separated_.assign(tokens_.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Tok kind = tokens_[i].kind;
    if (is_open(kind)) {
      open.push_back(i);
    } else if (is_close(kind)) {
      // A group's end closes whatever stayed open inside of it.
      std::size_t level = open.size();
      while (level > 0 && !closes(tokens_[open[level - 1]].kind, kind)) {
        if (kind != Tok::kCloseGroup && kind != Tok::kEndEnvironment) { level = 0; break; }
        --level;
      }
      if (level == 0) continue;
      close_of_[open[level - 1]] = i;
      open.resize(level - 1);
    } else if ((kind == Tok::kComma || kind == Tok::kSemicolon) && !open.empty()) {
      separated_[open.back()] = true;
    }
  }
}

bool Parser::accept(Tok wanted) {
  if (kind() != wanted || wanted == Tok::kEnd) return false;
  ++at_;
  return true;
}

bool Parser::expect(Tok wanted, std::string_view what) {
  if (accept(wanted)) return true;
  fail((kind() == Tok::kEnd ? std::string("the text ends") : describe(now())) + " where " + std::string(what) + " is needed");
  return false;
}

std::nullopt_t Parser::fail(std::string_view why) {
  if (problem_.empty()) problem_ = why;
  return std::nullopt;
}

bool Parser::too_deep() {
  if (depth_ < kMaxNesting) return false;
  over_budget_ = true;
  fail("nested more than " + std::to_string(kMaxNesting) + " deep");
  return true;
}

ExprPtr Parser::made(ExprPtr e) {
  if (++nodes_ <= kMaxParsedNodes) return e;
  over_budget_ = true;
  fail("more than " + std::to_string(kMaxParsedNodes) + " parts");
  return nullptr;
}

std::string Parser::describe(const Token& token) const {
  if (!token.text.empty()) return token.text;
  switch (token.kind) {
    case Tok::kPlus: return "+";
    case Tok::kMinus: return "-";
    case Tok::kTimes: return "*";
    case Tok::kDivide: return "/";
    case Tok::kPower: return "^";
    case Tok::kUnder: return "_";
    case Tok::kComma: return ",";
    case Tok::kSemicolon: return ";";
    case Tok::kColon: return ":";
    case Tok::kBar: return "|";
    case Tok::kOpenParen: return "(";
    case Tok::kCloseParen: return ")";
    case Tok::kOpenBracket: return "[";
    case Tok::kCloseBracket: return "]";
    case Tok::kOpenGroup: return "{";
    case Tok::kCloseGroup: return "}";
    case Tok::kOpenSet: return "\\{";
    case Tok::kCloseSet: return "\\}";
    case Tok::kPi: return "pi";
    case Tok::kInfinity: return "\\infty";
    case Tok::kRelation: return "a relation sign";
    case Tok::kBang: return "!";
    case Tok::kPercent: return "%";
    case Tok::kFrac: return "\\frac";
    case Tok::kSqrt: return "\\sqrt";
    case Tok::kDots: return "…";
    case Tok::kTo: return "an arrow";
    case Tok::kAnd: return "and";
    case Tok::kOr: return "or";
    case Tok::kEnd: return "the end";
    default: return "a sign";
  }
}

std::optional<Value> Parser::whole() {
  auto value = list(true);
  if (!value) {
    if (problem_.empty()) problem_ = "nothing there";
    return std::nullopt;
  }
  if (kind() != Tok::kEnd) return fail(describe(now()) + " is left over");
  return value;
}

std::optional<Value> Parser::list(bool top) {
  if (too_deep()) return std::nullopt;
  const Nested nested(*this);
  std::vector<Value> items, conditions;
  bool any_and = false, any_or = false, any_comma = false;
  while (true) {
    const bool introduces = (kind() == Tok::kWord || kind() == Tok::kText) && !items.empty() && [&] {
      const std::string word = folded(now().text);
      const std::size_t first = word.find_first_not_of(" ,(");
      return first != std::string::npos && (word.compare(first, 5, "where") == 0 || word.compare(first, 3, "for") == 0 || word.compare(first, 4, "with") == 0);
    }();
    if (introduces) {
      auto held = condition();
      if (!held) return std::nullopt;
      conditions.push_back(std::move(*held));
    } else {
      auto item = element();
      if (!item) return std::nullopt;
      const bool membership = item->kind == Kind::kRelation && item->relations.size() == 1 && item->relations[0] == Relation::kIn && item->items[1].kind == Kind::kNamedSet && item->items[0].kind == Kind::kScalar && item->items[0].scalar->op == Op::kSymbol;
      if (membership && !items.empty()) conditions.push_back(std::move(*item));
      else items.push_back(std::move(*item));
      if (items.size() > kMaxItems) { over_budget_ = true; return fail("more than " + std::to_string(kMaxItems) + " items"); }
    }
    bool separator = false;
    while (true) {
      if (accept(Tok::kComma) || accept(Tok::kSemicolon)) any_comma = true;
      else if (accept(Tok::kAnd)) any_and = true;
      else if (accept(Tok::kOr)) any_or = true;
      else break;
      separator = true;
    }
    const bool follows_condition = (kind() == Tok::kWord || kind() == Tok::kText) && top;
    if (!separator && !(follows_condition && conditions.empty())) {
      // "{π/4 + kπ} (k ∈ ℤ)"
      if (top && kind() == Tok::kOpenParen && close_of_[at_] == tokens_.size() - 2 && conditions.empty()) {
        ++at_;
        auto held = element();
        if (!held || !expect(Tok::kCloseParen, ")")) return std::nullopt;
        if (held->kind != Kind::kRelation) return fail("a bracket that is no condition");
        conditions.push_back(std::move(*held));
      }
      break;
    }
    if (kind() == Tok::kEnd) break;  // "1, 2,"
    if (!separator && follows_condition) {
      const std::string word = folded(now().text);
      if (word.find("where") == std::string::npos && word.find("for") == std::string::npos && word.find("with") == std::string::npos) break;
    }
  }
  for (const Value& held : conditions) {
    if (held.kind != Kind::kRelation || held.relations[0] != Relation::kIn) continue;
    for (Value& item : items) {
      Value family;
      family.kind = Kind::kFamily;
      family.text = held.items[0].scalar->text;
      family.items = {std::move(item), held.items[1]};
      item = std::move(family);
    }
  }
  // Any other condition ("for x > 0") restricts a formula, which equality judges on its own domain.
  if (items.size() == 1) return std::move(items[0]);
  Value value;
  value.kind = Kind::kList;
  value.items = std::move(items);
  value.text = any_or ? "or" : any_and && !any_comma ? "and" : "";
  return value;
}

// "where k is an integer", "for any integer n", "for k ∈ ℤ", "for x > 0"
std::optional<Value> Parser::condition() {
  std::string words;
  std::string name;
  while (kind() == Tok::kWord || kind() == Tok::kText) {
    words += " " + folded(now().text);
    ++at_;
  }
  if (kind() == Tok::kSymbol && ahead(1).kind != Tok::kRelation && ahead(1).kind != Tok::kUnder) {
    name = now().text;
    ++at_;
    while (kind() == Tok::kWord || kind() == Tok::kText) {
      words += " " + folded(now().text);
      ++at_;
    }
  } else if (kind() != Tok::kEnd && kind() != Tok::kComma) {
    auto held = element();
    if (held && held->kind != Kind::kRelation) return fail("a condition that is no relation");
    return held;
  }
  const auto has = [&](std::string_view word) { return words.find(word) != std::string::npos; };
  if (name.empty()) {
    // "\text{ where k is an integer}", all inside of one \text
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      if (words[i - 1] == ' ' && words[i + 1] == ' ' && words[i] != 'a') name = words.substr(i, 1);
    }
    if (name.empty() && words.size() > 2 && words[words.size() - 2] == ' ') name = words.substr(words.size() - 1);
  }
  if (name.empty() || !(has("integer") || has("real") || has("constant"))) return fail("the condition \"" + words + "\"");
  Value variable, domain, relation;
  variable.kind = Kind::kScalar;
  variable.scalar = symbol(name);
  domain.kind = Kind::kNamedSet;
  domain.text = has("integer") ? "Z" : "R";
  relation.kind = Kind::kRelation;
  relation.relations = {has("integer") ? Relation::kIn : Relation::kEquivalent};
  relation.items = {std::move(variable), std::move(domain)};
  return relation;
}

std::optional<Value> Parser::element() {
  if (kind() == Tok::kRelation && (now().relation == Relation::kEqual || now().relation == Relation::kApproximate)) ++at_;
  auto first = set_expression();
  if (!first) return std::nullopt;
  Value chain;
  chain.kind = Kind::kRelation;
  chain.items.push_back(std::move(*first));
  while (kind() == Tok::kRelation) {
    if (chain.items.size() > kMaxItems) { over_budget_ = true; return fail("a chain that is too long"); }
    chain.relations.push_back(now().relation);
    ++at_;
    auto next = set_expression();
    if (!next) return std::nullopt;
    chain.items.push_back(std::move(*next));
  }
  // x ≡ 3 (mod 7), 3 \pmod 7
  const bool parenthesised_mod = kind() == Tok::kOpenParen && ahead(1).kind == Tok::kMod;
  if (kind() == Tok::kParenMod || parenthesised_mod || (kind() == Tok::kMod && !chain.relations.empty())) {
    at_ += parenthesised_mod ? 2 : 1;
    ExprPtr modulus = parenthesised_mod ? sum() : argument();
    if (!modulus || (parenthesised_mod && !expect(Tok::kCloseParen, ")"))) return std::nullopt;
    Value residue;
    residue.kind = Kind::kResidue;
    Value form = chain.items.back();
    if (form.kind != Kind::kScalar || (chain.relations.size() > 1)) return fail("a residue that is no number");
    Value whole;
    whole.kind = Kind::kScalar;
    whole.scalar = std::move(modulus);
    residue.items = {std::move(form), std::move(whole)};
    if (chain.items.size() == 2 && chain.items[0].kind == Kind::kScalar && chain.items[0].scalar->op == Op::kSymbol) residue.text = chain.items[0].scalar->text;
    return residue;
  }
  if (chain.relations.empty()) return std::move(chain.items[0]);
  return chain;
}

std::optional<Value> Parser::set_expression() {
  auto left = operand();
  if (!left) return std::nullopt;
  while (true) {
    const bool letter_u = kind() == Tok::kSymbol && (now().text == "U" || now().text == "u") && is_open(ahead(1).kind) && left->kind != Kind::kScalar;
    const bool minus = kind() == Tok::kMinus && (left->kind == Kind::kNamedSet || left->kind == Kind::kInterval) && is_open(ahead(1).kind);
    Kind joined;
    if (kind() == Tok::kCup || letter_u) joined = Kind::kUnion;
    else if (kind() == Tok::kCap) joined = Kind::kIntersection;
    else if (kind() == Tok::kSetMinus || minus) joined = Kind::kDifference;
    else break;
    ++at_;
    auto right = operand();
    if (!right) return std::nullopt;
    if (left->kind == joined && joined != Kind::kDifference && left->text.empty()) {
      left->items.push_back(std::move(*right));
      if (left->items.size() > kMaxItems) { over_budget_ = true; return fail("a union of too many sets"); }
      continue;
    }
    Value both;
    both.kind = joined;
    both.items = {std::move(*left), std::move(*right)};
    left = std::move(both);
  }
  return left;
}

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
