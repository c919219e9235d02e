// Scalars with units, names, equations and chains.
#include <algorithm>
#include <map>

#include "verifiers/math/build.h"
#include "verifiers/math/match.h"
#include "verifiers/math/tables.h"

namespace laconic::verifiers::math {
namespace {

Match different(std::string rule, std::string detail = {}) { return {Truth::kDifferent, std::move(rule), std::move(detail)}; }

bool is_constant_scalar(const Value& v) { return v.kind == Kind::kScalar && free_symbols(v.scalar).empty() && !contains(v.scalar, Op::kCall); }

// "5 m", "10 m/s^2", "3 m^2": a number before letters that are units as well, and letters below a
// stroke. The unit, and the number alone.
bool split_short_units(const ExprPtr& e, std::map<std::string, int>& units, ExprPtr& number_alone) {
  const auto letter = [&](const ExprPtr& factor, int sign) {
    const bool raised = factor->op == Op::kPower;
    const ExprPtr& base = raised ? factor->args[0] : factor;
    if (base->op != Op::kSymbol) return false;
    const std::string_view name = short_unit_named(base->text);
    int power = 1;
    if (raised) {
      const ExprPtr& above = factor->args[1];
      if (above->op != Op::kNumber || above->text.size() != 1 || above->text[0] > '3') return false;
      power = above->text[0] - '0';
      if (sign > 0 && name != "metre") return false;  // 3s² is no amount of anything
    }
    units[std::string(name)] += sign * power;
    return !name.empty();
  };
  if (e->op == Op::kNegate) {
    if (!split_short_units(e->args[0], units, number_alone)) return false;
    number_alone = negate(number_alone);
    return true;
  }
  const ExprPtr& above = e->op == Op::kDivide ? e->args[0] : e;
  if (above->op != Op::kMul || above->args.size() < 2 || above->args[0]->op != Op::kNumber) return false;
  for (std::size_t i = 1; i < above->args.size(); ++i) {
    if (!letter(above->args[i], 1)) return false;
  }
  if (e->op == Op::kDivide && !letter(e->args[1], -1)) return false;
  number_alone = above->args[0];
  return true;
}

std::string unit_text(const std::map<std::string, int>& units) {
  std::string out;
  for (const auto& [name, power] : units) {
    if (power == 0) continue;
    if (!out.empty()) out += ' ';
    out += name;
    if (power != 1) out += "^" + std::to_string(power);
  }
  return out;
}

// A lone "+ C" at the end of a sum that has another variable: the form without it.
ExprPtr without_constant(const ExprPtr& e) {
  if (e->op != Op::kAdd) return nullptr;
  const auto is_constant_name = [](const ExprPtr& term) { return term->op == Op::kSymbol && (term->text == "C" || term->text == "c" || term->text == "K"); };
  if (!is_constant_name(e->args.back())) return nullptr;
  std::vector<ExprPtr> rest(e->args.begin(), e->args.end() - 1);
  ExprPtr form = rest.size() == 1 ? rest[0] : node(Op::kAdd, std::move(rest));
  const auto free = free_symbols(form);
  return free.empty() || free.contains(e->args.back()->text) ? nullptr : form;
}

bool has_own_unit(const std::string& unit) { return !unit.empty() && unit != "percent"; }

}  // namespace

Named named(const Value& v) {
  Named out;
  out.value = v;
  if (v.kind != Kind::kRelation || v.items.size() < 2) return out;
  // What follows "≈" only rounds what stands before.
  std::vector<const Value*> members = {&v.items[0]};
  for (std::size_t i = 0; i < v.relations.size(); ++i) {
    if (v.relations[i] == Relation::kApproximate && !(i == 0 && v.items[0].kind == Kind::kScalar && v.items[0].scalar->op == Op::kSymbol)) break;
    if (v.relations[i] != Relation::kEqual && v.relations[i] != Relation::kApproximate) return out;
    members.push_back(&v.items[i + 1]);
  }
  if (members.size() == 1) {
    out.value = *members[0];
    return out;
  }
  const auto name_in = [&](const Value& first, const Value& value) {
    const auto used = [&](const std::string& name) {
      std::set<std::string> free;
      std::vector<const Value*> open = {&value};
      while (!open.empty()) {
        const Value* one = open.back();
        open.pop_back();
        if (one->scalar) free_symbols(one->scalar, free);
        for (const Value& item : one->items) open.push_back(&item);
      }
      return free.contains(name);
    };
    if (first.kind == Kind::kText) {
      out.how = Named::How::kWords;
      out.name = first.text;
    } else if (first.kind == Kind::kScalar && first.unit.empty() && first.scalar->op == Op::kSymbol && !used(first.scalar->text)) {
      out.how = Named::How::kSymbol;
      out.name = first.scalar->text;
    } else if (first.kind == Kind::kScalar && first.scalar->op == Op::kCall) {
      out.how = Named::How::kFunction;
      out.name = first.scalar->text;
      for (const ExprPtr& arg : first.scalar->args) out.parameters.push_back(arg->op == Op::kSymbol ? arg->text : "");
    } else if (first.kind == Kind::kScalar && first.scalar->op == Op::kMul && first.scalar->args.size() == 2 && first.scalar->args[0]->op == Op::kSymbol && first.scalar->args[1]->op == Op::kSymbol && used(first.scalar->args[1]->text) && !used(first.scalar->args[0]->text)) {
      // p(x) = …: a product by its looks, a function by its use
      out.how = Named::How::kFunction;
      out.name = first.scalar->args[0]->text;
      out.parameters = {first.scalar->args[1]->text};
    } else if (first.kind == Kind::kTuple && std::all_of(first.items.begin(), first.items.end(), [](const Value& item) { return item.kind == Kind::kScalar && item.scalar->op == Op::kSymbol; })) {
      out.how = Named::How::kTuple;
    } else {
      return false;
    }
    return true;
  };
  const Value& last = *members.back();
  if (name_in(*members[0], last)) {
    out.value = last;
  } else if (members.size() == 2 && is_constant_scalar(*members[0]) && name_in(last, *members[0])) {
    out.value = *members[0];  // 5 = x
  } else if (std::all_of(members.begin(), members.end(), [](const Value* m) { return is_constant_scalar(*m); })) {
    out.value = last;
  } else if (members.size() > 2 && is_constant_scalar(last)) {
    out.value = last;  // a + b = 2 + 3 = 5
  } else {
    out.value = v;
  }
  return out;
}

Match Matcher::compared(const ExprPtr& gold, const ExprPtr& prediction, const Tolerance& tolerance) {
  if (!spend(1)) return {Truth::kUndecided, "budget", "too many comparisons"};
  Comparison one = compare(gold, prediction, tolerance);
  if (one.rule != "structure" && one.rule != "rational") spend(20);
  return {one.truth, std::string(one.rule), std::move(one.detail)};
}

Match Matcher::units(const Value& gold, const Value& prediction) {
  if (options_.units == "ignore") return {Truth::kEqual, "unit", {}};
  const bool g = has_own_unit(gold.unit), p = has_own_unit(prediction.unit);
  if (options_.units == "require" && g && !p) return different("unit", "the unit " + gold.unit + " is missing");
  if (!g || !p || gold.unit == prediction.unit) return {Truth::kEqual, "unit", {}};
  // Nouns: "children tickets" and "tickets" count the same.
  const auto words = [](const std::string& unit) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < unit.size();) {
      const std::size_t end = std::min(unit.find(' ', i), unit.size());
      out.push_back(unit.substr(i, end - i));
      i = end + 1;
    }
    return out;
  };
  const auto a = words(gold.unit), b = words(prediction.unit);
  const auto within = [](const std::vector<std::string>& few, const std::vector<std::string>& many) {
    return std::ranges::all_of(few, [&](const std::string& word) { return word[0] == '#' && std::ranges::find(many, word) != many.end(); });
  };
  if (within(a, b) || within(b, a)) return {Truth::kEqual, "unit", {}};
  return different("unit", "the units " + gold.unit + " and " + prediction.unit + " differ");
}

