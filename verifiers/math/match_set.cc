// Sets of real numbers as sorted, disjoint intervals: unions, differences, inequalities and chains
// of them compare by what they contain. Needs the order of their ends; where that is unknown the
// structures are compared as they stand.
#include <algorithm>
#include <optional>

#include "verifiers/math/build.h"
#include "verifiers/math/match.h"

namespace laconic::verifiers::math {
namespace {

constexpr std::size_t kMaxSegments = 128;

struct Segment {
  ExprPtr low, high;  // null: unbounded
  bool low_closed = false, high_closed = false;
};

struct RealSet {
  std::vector<Segment> segments;  // sorted, disjoint, none touching the next
  std::string variable;           // of inequalities; may be empty
  bool inequality = false;
};

// 2: unknown.
int order_low(const Segment& a, const Segment& b) {
  if (!a.low || !b.low) return !a.low && !b.low ? 0 : !a.low ? -1 : 1;
  const int o = order(a.low, b.low);
  if (o == 0 && a.low_closed != b.low_closed) return a.low_closed ? -1 : 1;
  return o;
}

int order_high(const Segment& a, const Segment& b) {
  if (!a.high || !b.high) return !a.high && !b.high ? 0 : !a.high ? 1 : -1;
  const int o = order(a.high, b.high);
  if (o == 0 && a.high_closed != b.high_closed) return a.high_closed ? 1 : -1;
  return o;
}

// Nothing is in it; nullopt: unknown.
std::optional<bool> is_empty(const Segment& s) {
  if (!s.low || !s.high) return false;
  const int o = order(s.low, s.high);
  if (o == 2) return std::nullopt;
  return o > 0 || (o == 0 && !(s.low_closed && s.high_closed));
}

std::optional<std::vector<Segment>> united(std::vector<Segment> all) {
  if (all.size() > kMaxSegments) return std::nullopt;
  std::vector<Segment> kept;
  for (Segment& s : all) {
    const auto empty = is_empty(s);
    if (all.size() > 1 && !empty) return std::nullopt;
    if (!empty || !*empty) kept.push_back(std::move(s));
  }
  if (kept.size() < 2) return kept;
  for (std::size_t i = 1; i < kept.size(); ++i) {  // insertion sort: an unknown order is seen at once
    for (std::size_t k = i; k > 0; --k) {
      const int o = order_low(kept[k], kept[k - 1]);
      if (o == 2) return std::nullopt;
      if (o >= 0) break;
      std::swap(kept[k], kept[k - 1]);
    }
  }
  std::vector<Segment> out = {kept[0]};
  for (std::size_t i = 1; i < kept.size(); ++i) {
    Segment& last = out.back();
    if (!last.high) break;
    if (!kept[i].low) return std::nullopt;
    const int o = order(last.high, kept[i].low);
    if (o == 2) return std::nullopt;
    if (o < 0 || (o == 0 && !last.high_closed && !kept[i].low_closed)) {
      out.push_back(kept[i]);
      continue;
    }
    const int reach = order_high(kept[i], last);
    if (reach == 2) return std::nullopt;
    if (reach > 0) {
      last.high = kept[i].high;
      last.high_closed = kept[i].high_closed;
    }
  }
  return out;
}

std::optional<std::vector<Segment>> common(const std::vector<Segment>& a, const std::vector<Segment>& b) {
  std::vector<Segment> out;
  for (const Segment& x : a) {
    for (const Segment& y : b) {
      if (out.size() > kMaxSegments) return std::nullopt;
      const int low = order_low(x, y), high = order_high(x, y);
      if (low == 2 || high == 2) return std::nullopt;
      Segment s;
      s.low = low >= 0 ? x.low : y.low;
      s.low_closed = low >= 0 ? x.low_closed : y.low_closed;
      s.high = high <= 0 ? x.high : y.high;
      s.high_closed = high <= 0 ? x.high_closed : y.high_closed;
      const auto empty = is_empty(s);
      if (!empty) return std::nullopt;
      if (!*empty) out.push_back(std::move(s));
    }
  }
  return united(std::move(out));
}

std::vector<Segment> complement(const std::vector<Segment>& set) {
  std::vector<Segment> out;
  Segment gap;  // from −∞
  for (const Segment& s : set) {
    if (s.low) {
      gap.high = s.low;
      gap.high_closed = !s.low_closed;
      out.push_back(gap);
    }
    if (!s.high) return out;
    gap = {s.high, nullptr, !s.high_closed, false};
  }
  out.push_back(gap);
  return out;
}

std::optional<RealSet> real_set(const Value& v, int depth);

std::optional<Segment> segment_of(const Value& low, const Value& high, bool low_closed, bool high_closed) {
  if (low.kind != Kind::kScalar || high.kind != Kind::kScalar) return std::nullopt;
  Segment s;
  const auto unbounded = [](const ExprPtr& e, bool below) {
    return below ? e->op == Op::kNegate && e->args[0]->op == Op::kInfinity : e->op == Op::kInfinity;
  };
  if (!unbounded(low.scalar, true)) {
    if (contains(low.scalar, Op::kInfinity)) return std::nullopt;
    s.low = low.scalar;
    s.low_closed = low_closed;
  } else if (low_closed) {
    return std::nullopt;
  }
  if (!unbounded(high.scalar, false)) {
    if (contains(high.scalar, Op::kInfinity)) return std::nullopt;
    s.high = high.scalar;
    s.high_closed = high_closed;
  } else if (high_closed) {
    return std::nullopt;
  }
  return s;
}

// x > a, a < x ≤ b, x ≠ a, x = a; the variable is the member that is one symbol.
std::optional<RealSet> relation_set(const Value& v) {
  RealSet out;
  out.inequality = true;
  std::size_t middle = v.items.size();
  for (std::size_t i = 0; i < v.items.size(); ++i) {
    if (v.items[i].kind != Kind::kScalar) return std::nullopt;
    if (v.items[i].scalar->op != Op::kSymbol) continue;
    const bool better = middle == v.items.size() || v.items.size() == 3 ? i == 1 || middle == v.items.size() : false;
    if (better) middle = i;
  }
  if (middle == v.items.size() || v.items.size() > 3 || (v.items.size() == 3 && middle != 1)) return std::nullopt;
  out.variable = v.items[middle].scalar->text;
  std::vector<Segment> whole = {Segment{}};
  for (std::size_t i = 0; i < v.items.size(); ++i) {
    if (i == middle) continue;
    if (free_symbols(v.items[i].scalar).contains(out.variable)) return std::nullopt;
    Relation r = i < middle ? v.relations[i] : v.relations[i - 1];
    if (i < middle) {  // a < x is x > a
      r = r == Relation::kLess ? Relation::kGreater : r == Relation::kGreater ? Relation::kLess : r == Relation::kLessEqual ? Relation::kGreaterEqual : r == Relation::kGreaterEqual ? Relation::kLessEqual : r;
    }
    const ExprPtr& bound = v.items[i].scalar;
    const bool infinite = contains(bound, Op::kInfinity);
    std::vector<Segment> part;
    switch (r) {
      case Relation::kLess: part = {{nullptr, infinite ? nullptr : bound, false, false}}; break;
      case Relation::kLessEqual: part = {{nullptr, bound, false, true}}; break;
      case Relation::kGreater: part = {{infinite ? nullptr : bound, nullptr, false, false}}; break;
      case Relation::kGreaterEqual: part = {{bound, nullptr, true, false}}; break;
      case Relation::kEqual: part = {{bound, bound, true, true}}; break;
      case Relation::kNotEqual: part = {{nullptr, bound, false, false}, {bound, nullptr, false, false}}; break;
      default: return std::nullopt;
    }
    if (v.items.size() == 2) {
      whole = std::move(part);
    } else {
      // Both ends of a chain: put together without asking for their order, which may be symbolic.
      if (part.size() != 1 || r == Relation::kEqual) return std::nullopt;
      Segment& s = whole[0];
      if (part[0].low || r == Relation::kGreater || r == Relation::kGreaterEqual) { s.low = part[0].low; s.low_closed = part[0].low_closed; }
      if (part[0].high || r == Relation::kLess || r == Relation::kLessEqual) { s.high = part[0].high; s.high_closed = part[0].high_closed; }
    }
  }
  if (v.items.size() == 3) {
    const auto upward = [](Relation r) { return r == Relation::kLess || r == Relation::kLessEqual; };
    if (upward(v.relations[0]) != upward(v.relations[1])) return std::nullopt;
  }
  out.segments = std::move(whole);
  return out;
}

std::optional<RealSet> combined(const Value& v, bool intersect, int depth) {
  RealSet out;
  bool first = true;
  for (const Value& item : v.items) {
    auto part = real_set(item, depth + 1);
    if (!part) return std::nullopt;
    if (!part->variable.empty()) {
      if (!out.variable.empty() && out.variable != part->variable) return std::nullopt;
      out.variable = part->variable;
    }
    out.inequality = out.inequality || part->inequality;
    if (first) {
      out.segments = std::move(part->segments);
    } else {
      std::optional<std::vector<Segment>> joined;
      if (intersect) {
        joined = common(out.segments, part->segments);
      } else {
        std::vector<Segment> all = out.segments;
        all.insert(all.end(), part->segments.begin(), part->segments.end());
        joined = united(std::move(all));
      }
      if (!joined) return std::nullopt;
      out.segments = std::move(*joined);
    }
    first = false;
  }
  return out;
}

std::optional<RealSet> real_set(const Value& v, int depth) {
  if (depth > 20) return std::nullopt;
  switch (v.kind) {
    case Kind::kInterval:
    case Kind::kTuple: {
      if (v.items.size() != 2 || (v.kind == Kind::kTuple && v.ordered_brackets)) return std::nullopt;
      const auto s = segment_of(v.items[0], v.items[1], v.closed_low, v.closed_high);
      if (!s) return std::nullopt;
      return RealSet{{*s}, {}, false};
    }
    case Kind::kSet: {
      std::vector<Segment> points;
      for (const Value& item : v.items) {
        if (item.kind != Kind::kScalar || contains(item.scalar, Op::kI)) return std::nullopt;
        points.push_back({item.scalar, item.scalar, true, true});
      }
      auto joined = united(std::move(points));
      if (!joined) return std::nullopt;
      return RealSet{std::move(*joined), {}, false};
    }
    case Kind::kScalar: return depth > 0 ? std::optional(RealSet{{{v.scalar, v.scalar, true, true}}, {}, false}) : std::nullopt;
    case Kind::kNamedSet: {
      if (v.text == "R") return RealSet{{Segment{}}, {}, false};
      if (v.text == "R+" || v.text == "R>0") return RealSet{{{integer(0), nullptr, false, false}}, {}, false};
      if (v.text == "R-") return RealSet{{{nullptr, integer(0), false, false}}, {}, false};
      if (v.text == "R>=0" || v.text == "R>=") return RealSet{{{integer(0), nullptr, true, false}}, {}, false};
      if (v.text == "R*") return RealSet{complement({{integer(0), integer(0), true, true}}), {}, false};
      return std::nullopt;
    }
    case Kind::kUnion: return combined(v, false, depth);
    case Kind::kIntersection: return combined(v, true, depth);
    case Kind::kList: {
      // "x < 1, x > 3" can only mean "or"; "x > 1, x < 3" means "and".
      auto both = v.text == "or" ? std::nullopt : combined(v, true, depth);
      if (both && (!both->segments.empty() || v.text == "and")) return both;
      return combined(v, false, depth);
    }
    case Kind::kDifference: {
      if (v.items.size() != 2) return std::nullopt;
      const auto whole = real_set(v.items[0], depth + 1), out = real_set(v.items[1], depth + 1);
      if (!whole || !out) return std::nullopt;
      auto rest = common(whole->segments, complement(out->segments));
      if (!rest) return std::nullopt;
      return RealSet{std::move(*rest), whole->variable, whole->inequality};
    }
    case Kind::kRelation:
      if (v.relations.size() == 1 && (v.relations[0] == Relation::kIn || v.relations[0] == Relation::kNotIn) && v.items[0].kind == Kind::kScalar && v.items[0].scalar->op == Op::kSymbol) {
        auto inner = real_set(v.items[1], depth + 1);
        if (!inner) return std::nullopt;
        inner->variable = v.items[0].scalar->text;
        if (v.relations[0] == Relation::kNotIn) inner->segments = complement(inner->segments);
        return inner;
      }
      return relation_set(v);
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Match> Matcher::real_sets(const Value& gold, const Value& prediction) {
  const auto a = real_set(gold, 0), b = real_set(prediction, 0);
  if (!a || !b) return std::nullopt;
  if (!a->variable.empty() && !b->variable.empty() && a->variable != b->variable) return Match{Truth::kDifferent, "set", "it is about " + b->variable + ", the gold about " + a->variable};
  if (a->segments.size() != b->segments.size()) return Match{Truth::kDifferent, "set", "another number of pieces"};
  Match worst{Truth::kEqual, "set of real numbers", {}};
  for (std::size_t i = 0; i < a->segments.size(); ++i) {
    const Segment& x = a->segments[i];
    const Segment& y = b->segments[i];
    if (!x.low != !y.low || !x.high != !y.high || x.low_closed != y.low_closed || x.high_closed != y.high_closed) return Match{Truth::kDifferent, "set", "an end differs"};
    for (const auto& [one, other] : {std::pair{x.low, y.low}, {x.high, y.high}}) {
      if (!one) continue;
      Match end = compared(one, other, tolerance_);
      if (end.truth == Truth::kDifferent) return Match{Truth::kDifferent, "set", "an end differs"};
      if (end.truth != Truth::kEqual) worst = {end.truth, "set, " + end.rule, end.detail};
    }
  }
  return worst;
}

}  // namespace laconic::verifiers::math
