// What stands after `is`.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "model/jinja/lexer.h"
#include "model/jinja/library.h"
#include "model/jinja/text_ops.h"

namespace laconic::model::jinja {
namespace {

using Test = bool (*)(const Call&, const Value&);

bool is_lower(const Call& call, const Value& v) { const MarkedText t = soft_text(call, v); return t.bytes == change_case(t, Case::kLower).bytes && t.bytes != change_case(t, Case::kUpper).bytes; }
bool is_upper(const Call& call, const Value& v) { const MarkedText t = soft_text(call, v); return t.bytes == change_case(t, Case::kUpper).bytes && t.bytes != change_case(t, Case::kLower).bytes; }

std::int64_t whole(const Call& call, const Value& value) {
  if (!value.is_integer()) call.fail(fmt::format("wants an integer, not {}", value.type_name()));
  return value.integer();
}

bool divisible(const Call& call, const Value& v) {
  const std::int64_t by = whole(call, call[0]);
  if (by == 0) call.fail("divides by zero");
  return by == -1 || whole(call, v) % by == 0;
}

bool same(const Call& call, const Value& v) {
  const Value& other = call[0];
  return std::string_view(v.type_name()) == other.type_name() && equal(v, other);
}

struct Row {
  std::string_view name;
  int arguments;
  Test test;
};

constexpr Row kTests[] = {
    {"defined", 0, [](const Call&, const Value& v) { return !v.is_undefined(); }},
    {"undefined", 0, [](const Call&, const Value& v) { return v.is_undefined(); }},
    {"none", 0, [](const Call&, const Value& v) { return v.is_none(); }},
    {"string", 0, [](const Call&, const Value& v) { return v.is_text(); }},
    {"number", 0, [](const Call&, const Value& v) { return v.is_number(); }},
    {"integer", 0, [](const Call&, const Value& v) { return v.is<std::int64_t>(); }},
    {"float", 0, [](const Call&, const Value& v) { return v.is<double>(); }},
    {"boolean", 0, [](const Call&, const Value& v) { return v.is<bool>(); }},
    {"true", 0, [](const Call&, const Value& v) { return v.is<bool>() && v.integer() == 1; }},
    {"false", 0, [](const Call&, const Value& v) { return v.is<bool>() && v.integer() == 0; }},
    {"mapping", 0, [](const Call&, const Value& v) { return v.dict() != nullptr; }},
    {"sequence", 0, [](const Call&, const Value& v) { return (v.list() && !v.list()->generator) || v.dict() || v.is_text() || v.is_undefined(); }},
    {"iterable", 0, [](const Call&, const Value& v) { return v.list() || v.dict() || v.is_text() || v.is_undefined() || v.loop(); }},
    {"callable", 0, [](const Call&, const Value& v) { return v.macro() || v.function(); }},
    {"odd", 0, [](const Call& call, const Value& v) { return whole(call, v) % 2 != 0; }},
    {"even", 0, [](const Call& call, const Value& v) { return whole(call, v) % 2 == 0; }},
    {"divisibleby", 1, divisible},
    {"lower", 0, is_lower},
    {"upper", 0, is_upper},
    {"sameas", 1, same},
    {"in", 1, [](const Call& call, const Value& v) { return contains(call, call[0], v); }},
    {"eq", 1, [](const Call& call, const Value& v) { return equal(v, call[0]); }},
    {"equalto", 1, [](const Call& call, const Value& v) { return equal(v, call[0]); }},
    {"==", 1, [](const Call& call, const Value& v) { return equal(v, call[0]); }},
    {"ne", 1, [](const Call& call, const Value& v) { return !equal(v, call[0]); }},
    {"!=", 1, [](const Call& call, const Value& v) { return !equal(v, call[0]); }},
    {"lt", 1, [](const Call& call, const Value& v) { return less(call, v, call[0]); }},
    {"gt", 1, [](const Call& call, const Value& v) { return less(call, call[0], v); }},
    {"le", 1, [](const Call& call, const Value& v) { return !less(call, call[0], v); }},
    {"ge", 1, [](const Call& call, const Value& v) { return !less(call, v, call[0]); }},
    {"filter", 0, [](const Call& call, const Value& v) { return is_filter(soft_text(call, v).bytes); }},
    {"test", 0, [](const Call& call, const Value& v) { return is_test(soft_text(call, v).bytes); }},
};

const Row* find(std::string_view name) {
  const auto* row = std::find_if(std::begin(kTests), std::end(kTests), [&](const Row& r) { return r.name == name; });
  return row == std::end(kTests) ? nullptr : row;
}

constexpr std::string_view kOther[] = {"other"};

}  // namespace

bool is_test(std::string_view name) { return find(name) != nullptr; }

bool apply_test(Budget& budget, Place at, std::string_view name, const Value& input, Arguments arguments) {
  const Row* row = find(name);
  if (!row) fail(at, fmt::format("the test `is {}` is not supported", name));
  const Call call = bind(budget, at, fmt::format("the test `is {}`", name), std::span(kOther).first(static_cast<std::size_t>(row->arguments)), false, std::move(arguments));
  return row->test(call, input);
}

}  // namespace laconic::model::jinja
