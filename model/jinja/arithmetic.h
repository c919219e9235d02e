// Python's arithmetic on numbers; integers end at 64 bits.
#pragma once

#include <string_view>

#include "model/jinja/value.h"

namespace laconic::model::jinja {

// a op b, of two numbers: + - * / // % **. Throws Error for a division by zero, or beyond 64 bits.
Value arithmetic(Place at, std::string_view op, const Value& a, const Value& b);

}  // namespace laconic::model::jinja
