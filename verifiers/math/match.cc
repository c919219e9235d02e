#include "verifiers/math/match.h"

#include <algorithm>
#include <optional>

#include "verifiers/math/build.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

constexpr int kMaxMatchDepth = 40;

Match different(std::string rule, std::string detail = {}) { return {Truth::kDifferent, std::move(rule), std::move(detail)}; }
Match equal(std::string rule) { return {Truth::kEqual, std::move(rule), {}}; }

// Of two parts that must both hold, the one that decides.
int weight(Truth truth) {
  switch (truth) {
    case Truth::kEqual: return 0;
    case Truth::kUndecided: return 1;
    case Truth::kGoldBad: return 2;
    case Truth::kFault: return 3;
    case Truth::kPredictionBad: return 4;
    case Truth::kDifferent: return 5;
  }
  return 5;
}

bool is_setlike(const Value& v) {
  switch (v.kind) {
    case Kind::kInterval: case Kind::kUnion: case Kind::kIntersection: case Kind::kDifference: case Kind::kNamedSet: return true;
    case Kind::kRelation:
      return std::any_of(v.relations.begin(), v.relations.end(), [](Relation r) { return r != Relation::kEqual && r != Relation::kApproximate && r != Relation::kEquivalent; });
    case Kind::kList: return !v.items.empty() && std::all_of(v.items.begin(), v.items.end(), [](const Value& item) { return item.kind != Kind::kScalar && is_setlike(item); });
    default: return false;
  }
}

// "the circle" and "a circle" are "circle".
std::string_view without_article(std::string_view words) {
  for (const std::string_view article : {"the ", "a ", "an "}) {
    if (words.starts_with(article)) return words.substr(article.size());
  }
  return words;
}

// A product of single letters, as a word: "ACF".
std::optional<std::string> letters_of(const ExprPtr& e) {
  if (e->op == Op::kE) return "e";
  if (e->op == Op::kI) return "i";
  if (e->op == Op::kSymbol && e->text.size() == 1) return e->text;
  if (e->op != Op::kMul) return std::nullopt;
  std::string word;
  for (const ExprPtr& factor : e->args) {
    const auto letter = letters_of(factor);
    if (!letter || letter->size() != 1) return std::nullopt;
    word += *letter;
  }
  return word;
}

std::optional<std::string> choice_letter(const Value& v) {
  if (v.kind == Kind::kChoice) return v.text;
  if (v.kind == Kind::kScalar && v.unit.empty() && v.scalar->op == Op::kSymbol && v.scalar->text.size() == 1 && v.scalar->text[0] >= 'A' && v.scalar->text[0] <= 'Z') return v.scalar->text;
  return std::nullopt;
}

bool all_named_differently(const std::vector<Value>& items) {
  std::vector<std::string> names;
  for (const Value& item : items) {
    const Named one = named(item);
    if (one.how != Named::How::kSymbol || std::find(names.begin(), names.end(), one.name) != names.end()) return false;
    names.push_back(one.name);
  }
  return items.size() > 1;
}

std::vector<Value> values_of(const std::vector<Value>& items) {
  std::vector<Value> out;
  for (const Value& item : items) out.push_back(named(item).value);
  return out;
}

}  // namespace

