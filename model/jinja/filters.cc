// What stands after `|`.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "model/jinja/lexer.h"
#include "model/jinja/library.h"
#include "model/jinja/text_ops.h"

namespace laconic::model::jinja {
namespace {

using Filter = Value (*)(const Call&, const Value&);

Value trim(const Call& call, const Value& input) {
  std::optional<std::string_view> chars;
  if (call.has(0) && !call[0].is_none()) chars = call.text(0).bytes;
  return call.make(strip(soft_text(call, input), chars, Sides::kBoth));
}

Value length(const Call& call, const Value& input) {
  if (const MarkedText* text = input.text()) return character_count(text->bytes);
  if (const List* list = input.list(); list && !list->generator) return static_cast<std::int64_t>(list->items.size());
  if (const Dict* dict = input.dict()) return static_cast<std::int64_t>(dict->items.size());
  if (input.is_undefined()) return std::int64_t{0};
  call.fail(fmt::format("wants something with a length, not {}", input.type_name()));
}

Value default_filter(const Call& call, const Value& input) {
  const bool missing = input.is_undefined() || (call.flag(1) && !input.truthy());
  if (!missing) return input;
  return call.has(0) ? call[0] : Value("");
}

// item.a.b, or item[0], of a dotted path.
Value attribute(const Call& call, Value item, const Value& path) {
  if (path.is_integer()) return member(call, item, path);
  if (!path.is_text()) call.fail("wants the name of an attribute");
  for (const MarkedText& part : split(*path.text(), ".", -1, false)) {
    const bool number = !part.bytes.empty() && part.bytes.size() < 10 && std::all_of(part.bytes.begin(), part.bytes.end(), [](char c) { return c >= '0' && c <= '9'; });
    item = member(call, item, number ? Value(static_cast<std::int64_t>(std::stoll(part.bytes))) : Value(part));
  }
  return item;
}

Value join(const Call& call, const Value& input) {
  const MarkedText separator = call.has(0) ? soft_text(call, call[0]) : MarkedText();
  MarkedText out;
  bool first = true;
  for (const Value& item : items_of(call, input)) {
    const MarkedText text = soft_text(call, call.has(1) ? attribute(call, item, call[1]) : item);
    call.budget.grow(call.at, text.size() + separator.size());
    if (!first) out.append(separator);
    first = false;
    out.append(text);
  }
  return call.make(std::move(out));
}

template <Case wanted>
Value case_filter(const Call& call, const Value& input) { return call.make(change_case(soft_text(call, input), wanted)); }

Value replace_filter(const Call& call, const Value& input) {
  const MarkedText text = soft_text(call, input), from = soft_text(call, call[0]), to = soft_text(call, call[1]);
  if (from.size() == 0) call.fail("replaces an empty text");
  std::size_t count = 0;
  for (std::size_t at = text.bytes.find(from.bytes); at != std::string::npos; at = text.bytes.find(from.bytes, at + from.size())) ++count;
  call.budget.grow(call.at, count * to.size());
  return call.make(replace(text, from.bytes, to, call.integer_or(2, -1)));
}

Value first(const Call& call, const Value& input) {
  const std::vector<Value> items = items_of(call, input);
  return items.empty() ? Value(Undefined{"the first item of an empty list"}) : items.front();
}

void refuse_generator(const Call& call, const Value& input) {
  if (input.list() && input.list()->generator) call.fail("wants a list: put `| list` before it");
}

Value last(const Call& call, const Value& input) {
  refuse_generator(call, input);
  const std::vector<Value> items = items_of(call, input);
  return items.empty() ? Value(Undefined{"the last item of an empty list"}) : items.back();
}

Value items_filter(const Call& call, const Value& input) {
  if (input.is_undefined()) return call.make_generator({});
  if (!input.dict()) call.fail(fmt::format("wants a dict, not {}", input.type_name()));
  return call.make_generator(call_method(call.budget, call.at, input, "items", {})->list()->items);
}

Value reverse(const Call& call, const Value& input) {
  refuse_generator(call, input);
  std::vector<Value> items = items_of(call, input);
  std::reverse(items.begin(), items.end());
  if (!input.is_text()) return call.make_generator(std::move(items));
  MarkedText out;
  for (const Value& item : items) out.append(*item.text());
  return call.make(std::move(out));
}

// As sort and the like compare: texts without regard to case, unless told otherwise.
Value sort_key(const Call& call, const Value& value, bool case_sensitive) {
  return value.is_text() && !case_sensitive ? call.make(change_case(*value.text(), Case::kLower)) : value;
}

Value sort(const Call& call, const Value& input) {
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items_of(call, input))
    keyed.emplace_back(sort_key(call, call.has(2) && !call[2].is_none() ? attribute(call, item, call[2]) : item, call.flag(1)), item);
  const bool backwards = call.flag(0);
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    call.budget.step(call.at);
    return backwards ? less(call, b.first, a.first) : less(call, a.first, b.first);
  });
  std::vector<Value> out;
  for (auto& [key, item] : keyed) out.push_back(std::move(item));
  return call.make(std::move(out));
}

