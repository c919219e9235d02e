// What has to be rewritten before values are taken.
//
// Unknown functions: f(x) in two expressions is one unknown value when the name and the arguments are
// the same, so each distinct call becomes a variable of its own. gcd and lcm of polynomials are not
// the gcd of the values: they are worked out as polynomials first.
#pragma once

#include "verifiers/math/expr.h"
#include "verifiers/math/normalise.h"

namespace laconic::verifiers::math {

bool needs_rewriting(const Expr& expression);

// The expression with its calls and polynomial divisors replaced; the same ring for both sides makes
// equal calls equal names. What mentions a bound variable of a sum, or has no written form, stays.
ExprPtr rewrite(const ExprPtr& expression, Normaliser& normaliser);

}  // namespace laconic::verifiers::math