Match Matcher::values(const Value& gold, const Value& prediction) {
  if (depth_ > kMaxMatchDepth) return {Truth::kUndecided, "budget", "nested too deep to compare"};
  struct Level {
    int& depth;
    explicit Level(int& d) : depth(d) { ++depth; }
    ~Level() { --depth; }
  } level(depth_);

  const Kind g = gold.kind, p = prediction.kind;
  const auto one_of = [&](Kind a, Kind b) { return (g == a && p == b) || (g == b && p == a); };
  const auto either = [&](Kind a) { return g == a || p == a; };

  // Membership names its set: "x ∈ [0, 1]" is [0, 1].
  if (g == Kind::kRelation && gold.relations.size() == 1 && gold.relations[0] == Relation::kIn && !(p == Kind::kRelation && prediction.relations[0] == Relation::kIn)) return values(gold.items[1], prediction);
  if (p == Kind::kRelation && prediction.relations.size() == 1 && prediction.relations[0] == Relation::kIn && !(g == Kind::kRelation && gold.relations[0] == Relation::kIn)) return values(gold, prediction.items[1]);

  if (g == Kind::kScalar && p == Kind::kScalar) {
    if (options_.letters == "choice" && choice_letter(gold) && choice_letter(prediction)) return *choice_letter(gold) == *choice_letter(prediction) ? equal("letter") : different("letter");
    return scalars(gold, prediction);
  }
  if (either(Kind::kChoice)) {
    if (options_.letters == "choice") {
      const auto a = choice_letter(gold), b = choice_letter(prediction);
      if (a && b) return *a == *b ? equal("letter") : different("letter");
    }
    return different("kinds", "a choice is only its letter");
  }
  if (g == Kind::kFamily || p == Kind::kFamily) return families(gold, prediction);
  if (is_setlike(gold) || is_setlike(prediction)) {
    if (const auto decided = real_sets(gold, prediction)) return *decided;
  }
  if (g == Kind::kRelation || p == Kind::kRelation) return relations(gold, prediction);
  if (g == Kind::kText || p == Kind::kText) return texts(gold, prediction);
  if (either(Kind::kResidue)) return residues(gold, prediction);
  if (either(Kind::kRatio) || either(Kind::kTime)) return ratios(gold, prediction);

  if ((g == Kind::kList || g == Kind::kSet) && (p == Kind::kList || p == Kind::kSet)) {
    const bool sets = g == Kind::kSet || p == Kind::kSet;
    const bool ordered_policy = sets ? options_.sets == "ordered" : options_.lists == "ordered";
    if (ordered_policy) return ordered(gold.items, prediction.items, sets ? "ordered set" : "ordered list");
    return unordered(gold.items, prediction.items, sets, sets ? "set" : "list");
  }
  if (one_of(Kind::kTuple, Kind::kList)) {
    // "x = 1, y = 2" answers (1, 2); bare items answer a tuple in their order.
    const Value& list = g == Kind::kList ? gold : prediction;
    const std::vector<Value> flat = all_named_differently(list.items) ? values_of(list.items) : list.items;
    return g == Kind::kList ? ordered(flat, prediction.items, "tuple") : ordered(gold.items, flat, "tuple");
  }
  if (g == Kind::kTuple && p == Kind::kTuple) return ordered(gold.items, prediction.items, "tuple");
  if (g == Kind::kMatrix && p == Kind::kMatrix) {
    if (gold.columns != prediction.columns || gold.items.size() != prediction.items.size()) return different("matrix", "the shapes differ");
    return ordered(gold.items, prediction.items, "matrix");
  }
  if (one_of(Kind::kMatrix, Kind::kTuple)) {
    const Value& matrix = g == Kind::kMatrix ? gold : prediction;
    if (matrix.columns != 1 && matrix.items.size() != static_cast<std::size_t>(matrix.columns)) return different("kinds", "a matrix is no tuple");
    return ordered(gold.items, prediction.items, "vector");
  }
  if (one_of(Kind::kInterval, Kind::kTuple)) {
    const Value& interval = g == Kind::kInterval ? gold : prediction;
    if (interval.closed_low || interval.closed_high) return different("interval", "an end is open in one and closed in the other");
    return ordered(gold.items, prediction.items, "interval");
  }
  if (g == Kind::kInterval && p == Kind::kInterval) {
    if (gold.closed_low != prediction.closed_low || gold.closed_high != prediction.closed_high) return different("interval", "an end is open in one and closed in the other");
    return ordered(gold.items, prediction.items, "interval");
  }
  if (g == Kind::kNamedSet && p == Kind::kNamedSet) return gold.text == prediction.text ? equal("named set") : different("named set");
  if (g == p && (g == Kind::kUnion || g == Kind::kIntersection)) return unordered(gold.items, prediction.items, false, "set operation");
  if (g == p && g == Kind::kDifference) return ordered(gold.items, prediction.items, "set difference");
  if (g == Kind::kCases && p == Kind::kCases) return cases(gold, prediction);
  return different("kinds", std::string(name_of(p)) + " where " + std::string(name_of(g)) + " is asked for");
}

