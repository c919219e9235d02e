// Filters, tests, methods and functions by name: each is one row of a table in its .cc file.
#pragma once

#include <string_view>

#include "model/jinja/call.h"

namespace laconic::model::jinja {

// input | name(arguments). Throws Error for a name that is not in the table.
Value apply_filter(Budget& budget, Place at, std::string_view name, const Value& input, Arguments arguments);

// input is name(arguments).
bool apply_test(Budget& budget, Place at, std::string_view name, const Value& input, Arguments arguments);
bool is_test(std::string_view name);
bool is_filter(std::string_view name);

// self.name(arguments), of a text, dict or list. nullopt: values of the type have no such method.
std::optional<Value> call_method(Budget& budget, Place at, const Value& self, std::string_view name, Arguments arguments);

// The functions that a template sees: Undefined for any other name. `namespace` is the evaluator's.
Value function_named(std::string_view name);
Value call_function(Budget& budget, Place at, std::string_view name, Arguments arguments);

// json.dumps(value, ensure_ascii=False, indent=indent), with Python's spacing. `indent` < 0: one line.
MarkedText json_text(const Call& call, const Value& value, std::int64_t indent, bool sort_keys);

}  // namespace laconic::model::jinja
