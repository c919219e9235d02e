// Lists with their conditions, chains of relations, unions and differences.
#include <algorithm>
#include <utility>

#include "verifiers/math/build.h"
#include "verifiers/math/parse.h"
#include "verifiers/math/parser.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {

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
    const bool member = chain.relations.back() == Relation::kIn || chain.relations.back() == Relation::kNotIn;
    if (member && kind() == Tok::kSymbol && now().text.size() == 1 && std::string_view("RZNQC").find(now().text[0]) != std::string_view::npos) tokens_[at_].kind = Tok::kNamedSet;  // "k ∈ Z"
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

}  // namespace laconic::verifiers::math
