// Does a prediction answer what the gold answers? Structures and policies; scalars by equality.h.
//
// What is not understood:
//   * a gold is listed when data is loaded and never judged;
//   * a prediction over a budget of the grammar (bytes, symbols, nesting, parts) fails: a fault of the answer;
//   * any other prediction that does not parse is looked through for parts that do: if one of them
//     equals the gold, and at most one other part is a value, it is undecided (it may be right, in
//     words that the grammar does not know); otherwise it fails. So nobody escapes a 0 by writing
//     what cannot be read: to become undecided an answer must contain the right one and hardly
//     anything else. `not_understood` switches the rule. On the 695 grading cases it decides none.
//   * unknown words are equal to the same words and to nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/math/answer_value.h"
#include "verifiers/math/equality.h"
#include "verifiers/math/options.h"
#include "verifiers/math/parse.h"

namespace laconic::verifiers::math {

struct Match {
  Truth truth = Truth::kDifferent;
  std::string rule;    // the step or policy that decided
  std::string detail;  // for the explanation; may be empty
};

class Matcher {
 public:
  Matcher(const MathOptions& options, const Tolerance& tolerance) : options_(options), tolerance_(tolerance) {}

  Match values(const Value& gold, const Value& prediction);

 private:
  // match.cc
  Match ordered(const std::vector<Value>& gold, const std::vector<Value>& prediction, std::string_view rule);
  Match unordered(const std::vector<Value>& gold, const std::vector<Value>& prediction, bool distinct, std::string_view rule);
  Match texts(const Value& gold, const Value& prediction);
  Match ratios(const Value& gold, const Value& prediction);
  Match families(const Value& gold, const Value& prediction);
  Match cases(const Value& gold, const Value& prediction);
  Match residues(const Value& gold, const Value& prediction);
  std::vector<Value> distinct(const std::vector<Value>& items);

  // match_scalar.cc
  Match scalars(const Value& gold, const Value& prediction);
  Match units(const Value& gold, const Value& prediction);
  Match relations(const Value& gold, const Value& prediction);
  Match equations(const Value& gold, const Value& prediction);
  bool consistent(const Value& chain);
  Match compared(const ExprPtr& gold, const ExprPtr& prediction, const Tolerance& tolerance);

  // match_set.cc
  std::optional<Match> real_sets(const Value& gold, const Value& prediction);

  bool spend(int units) { return (work_ -= units) >= 0; }

  const MathOptions& options_;
  Tolerance tolerance_;
  int work_ = 20000;  // comparisons, dear ones counted more
  int depth_ = 0;
};

// The name and the value of "x = 5", "f(x) = …", "\text{Area} = 5", "(x, y) = (1, 2)".
struct Named {
  enum class How { kNone, kSymbol, kFunction, kWords, kTuple } how = How::kNone;
  std::string name;                      // symbol or function
  std::vector<std::string> parameters;   // of a function
  Value value;
};
Named named(const Value& value);

// One text against another, with the other readings of ambiguous spellings.
struct Judged {
  Match match;
  Parsed gold, prediction;
};
Judged judge_texts(const Parsed& gold, std::string_view gold_text, std::string_view prediction, const MathOptions& options, const Tolerance& tolerance);

}  // namespace laconic::verifiers::math