Match Matcher::scalars(const Value& gold, const Value& prediction) {
  Value p = prediction;
  // "5 m" where the gold is 5 metres, "10 m/s" where it is a number: letters that are units.
  if (!is_constant_scalar(p) && p.unit.empty() && is_constant_scalar(gold) && (has_own_unit(gold.unit) || p.scalar->op == Op::kDivide)) {
    std::map<std::string, int> units;
    ExprPtr number_alone;
    if (split_short_units(p.scalar, units, number_alone)) {
      p.scalar = number_alone;
      p.unit = unit_text(units);
    }
  }
  if (Match agreed = units(gold, p); agreed.truth != Truth::kEqual) return agreed;

  const auto as_written = [](const Value& v) { return v.unit == "percent" ? multiply(v.scalar, integer(100)) : v.scalar; };
  Match one;
  if (options_.percent == "number") one = compared(as_written(gold), as_written(p), tolerance_);
  else one = compared(gold.scalar, p.scalar, tolerance_);
  if (one.truth == Truth::kDifferent && options_.percent == "either" && (gold.unit == "percent") != (p.unit == "percent")) {
    if (Match other = compared(as_written(gold), as_written(p), tolerance_); other.truth == Truth::kEqual) return other;
  }
  if (one.truth != Truth::kEqual) {
    if (const ExprPtr form = without_constant(p.scalar)) {
      const ExprPtr gold_form = without_constant(gold.scalar);
      const auto free = free_symbols(gold.scalar);
      if (gold_form || (!free.empty() && free == free_symbols(form))) {
        Match other = compared(gold_form ? gold_form : gold.scalar, form, tolerance_);
        if (other.truth == Truth::kEqual) {
          other.rule = "constant of integration, " + other.rule;
          return other;
        }
      }
    }
  }
  return one;
}

