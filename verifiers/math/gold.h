// The golds of a data-set row: column `answer` (text, number or list), with `unit`, `error` and
// `answer_match` beside it.
#pragma once

#include <string>
#include <vector>

#include "verifiers/math/equality.h"
#include "verifiers/math/options.h"
#include "verifiers/math/parse.h"

namespace laconic::verifiers::math {

struct Gold {
  std::string text;
  Parsed parsed;
  Tolerance tolerance;
};

struct Golds {
  std::vector<Gold> any;  // one of them must be met; `all`: a single list
  std::string problem;    // why the row cannot be judged; empty: it can
};

Golds read_golds(const std::string& columns, const MathOptions& options);

// One gold text; the problem if it is not understood.
Golds golds_of_text(std::string_view text, const MathOptions& options);

}  // namespace laconic::verifiers::math
