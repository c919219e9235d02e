// The same value, written otherwise: fractions as \frac, \dfrac or /, terminating decimals, blanks,
// \left…\right, reordered sums and products, products multiplied out, shuffled lists and sets.
#pragma once

#include <random>
#include <string>

#include "verifiers/math/answer_value.h"

namespace laconic::verifiers::math {

class Rewriter {
 public:
  explicit Rewriter(std::uint32_t seed) : random_(seed) {}

  // LaTeX; empty for kinds that are words.
  std::string text(const Value& value);
  std::string text(const ExprPtr& e) { return sum(e, 0); }

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  std::string blank() { return chance(30) ? " " : chance(10) ? "\\," : ""; }
  std::string brackets(const std::string& inside);
  std::string sum(const ExprPtr& e, int strength);
  std::string number(const Expr& e);
  std::string fraction(const ExprPtr& above, const ExprPtr& below, int strength);
  std::string items(const Value& value, const std::string& open, const std::string& between, const std::string& close, bool shuffle);
  ExprPtr multiplied_out(const ExprPtr& e);

  std::mt19937 random_;
};

}  // namespace laconic::verifiers::math