// All constant members of a chain must be equal to its last one, up to the first "≈".
bool Matcher::consistent(const Value& chain) {
  const Value* last = nullptr;
  for (std::size_t i = chain.items.size(); i-- > 0;) {
    const bool rounded = std::find(chain.relations.begin(), chain.relations.begin() + static_cast<std::ptrdiff_t>(i), Relation::kApproximate) != chain.relations.begin() + static_cast<std::ptrdiff_t>(i);
    if (rounded || !is_constant_scalar(chain.items[i])) continue;
    if (!last) last = &chain.items[i];
    else if (compared(last->scalar, chain.items[i].scalar, {}).truth == Truth::kDifferent) return false;
  }
  return true;
}

Match Matcher::relations(const Value& gold, const Value& prediction) {
  if (prediction.kind == Kind::kRelation && std::ranges::all_of(prediction.relations, [](Relation r) { return r == Relation::kEqual || r == Relation::kApproximate; }) && !consistent(prediction)) {
    return {Truth::kPredictionBad, "chain", "its members are not equal"};
  }
  const Named g = named(gold), p = named(prediction);
  const bool gold_open = g.value.kind == Kind::kRelation, prediction_open = p.value.kind == Kind::kRelation;
  if (!gold_open && !prediction_open) {
    using How = Named::How;
    Value value = p.value;
    if (g.how != How::kNone && p.how != How::kNone) {
      if (g.how == How::kSymbol && p.how == How::kSymbol && g.name != p.name) {
        Match whole = equations(gold, prediction);  // x = y + 1 and y = x − 1
        if (whole.truth == Truth::kEqual) return whole;
        return different("name", "it is about " + p.name + ", the gold about " + g.name);
      }
      if (g.how == How::kFunction && p.how == How::kFunction) {
        if (g.name != p.name || g.parameters.size() != p.parameters.size()) return different("name", "it is about " + p.name + ", the gold about " + g.name);
        for (std::size_t i = 0; i < g.parameters.size(); ++i) {
          if (value.scalar && !p.parameters[i].empty() && !g.parameters[i].empty()) value.scalar = substitute(value.scalar, p.parameters[i], symbol(g.parameters[i]));
        }
      }
      const bool mixed = (g.how == How::kFunction && p.how == How::kSymbol) || (g.how == How::kSymbol && p.how == How::kFunction);
      if (mixed && g.name != p.name && (g.how == How::kSymbol ? g.name : p.name) != "y") return different("name", "it is about " + p.name + ", the gold about " + g.name);
    } else if (g.how == How::kNone && p.how == How::kSymbol && gold.kind == Kind::kScalar && free_symbols(gold.scalar).contains(p.name) && gold.scalar->op != Op::kSymbol) {
      return different("name", "the gold is a formula in " + p.name);
    }
    Match one = values(g.value, value);
    if (one.truth == Truth::kDifferent && g.how == How::kSymbol && p.how == How::kSymbol) {
      Match whole = equations(gold, prediction);
      if (whole.truth == Truth::kEqual) return whole;
    }
    return one;
  }
  if (gold.kind == Kind::kRelation && prediction.kind == Kind::kRelation) return equations(gold, prediction);
  return different("kinds", std::string(name_of(prediction.kind)) + " where " + std::string(name_of(gold.kind)) + " is asked for");
}