Value unique(const Call& call, const Value& input) {
  std::vector<Value> keys, out;
  for (const Value& item : items_of(call, input)) {
    const Value key = sort_key(call, call.has(1) && !call[1].is_none() ? attribute(call, item, call[1]) : item, call.flag(0));
    call.budget.step(call.at, static_cast<std::int64_t>(keys.size()));
    if (std::any_of(keys.begin(), keys.end(), [&](const Value& seen) { return equal(seen, key); })) continue;
    keys.push_back(key);
    out.push_back(item);
  }
  return call.make_generator(std::move(out));
}

Value dictsort(const Call& call, const Value& input) {
  if (!input.dict()) call.fail(fmt::format("wants a dict, not {}", input.type_name()));
  std::vector<const std::pair<Value, Value>*> members;
  for (const auto& item : input.dict()->items) members.push_back(&item);
  std::stable_sort(members.begin(), members.end(), [&](const auto* a, const auto* b) {
    return less(call, sort_key(call, a->first, call.flag(0)), sort_key(call, b->first, call.flag(0)));
  });
  std::vector<Value> out;
  for (const auto* item : members) out.push_back(call.make(std::vector<Value>{item->first, item->second}, true));
  return call.make(std::move(out));
}

Value indent(const Call& call, const Value& input) {
  const MarkedText text = soft_text(call, input);
  const MarkedText margin = call.has(0) && call[0].is_text() ? *call[0].text() : MarkedText(std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer_or(0, 4), 0, 1000)), ' '));
  MarkedText out;
  std::vector<MarkedText> lines = split(text, "\n", -1, false);
  call.budget.grow(call.at, lines.size() * (margin.size() + sizeof(MarkedText)));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append("\n");
    if ((i > 0 || call.flag(1)) && (lines[i].size() > 0 || call.flag(2))) out.append(margin);
    out.append(lines[i]);
  }
  return call.make(std::move(out));
}

Value int_filter(const Call& call, const Value& input) {
  const Value fallback = call.has(0) ? call[0] : Value(std::int64_t{0});
  if (input.is_integer()) return input.integer();
  double number = 0;
  if (const MarkedText* text = input.text()) {
    const MarkedText digits = strip(*text, std::nullopt, Sides::kBoth);
    const char *begin = digits.bytes.data(), *end = begin + digits.bytes.size();
    if (begin != end && *begin == '+') ++begin;
    std::int64_t value = 0;
    if (const auto [stop, code] = std::from_chars(begin, end, value); begin != end && code == std::errc{} && stop == end) return value;
    if (const auto [stop, code] = std::from_chars(begin, end, number); begin == end || code != std::errc{} || stop != end) return fallback;
  } else if (input.is<double>()) {
    number = input.number();
  } else {
    if (input.is_undefined()) call.fail("has an undefined input");
    return fallback;
  }
  if (!(std::fabs(number) < 9e18)) return fallback;
  return static_cast<std::int64_t>(number);
}

Value float_filter(const Call& call, const Value& input) {
  if (input.is_undefined()) call.fail("has an undefined input");
  if (input.is_number()) return input.number();
  if (const MarkedText* text = input.text()) {
    const MarkedText digits = strip(*text, std::nullopt, Sides::kBoth);
    double value = 0;
    const char *begin = digits.bytes.data(), *end = begin + digits.bytes.size();
    if (begin != end && *begin == '+') ++begin;
    if (const auto [stop, code] = std::from_chars(begin, end, value); begin != end && code == std::errc{} && stop == end) return value;
  }
  return call.has(0) ? call[0] : Value(0.0);
}

Value abs_filter(const Call& call, const Value& input) {
  if (!input.is_number()) call.fail(fmt::format("wants a number, not {}", input.type_name()));
  if (!input.is_integer()) return std::fabs(input.number());
  if (input.integer() == INT64_MIN) call.fail("overflows");
  return std::abs(input.integer());
}

Value string_filter(const Call& call, const Value& input) { return input.is_text() ? input : call.make(soft_text(call, input)); }

