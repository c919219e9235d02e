// What an answer is: scalars, and the structures around them. What the grammar makes of a text and
// the matcher compares.
//
// A Value is plain data, immutable once parsed, shared freely between threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

enum class Kind : std::uint8_t {
  kScalar,      // scalar, unit
  kText,        // text: words, folded and normalised
  kChoice,      // text: the letter of "(A)" or "(A) words"
  kList,        // items: "1, 2", "1 and 2", "1 or 2", an expanded ±
  kSet,         // items: {1, 2}; no items: ∅
  kTuple,       // items: (1, 2, 3), ⟨1, 2⟩, [1, 2, 3]; a pair in round brackets may also be an open interval
  kInterval,    // items: lower, upper; closed_low, closed_high
  kUnion,       // items: intervals, sets, named sets
  kIntersection,  // the same
  kDifference,  // items: whole, what is taken out
  kNamedSet,    // text: "R", "Z", "Q", "N", "C", "P" (irrationals)
  kMatrix,      // items row by row; columns
  kRelation,    // items: the members; relations: one fewer
  kResidue,     // items: residue, modulus
  kFamily,      // items: the members' form, the parameter's domain (a named set); text: the parameter
  kRatio,       // items: 1:2:3
  kTime,        // minutes since midnight in `minutes`; text: "", "am", "pm"
  kCases,       // items: value, condition, value, condition, … (a condition may be text "otherwise")
};

enum class Relation : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kApproximate, kIn, kNotIn, kEquivalent, kSimilar, kParallel, kPerpendicular, kSubset, kDivides };

struct Value {
  Kind kind = Kind::kText;
  ExprPtr scalar;
  std::vector<Value> items;
  std::vector<Relation> relations;
  std::string text;
  std::string unit;          // canonical name; "" none; "percent" when written with a percent sign (the scalar is then already divided by 100)
  int columns = 0;
  int minutes = 0;
  bool closed_low = false, closed_high = false;
  bool ordered_brackets = false;  // kTuple written with square brackets
};

// One line for explanations, at most about `limit` bytes.
std::string shown(const Value& value, std::size_t limit = 120);
std::string shown(const ExprPtr& expression);

std::string_view name_of(Kind kind);

}  // namespace laconic::verifiers::math
