// The policies of the math verifier: where graders disagree, a switch with a named default.
#pragma once

#include <string>

#include "base/options.h"

namespace laconic::verifiers::math {

struct MathOptions {
  // Where the answer is looked for, once the reasoning has ended.
  bool phrases = true;              // "the final answer is …"
  bool last_number = false;         // the last number, if nothing else is found
  bool bare = false;                // the whole text, if it is nothing but one answer
  bool all_boxes = false;           // several boxes form a list instead of the last one winning

  // What counts as equal.
  std::string undecided = "absent";   // absent | fail | pass
  std::string not_understood = "trace";  // trace | fail | undecided: see match.h
  std::string percent = "value";      // value: 50 % is 0.5; number: 50 % is 50; either
  std::string lists = "unordered";    // unordered | ordered: bare comma lists
  std::string sets = "unordered";     // unordered | ordered
  std::string units = "agree";        // agree: one may be missing, two must be the same; ignore; require
  std::string golds = "any";          // any | all: a gold that is a JSON list
  std::string decimal_comma = "likely";  // never; likely: two or more digits behind it; any
  std::string letters = "choice";     // choice: (A) text is A; text: letters are plain text
  double tolerance_absolute = 0;
  double tolerance_relative = 0;
  bool row_tolerance = true;          // the row's `error` column is an absolute tolerance
  bool ratio_is_quotient = false;     // 1:2 equals 1/2

  void declare(OptionSet& set);
};


}  // namespace laconic::verifiers::math
