// Points at which expressions with free variables are compared: a fixed table of rationals of both
// signs, no integers, from tenths to millions; small integers for variables that count (shape.h).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "verifiers/math/enclosure.h"
#include "verifiers/math/expr.h"

namespace laconic::verifiers::math {

inline constexpr int kCandidatePoints = 48;
inline constexpr int kAgreementsWanted = 12;

// The `index`-th point, 0 ≤ index < kCandidatePoints. The bindings refer to the names.
std::vector<Binding> point(int index, const std::set<std::string>& names, const std::set<std::string>& integers);

// kOneReal: one side is real there and the other is not, as log x² and 2 log x below zero. As functions of
// a real variable the other is not defined there.
enum class Agreement : std::uint8_t { kAgree, kDisagree, kOneUndefined, kOneReal, kUnsure };

// At one point: certainly different, or both enclosures of ≥ 200 bits overlap. Each side has its own work.
struct PointResult {
  Agreement agreement = Agreement::kUnsure;
  bool a_defined = false, b_defined = false;
};
PointResult agree_at(const std::vector<Binding>& bindings, const Expr& a, const Expr& b, Work& a_work, Work& b_work);

}  // namespace laconic::verifiers::math