Match Matcher::ordered(const std::vector<Value>& gold, const std::vector<Value>& prediction, std::string_view rule) {
  if (gold.size() != prediction.size()) return different(std::string(rule), std::to_string(prediction.size()) + " items instead of " + std::to_string(gold.size()));
  Match worst = equal(std::string(rule));
  for (std::size_t i = 0; i < gold.size(); ++i) {
    Match one = values(gold[i], prediction[i]);
    if (weight(one.truth) > weight(worst.truth)) {
      worst = std::move(one);
      worst.rule = std::string(rule) + ", " + worst.rule;
      if (worst.detail.empty()) worst.detail = "item " + std::to_string(i + 1) + " differs";
    }
    if (worst.truth == Truth::kDifferent) break;
  }
  return worst;
}

std::vector<Value> Matcher::distinct(const std::vector<Value>& items) {
  std::vector<Value> out;
  for (const Value& item : items) {
    const bool seen = std::any_of(out.begin(), out.end(), [&](const Value& before) { return values(before, item).truth == Truth::kEqual; });
    if (!seen) out.push_back(item);
  }
  return out;
}

// Each gold item to a prediction item of its own. Equality is transitive, so the first that fits is as good as any.
Match Matcher::unordered(const std::vector<Value>& gold_items, const std::vector<Value>& prediction_items, bool make_distinct, std::string_view rule) {
  const bool unequal = gold_items.size() != prediction_items.size();
  std::vector<Value> gold_distinct, prediction_distinct;
  if (make_distinct && unequal) {
    gold_distinct = distinct(gold_items);
    prediction_distinct = distinct(prediction_items);
  }
  const std::vector<Value>& gold = make_distinct && unequal ? gold_distinct : gold_items;
  const std::vector<Value>& prediction = make_distinct && unequal ? prediction_distinct : prediction_items;
  if (gold.size() != prediction.size()) return different(std::string(rule), std::to_string(prediction.size()) + " items instead of " + std::to_string(gold.size()));
  std::vector<bool> used(prediction.size(), false);
  Match worst = equal(std::string(rule));
  for (std::size_t i = 0; i < gold.size(); ++i) {
    bool found = false;
    Match best = different(std::string(rule), "nothing equals item " + std::to_string(i + 1));
    for (std::size_t step = 0; step < prediction.size() && !found; ++step) {
      const std::size_t k = (i + step) % prediction.size();  // the same order is the common case
      if (used[k]) continue;
      if (work_ < 0) return {Truth::kUndecided, "budget", "too many comparisons"};
      Match one = values(gold[i], prediction[k]);
      if (one.truth == Truth::kEqual) {
        used[k] = true;
        found = true;
      } else if (weight(one.truth) < weight(best.truth)) {
        best = std::move(one);
      }
    }
    if (!found && make_distinct && !unequal && best.truth == Truth::kDifferent) {
      // Sets of the same written size may still repeat themselves.
      const std::vector<Value> a = distinct(gold_items), b = distinct(prediction_items);
      if (a.size() != gold_items.size() || b.size() != prediction_items.size()) return unordered(a, b, false, rule);
    }
    if (!found && weight(best.truth) > weight(worst.truth)) worst = std::move(best);
    if (worst.truth == Truth::kDifferent) break;
  }
  return worst;
}

Match Matcher::texts(const Value& gold, const Value& prediction) {
  if (gold.kind == Kind::kText && prediction.kind == Kind::kText) {
    return without_article(gold.text) == without_article(prediction.text) ? equal("words") : different("words");
  }
  const Value& text = gold.kind == Kind::kText ? gold : prediction;
  const Value& other = gold.kind == Kind::kText ? prediction : gold;
  if (other.kind == Kind::kScalar && other.unit.empty()) {
    const auto word = letters_of(other.scalar);
    if (word && folded(*word) == text.text) return equal("words");
  }
  return different("kinds", std::string(name_of(prediction.kind)) + " where " + std::string(name_of(gold.kind)) + " is asked for");
}