Value tojson(const Call& call, const Value& input) {
  if (call.flag(0)) call.fail("with ensure_ascii is not supported");
  if (call.has(2) && !call[2].is_none()) call.fail("with separators is not supported");
  return call.make(json_text(call, input, call.integer_or(1, -1), call.flag(3)));
}

// — filters that apply a filter or test to each item —

Arguments rest_of(const Call& call, std::size_t from) {
  Arguments arguments;
  for (std::size_t i = from; i < call.arguments.size(); ++i) arguments.positional.push_back(call[i]);
  arguments.named = call.named;
  return arguments;
}

Value map(const Call& call, const Value& input) {
  std::vector<Value> out;
  const auto named = [&](std::string_view name) -> const Value* {
    for (const auto& [own, value] : call.named)
      if (own == name) return &value;
    return nullptr;
  };
  const Value* path = call.arguments.empty() ? named("attribute") : nullptr;
  if (!path && call.arguments.empty()) call.fail("wants a filter or an attribute");
  for (const Value& item : items_of(call, input)) {
    call.budget.step(call.at);
    if (!path) {
      out.push_back(apply_filter(call.budget, call.at, call.text(0).bytes, item, rest_of(call, 1)));
      continue;
    }
    Value value = attribute(call, item, *path);
    const Value* fallback = named("default");
    out.push_back(value.is_undefined() && fallback ? *fallback : std::move(value));
  }
  return call.make_generator(std::move(out));
}

template <bool wanted, bool by_attribute>
Value select(const Call& call, const Value& input) {
  const std::size_t test = by_attribute ? 1 : 0;
  std::vector<Value> out;
  for (const Value& item : items_of(call, input)) {
    call.budget.step(call.at);
    const Value value = by_attribute ? attribute(call, item, call[0]) : item;
    const bool holds = call.has(test) ? apply_test(call.budget, call.at, call.text(test).bytes, value, rest_of(call, test + 1)) : value.truthy();
    if (holds == wanted) out.push_back(item);
  }
  return call.make_generator(std::move(out));
}

struct Row {
  std::string_view name;
  std::string_view parameters[4];
  Filter filter;
  bool variadic = false;
};

Value list_filter(const Call& call, const Value& input) { return call.make(items_of(call, input)); }
Value safe(const Call& call, const Value& input) { return string_filter(call, input); }

constexpr Row kFilters[] = {
    {"abs", {}, abs_filter},
    {"capitalize", {}, case_filter<Case::kCapitalize>},
    {"count", {}, length},
    {"d", {"default_value", "boolean"}, default_filter},
    {"default", {"default_value", "boolean"}, default_filter},
    {"dictsort", {"case_sensitive"}, dictsort},
    {"first", {}, first},
    {"float", {"default"}, float_filter},
    {"indent", {"width", "first", "blank"}, indent},
    {"int", {"default"}, int_filter},
    {"items", {}, items_filter},
    {"join", {"d", "attribute"}, join},
    {"last", {}, last},
    {"length", {}, length},
    {"list", {}, list_filter},
    {"lower", {}, case_filter<Case::kLower>},
    {"map", {}, map, true},
    {"reject", {}, select<false, false>, true},
    {"rejectattr", {}, select<false, true>, true},
    {"replace", {"old", "new", "count"}, replace_filter},
    {"reverse", {}, reverse},
    {"safe", {}, safe},
    {"select", {}, select<true, false>, true},
    {"selectattr", {}, select<true, true>, true},
    {"sort", {"reverse", "case_sensitive", "attribute"}, sort},
    {"string", {}, string_filter},
    {"tojson", {"ensure_ascii", "indent", "separators", "sort_keys"}, tojson},
    {"trim", {"chars"}, trim},
    {"unique", {"case_sensitive", "attribute"}, unique},
    {"upper", {}, case_filter<Case::kUpper>},
};

const Row* find(std::string_view name) {
  const auto* row = std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Row& r) { return r.name == name; });
  return row == std::end(kFilters) ? nullptr : row;
}

}  // namespace

bool is_filter(std::string_view name) { return find(name) != nullptr; }

Value apply_filter(Budget& budget, Place at, std::string_view name, const Value& input, Arguments arguments) {
  const Row* row = find(name);
  if (!row) fail(at, fmt::format("the filter `{}` is not supported", name));
  std::size_t parameters = 0;
  while (parameters < 4 && !row->parameters[parameters].empty()) ++parameters;
  if (input.is_text()) budget.step(at, static_cast<std::int64_t>(input.text()->size() / 64));
  return row->filter(bind(budget, at, fmt::format("the filter `{}`", name), std::span(row->parameters).first(parameters), row->variadic, std::move(arguments)), input);
}

}  // namespace laconic::model::jinja
