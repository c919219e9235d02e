// Unknown functions: f(x) in two expressions is one unknown value when the name and the arguments are
// the same, so each distinct call becomes a variable of its own.
#pragma once

#include "verifiers/math/expr.h"
#include "verifiers/math/normalise.h"

namespace laconic::verifiers::math {

// The expression with its calls replaced; the same ring for both sides makes equal calls equal names.
// Calls on a bound variable of a sum stay.
ExprPtr replace_calls(const ExprPtr& expression, Normaliser& normaliser);

}  // namespace laconic::verifiers::math