// Ratios are equal up to a factor. A time of day is hours:minutes; without "am" and "pm" either half of the day.
Match Matcher::ratios(const Value& gold, const Value& prediction) {
  const auto as_time = [](const Value& v) -> std::optional<int> {
    if (v.kind == Kind::kTime) return v.minutes;
    const auto whole = [](const Value& item) -> std::optional<int> {
      if (item.kind != Kind::kScalar || item.scalar->op != Op::kNumber || item.scalar->decimal || item.scalar->text.size() > 2) return std::nullopt;
      return std::stoi(item.scalar->text);
    };
    if (v.kind == Kind::kScalar && v.unit.empty()) {
      const auto hours = whole(v);
      return hours && *hours <= 12 ? std::optional(*hours % 12 * 60) : std::nullopt;
    }
    if (v.kind != Kind::kRatio || v.items.size() != 2) return std::nullopt;
    const auto hours = whole(v.items[0]), minutes = whole(v.items[1]);
    return hours && minutes && *hours <= 24 && *minutes < 60 ? std::optional(*hours * 60 + *minutes) : std::nullopt;
  };
  if (gold.kind == Kind::kTime || prediction.kind == Kind::kTime) {
    const auto a = as_time(gold), b = as_time(prediction);
    if (!a || !b) return different("kinds", "no time of day");
    const bool both_halves = gold.kind == Kind::kTime && prediction.kind == Kind::kTime;
    return (both_halves ? *a == *b : (*a - *b) % 720 == 0) ? equal("time") : different("time");
  }
  if (gold.kind == Kind::kRatio && prediction.kind == Kind::kRatio) {
    if (gold.items.size() != prediction.items.size()) return different("ratio", "other numbers of parts");
    Match worst = equal("ratio");
    for (std::size_t i = 1; i < gold.items.size(); ++i) {
      for (const Value* v : {&gold.items[0], &gold.items[i], &prediction.items[0], &prediction.items[i]}) {
        if (v->kind != Kind::kScalar) return different("ratio");
      }
      Match one = compared(multiply(gold.items[0].scalar, prediction.items[i].scalar), multiply(gold.items[i].scalar, prediction.items[0].scalar), {});
      if (weight(one.truth) > weight(worst.truth)) worst = {one.truth, "ratio, " + one.rule, one.detail};
    }
    return worst;
  }
  const Value& ratio = gold.kind == Kind::kRatio ? gold : prediction;
  const Value& other = gold.kind == Kind::kRatio ? prediction : gold;
  if (options_.ratio_is_quotient && other.kind == Kind::kScalar && ratio.items.size() == 2 && ratio.items[0].kind == Kind::kScalar) {
    const ExprPtr quotient = divide(ratio.items[0].scalar, ratio.items[1].scalar);
    return gold.kind == Kind::kRatio ? compared(quotient, other.scalar, tolerance_) : compared(other.scalar, quotient, tolerance_);
  }
  return different("kinds", "a ratio on one side only");
}

Match Matcher::residues(const Value& gold, const Value& prediction) {
  const auto parts = [](const Value& v, ExprPtr& residue, ExprPtr& modulus) {
    if (v.kind == Kind::kResidue) {
      residue = v.items[0].scalar;
      modulus = v.items[1].scalar;
      return true;
    }
    if (v.kind != Kind::kScalar || v.scalar->op != Op::kMod) return false;
    residue = v.scalar->args[0];
    modulus = v.scalar->args[1];
    return true;
  };
  ExprPtr a, m, b, n;
  if (parts(gold, a, m) && parts(prediction, b, n)) {
    const Match moduli = compared(m, n, {});
    if (moduli.truth != Truth::kEqual) return {moduli.truth, "residue", "another modulus"};
    Match one = compared(node(Op::kMod, {a, m}), node(Op::kMod, {b, m}), {});
    one.rule = "residue, " + one.rule;
    return one;
  }
  // A bare number names the residue, as a missing unit would be missing.
  const Value& other = gold.kind == Kind::kResidue ? prediction : gold;
  const Value& residue = gold.kind == Kind::kResidue ? gold : prediction;
  const Named bare = named(other);
  if (bare.value.kind == Kind::kScalar) {
    Match one = gold.kind == Kind::kResidue ? compared(residue.items[0].scalar, bare.value.scalar, {}) : compared(bare.value.scalar, residue.items[0].scalar, {});
    one.rule = "residue, " + one.rule;
    return one;
  }
  return different("kinds", "a residue on one side only");
}

