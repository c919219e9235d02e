// Elementary functions of real balls: exp, log, sine and cosine, arc tangent, π.
//
// Fixed-point Taylor series after argument reduction, with the error counted in last places; log and
// atan by Newton's iteration on them. Arguments whose reduction would need more bits than
// kConstantBits (sin(10^(10^6))) give the trivial enclosure.
#pragma once

#include "verifiers/math/ball.h"

namespace laconic::verifiers::math {

inline constexpr std::size_t kConstantBits = 4608;  // of π and log 2, computed once

Ball pi(const Arithmetic& at);
Ball exponential(const Ball& x, const Arithmetic& at);
Ball logarithm(const Ball& x, const Arithmetic& at);  // undefined unless certainly positive
void sine_cosine(const Ball& x, Ball& sine, Ball& cosine, const Arithmetic& at);
Ball arc_tangent(const Ball& x, const Arithmetic& at);
// The angle of (x, y) in (−π, π]; the whole circle when it crosses the cut or the origin.
Ball angle(const Ball& y, const Ball& x, const Arithmetic& at);

}  // namespace laconic::verifiers::math
