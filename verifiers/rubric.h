// Several verifiers, one verdict: the weighted sum of their scores.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verifiers/verifier.h"

namespace laconic::verifiers {

struct RubricPart {
  std::string name;
  double weight = 1;  // 0: a metric only, it never changes the verdict
  std::unique_ptr<Verifier> verifier;
};

struct RubricTerm {
  std::string name, argument;  // "python:helpful*0.5" is {"python", "helpful", 0.5}
  double weight = 1;
};

// Throws Error unless it is NAME, NAME*WEIGHT or NAME:ARGUMENT*WEIGHT with a finite weight.
RubricTerm read_rubric_term(const std::string& text);

// The sum goes over the parts with a weight:
//   skip                      adds nothing; if all skip, the whole is skip
//   infra_error, undecided    the whole is that (absent): a part without a value must not count as 0
//   everything else           weight × counted score
// The outcome is that of the heaviest part that did not skip (the first of equals); when it is one that
// scores 0 whatever the verifier says (no_answer, timeout, …) and the sum is not 0, it is `fail`.
// Each part's score stands in Verdict::metrics under its name. Needs at least one part with a weight.
std::unique_ptr<Verifier> make_rubric(std::vector<RubricPart> parts);

}  // namespace laconic::verifiers