Match Matcher::families(const Value& gold, const Value& prediction) {
  // {form, parameter}; a bare formula with one free name is a family in that name.
  struct Family {
    ExprPtr form;
    std::string parameter, domain;
  };
  const auto family_of = [](const Value& v) -> std::optional<Family> {
    Value inner = v.kind == Kind::kFamily ? v.items[0] : v;
    inner = named(inner).value;
    if (inner.kind != Kind::kScalar) return std::nullopt;
    if (v.kind == Kind::kFamily) return Family{inner.scalar, v.text, v.items[1].kind == Kind::kNamedSet ? v.items[1].text : "?"};
    const auto free = free_symbols(inner.scalar);
    if (free.size() != 1) return std::nullopt;
    return Family{inner.scalar, *free.begin(), "?"};
  };
  const auto a = family_of(gold), b = family_of(prediction);
  if ((!a || !b) && gold.kind == Kind::kFamily && prediction.kind == Kind::kFamily) {  // of tuples, relations, …: with the same parameter
    if (gold.text != prediction.text) return different("family", "the parameters have other names");
    return ordered(gold.items, prediction.items, "family");
  }
  if (!a || !b) return different("family", "a family on one side only");
  if (a->domain != "?" && b->domain != "?" && a->domain != b->domain) return different("family", "the parameters run through other sets");
  const ExprPtr renamed = a->parameter == b->parameter ? b->form : substitute(b->form, b->parameter, symbol(a->parameter));
  Match same = compared(a->form, renamed, {});
  same.rule = "family, " + same.rule;
  if (same.truth != Truth::kDifferent || (a->domain != "Z" && b->domain != "Z")) return same;
  // The same arithmetic progression from another start or the other way: d = ±d', and the starts
  // differ by a few steps.
  const auto at = [](const ExprPtr& form, const std::string& parameter, long long k) { return substitute(form, parameter, integer(k)); };
  const ExprPtr a0 = at(a->form, a->parameter, 0), a1 = at(a->form, a->parameter, 1), a2 = at(a->form, a->parameter, 2);
  const ExprPtr b0 = at(b->form, b->parameter, 0), b1 = at(b->form, b->parameter, 1), b2 = at(b->form, b->parameter, 2);
  const ExprPtr step_a = subtract(a1, a0), step_b = subtract(b1, b0);
  if (compared(subtract(a2, a1), step_a, {}).truth != Truth::kEqual || compared(subtract(b2, b1), step_b, {}).truth != Truth::kEqual) return same;
  if (compared(step_a, step_b, {}).truth != Truth::kEqual && compared(step_a, negate(step_b), {}).truth != Truth::kEqual) return same;
  for (int k = -4; k <= 4; ++k) {
    if (compared(subtract(a0, b0), multiply(integer(k), step_a), {}).truth == Truth::kEqual) return equal("family, arithmetic progression");
  }
  return same;
}

Match Matcher::cases(const Value& gold, const Value& prediction) {
  if (gold.items.size() != prediction.items.size()) return different("cases", "another number of cases");
  std::vector<bool> used(prediction.items.size(), false);
  Match worst = equal("cases");
  for (std::size_t i = 0; i + 1 < gold.items.size(); i += 2) {
    Match best = different("cases", "case " + std::to_string(i / 2 + 1) + " has no counterpart");
    for (std::size_t k = 0; k + 1 < prediction.items.size(); k += 2) {
      if (used[k]) continue;
      Match condition = values(gold.items[i + 1], prediction.items[k + 1]);
      const bool otherwise = gold.items[i + 1].kind == Kind::kText || prediction.items[k + 1].kind == Kind::kText;
      if (otherwise && i + 2 == gold.items.size()) condition = equal("otherwise");  // the one case that is left
      if (condition.truth == Truth::kDifferent) continue;
      Match value = values(gold.items[i], prediction.items[k]);
      const Match& deciding = weight(value.truth) > weight(condition.truth) ? value : condition;
      if (weight(deciding.truth) < weight(best.truth)) best = deciding;
      if (best.truth == Truth::kEqual) {
        used[k] = true;
        break;
      }
    }
    if (weight(best.truth) > weight(worst.truth)) worst = {best.truth, "cases, " + best.rule, best.detail};
  }
  return worst;
}

