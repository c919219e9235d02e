// One rendering of a parsed template.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/jinja/ast.h"
#include "model/jinja/call.h"

namespace laconic::model::jinja {

using Variables = std::vector<std::pair<std::string, Value>>;

// Throws Error naming what it cannot do, with line and column; also when the budget is spent.
MarkedText evaluate(const Block& block, const Variables& variables, Budget budget);

}  // namespace laconic::model::jinja
