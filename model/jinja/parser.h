// Tokens → tree. The grammar is jinja2's, of the statements if, for, set, macro, break, continue,
// generation and raw; any other is an Error that names it.
#pragma once

#include <string_view>

#include "model/jinja/ast.h"

namespace laconic::model::jinja {

// Throws Error with line and column; also when statements or expressions nest too deeply to walk.
Block parse(std::string_view source);

}  // namespace laconic::model::jinja
