// Are two scalar values equal? A ladder; each step is certain, the next one costs more.
//
//   1 structure    the same tree after trivial normalisation
//   2 rational     own bounded rationals: equal or different, exactly
//   3 polynomial   own polynomials and rational functions over the rationals, bounded
//   4 enclosure    ball arithmetic: disjoint enclosures are different
//   5 algebra      exact constants in the helper `laconic-algebra` (FLINT, Arb, Calcium), if it is there
//   6 identity     for free variables: agreement at ≥ 12 points of both signs and non-integers where
//                  both sides are defined; disagreement at one such point is a difference
//
// Budgets that decide are counted work (nodes, bits, allocations), never the clock: a verdict is the
// same on a loaded machine. Thread-safe; no signals; nothing of the text is evaluated by an interpreter.
#pragma once

#include <string>
#include <string_view>

#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

enum class Truth : std::uint8_t {
  kEqual,
  kDifferent,
  kUndecided,       // both sides have enclosures of ≥ 200 bits that overlap, and no proof was found
  kPredictionBad,   // the prediction by itself has no finite value or exceeds the budget: a fault of the answer
  kGoldBad,         // the gold by itself has none: a fault of the row
  kFault,           // the helper failed (its clock backstop, a crash that is not typed): infra error
};

struct Comparison {
  Truth truth = Truth::kFault;
  std::string_view rule;   // the step that decided: "structure", "rational", "polynomial", "enclosure", "algebra", "numeric-identity", …
  std::string detail;      // for the explanation, may be empty
};

struct Tolerance {
  double absolute = 0, relative = 0;   // 0, 0: exact
};

// The arguments hold no kPlusMinus (expanded before).
Comparison compare(const ExprPtr& gold, const ExprPtr& prediction, const Tolerance& tolerance = {});

// By itself: does the value exist and is it finite (or exactly infinite)? For golds at load.
bool is_finite_value(const ExprPtr& value);

// Total order used for sets "sorted by value" in explanations and for a fast path: −1, 0, +1 by
// certain enclosures, or 2 when unknown or not both real.
int order(const ExprPtr& a, const ExprPtr& b);

}  // namespace laconic::verifiers::math
