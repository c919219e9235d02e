// Constants as programs for the helper `laconic-algebra` (algebra/program.h).
#pragma once

#include <optional>
#include <string>

#include "verifiers/math/expr.h"
#include "verifiers/math/work.h"

namespace laconic::verifiers::math {

// Postfix bytes for a constant expression of usable shape. Whatever has an exact rational value is one
// number; our conventions (real odd roots of negative numbers) and the functions the helper lacks are
// written out. Nothing if a part cannot be written (an unresolved floor, a sum of too many terms), the
// program would be too large, or the work is spent.
std::optional<std::string> write_algebra_program(const Expr& expression, Work& work);

}  // namespace laconic::verifiers::math