namespace {

// One part equals the gold and at most one other names a value of its own: more would be guessing.
template <class EqualsGold>
bool traces(const std::vector<Value>& parts, EqualsGold equals_gold) {
  bool found = false;
  int others = 0;
  for (const Value& part : parts) {
    if (equals_gold(part)) found = true;
    else if (part.kind != Kind::kScalar || free_symbols(part.scalar).empty()) ++others;
  }
  return found && others <= 1;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '$') out += c;
  }
  return out;
}

}  // namespace

Judged judge_texts(const Parsed& gold, std::string_view gold_text, std::string_view prediction, const MathOptions& options, const Tolerance& tolerance) {
  Judged out;
  out.gold = gold;
  out.prediction = parse(prediction);
  const auto against = [&](const Value& g, const Value& p) { return Matcher(options, tolerance).values(g, p); };
  if (!out.prediction.value) {
    if (out.prediction.over_budget) {
      out.match = {Truth::kPredictionBad, "budget", out.prediction.problem};
    } else if (options.not_understood == "undecided") {
      out.match = {Truth::kUndecided, "not understood", out.prediction.problem};
    } else if (options.not_understood == "trace" && traces(understood_parts(prediction), [&](const Value& part) { return against(*gold.value, part).truth == Truth::kEqual; })) {
      out.match = {Truth::kUndecided, "not understood, but a part of it equals the gold", out.prediction.problem};
    } else {
      out.match = {Truth::kDifferent, "not understood, and no single part of it equals the gold", out.prediction.problem};
    }
    return out;
  }
  const std::string squeezed_gold = squeezed(gold_text);
  if (!squeezed_gold.empty() && squeezed_gold == squeezed(prediction)) {
    out.match = {Truth::kEqual, "text", {}};
    return out;
  }
  out.match = against(*gold.value, *out.prediction.value);
  if (out.match.truth != Truth::kDifferent) return out;

  const auto again = [&](const Value& g, std::string_view text, const Reading& reading, bool is_gold) {
    const Parsed other = parse(text, reading);
    if (!other.value) return false;
    Match match = is_gold ? against(*other.value, *out.prediction.value) : against(g, *other.value);
    if (match.truth != Truth::kEqual) return false;
    match.rule += is_gold ? ", with the gold's other reading" : ", in its other reading";
    out.match = std::move(match);
    return true;
  };
  Reading separators, decimal, exponent;
  separators.comma = Reading::Comma::kSeparator;
  decimal.comma = Reading::Comma::kDecimal;
  exponent.small_e_is_exponent = true;
  const Ambiguity& p = out.prediction.ambiguity;
  const Ambiguity& g = gold.ambiguity;
  // A list needs a list on the other side that is surely one.
  if (p.thousands && !g.thousands && gold.value->kind == Kind::kList && again(*gold.value, prediction, separators, false)) return out;
  if (g.thousands && !p.thousands && out.prediction.value->kind == Kind::kList && again(*gold.value, gold_text, separators, true)) return out;
  const bool comma_may_be_point = (p.decimal_comma && options.decimal_comma != "never") || (p.short_decimal_comma && options.decimal_comma == "any");
  if (comma_may_be_point && gold.value->kind == Kind::kScalar && again(*gold.value, prediction, decimal, false)) return out;
  if (p.exponent && again(*gold.value, prediction, exponent, false)) return out;
  if (g.exponent && again(*gold.value, gold_text, exponent, true)) return out;
  return out;
}

}  // namespace laconic::verifiers::math