// lhs − rhs of both are proportional: the quotient of their values at one rational point is the factor
// for all points. For inequalities the factor must be positive.
Match Matcher::equations(const Value& gold, const Value& prediction) {
  const auto flipped = [](Relation r) {
    switch (r) {
      case Relation::kLess: return Relation::kGreater;
      case Relation::kGreater: return Relation::kLess;
      case Relation::kLessEqual: return Relation::kGreaterEqual;
      case Relation::kGreaterEqual: return Relation::kLessEqual;
      default: return r;
    }
  };
  const auto backwards = [&](const Value& v) {
    Value out = v;
    std::reverse(out.items.begin(), out.items.end());
    std::reverse(out.relations.begin(), out.relations.end());
    for (Relation& r : out.relations) r = flipped(r);
    return out;
  };
  const auto scalar_only = [](const Value& v) { return std::ranges::all_of(v.items, [](const Value& item) { return item.kind == Kind::kScalar; }); };
  if (gold.items.size() != prediction.items.size()) return different("relation", "another number of members");
  const auto memberwise = [&](const Value& other) -> Match {
    if (gold.relations != other.relations) return different("relation");
    return ordered(gold.items, other.items, "relation");
  };
  Match direct = memberwise(prediction);
  if (direct.truth == Truth::kEqual) return direct;
  if (Match other = memberwise(backwards(prediction)); other.truth == Truth::kEqual) return other;
  if (gold.items.size() != 2 || !scalar_only(gold) || !scalar_only(prediction)) return direct;

  Relation relation = prediction.relations[0];
  ExprPtr d_gold = subtract(gold.items[0].scalar, gold.items[1].scalar);
  ExprPtr d_prediction = subtract(prediction.items[0].scalar, prediction.items[1].scalar);
  if (relation != gold.relations[0]) {
    if (flipped(relation) != gold.relations[0]) return different("relation", "another relation");
    d_prediction = negate(d_prediction);
  }
  auto names = free_symbols(d_gold);
  if (names != free_symbols(d_prediction)) return different("equation", "it is about other variables");
  const bool inequality = gold.relations[0] != Relation::kEqual && gold.relations[0] != Relation::kNotEqual;
  for (int attempt = 0; attempt < 4; ++attempt) {
    ExprPtr at_gold = d_gold, at_prediction = d_prediction;
    int k = 0;
    for (const std::string& name : names) {
      const ExprPtr point = divide(integer(7 + 4 * k + 13 * attempt), integer(3 + 2 * k));
      at_gold = substitute(at_gold, name, point);
      at_prediction = substitute(at_prediction, name, point);
      ++k;
    }
    const Match gold_zero = compared(at_gold, integer(0), {}), prediction_zero = compared(at_prediction, integer(0), {});
    if (gold_zero.truth != Truth::kDifferent || prediction_zero.truth != Truth::kDifferent) {
      if (gold_zero.truth == Truth::kEqual && prediction_zero.truth == Truth::kDifferent) return different("equation");
      if (gold_zero.truth == Truth::kDifferent && prediction_zero.truth == Truth::kEqual) return different("equation");
      continue;
    }
    if (inequality) {
      const int a = order(at_gold, integer(0)), b = order(at_prediction, integer(0));
      if (a == 2 || b == 2) return {Truth::kUndecided, "inequality", "the sign of the factor is unknown"};
      if (a != b) return different("inequality", "the direction differs");
    }
    Match one = compared(multiply(d_gold, at_prediction), multiply(d_prediction, at_gold), {});
    one.rule = "equation up to a factor, " + one.rule;
    return one;
  }
  return direct;
}

}  // namespace laconic::verifiers::math
