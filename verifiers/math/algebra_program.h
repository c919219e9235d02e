// Constants as programs for the helper `laconic-algebra` (algebra/program.h).
#pragma once

#include <cstdint>
#include <string>

#include "verifiers/math/expr.h"
#include "verifiers/math/work.h"

namespace laconic::verifiers::math {

struct AlgebraProgram {
  enum class State : std::uint8_t {
    kWritten,
    kNotExpressible,  // an unresolved floor, a sign that is not certain
    kTooLarge,        // over the helper's limits, or the work was spent: over budget by itself
  };
  State state = State::kNotExpressible;
  std::string bytes;  // postfix
};

// For a constant expression of usable shape. Whatever has an exact rational value is one number; our
// conventions (real odd roots of negative numbers) and the functions the helper lacks are written out.
AlgebraProgram write_algebra_program(const Expr& expression, Work& work);

}  // namespace laconic::verifiers::math
