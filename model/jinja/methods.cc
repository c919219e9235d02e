// Methods of texts, dicts and lists that templates call. Those that change a list or dict in place are
// not among them: transformers' sandbox refuses them too.
#include <algorithm>

#include <fmt/format.h>

#include "model/jinja/lexer.h"
#include "model/jinja/library.h"
#include "model/jinja/text_ops.h"

namespace laconic::model::jinja {
namespace {

using Method = Value (*)(const Call&, const Value&);

std::optional<std::string_view> optional_text(const Call& call, std::size_t i) {
  if (!call.has(i) || call[i].is_none()) return std::nullopt;
  return call.text(i).bytes;
}

template <Sides sides>
Value strip_method(const Call& call, const Value& self) { return call.make(strip(*self.text(), optional_text(call, 0), sides)); }

template <Case wanted>
Value case_method(const Call& call, const Value& self) { return call.make(change_case(*self.text(), wanted)); }

Value list_of(const Call& call, std::vector<MarkedText> parts, bool tuple = false) {
  std::vector<Value> items;
  for (MarkedText& part : parts) items.push_back(call.make(std::move(part)));
  return call.make(std::move(items), tuple);
}

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

template <bool from_back>
Value split_method(const Call& call, const Value& self) {
  const auto separator = optional_text(call, 0);
  if (separator && separator->empty()) call.fail("has an empty separator");
  const MarkedText& text = *self.text();
  call.budget.grow(call.at, (separator ? occurrences(text.bytes, *separator) + 1 : text.size() / 2 + 1) * sizeof(MarkedText));
  return list_of(call, split(text, separator, call.integer_or(1, -1), from_back));
}

template <bool from_back>
Value partition_method(const Call& call, const Value& self) {
  const MarkedText &text = *self.text(), &separator = call.text(0);
  if (separator.size() == 0) call.fail("has an empty separator");
  const std::size_t at = from_back ? text.bytes.rfind(separator.bytes) : text.bytes.find(separator.bytes);
  if (at == std::string::npos) return from_back ? list_of(call, {{}, {}, text}, true) : list_of(call, {text, {}, {}}, true);
  return list_of(call, {text.substr(0, at), text.substr(at, separator.size()), text.substr(at + separator.size())}, true);
}

template <bool at_front>
Value affix_method(const Call& call, const Value& self) {
  const std::string_view text = self.text()->bytes;
  const auto matches = [&](const Value& affix) {
    if (!affix.is_text()) call.fail(fmt::format("wants a text, not {}", affix.type_name()));
    return at_front ? text.starts_with(affix.text()->bytes) : text.ends_with(affix.text()->bytes);
  };
  if (const List* several = call[0].list(); several && several->tuple) return std::any_of(several->items.begin(), several->items.end(), matches);
  return matches(call[0]);
}

template <bool at_front>
Value remove_affix_method(const Call& call, const Value& self) {
  const MarkedText &text = *self.text(), &affix = call.text(0);
  if (at_front && text.bytes.starts_with(affix.bytes)) return call.make(text.substr(affix.size()));
  if (!at_front && text.bytes.ends_with(affix.bytes)) return call.make(text.substr(0, text.size() - affix.size()));
  return self;
}

template <bool from_back>
Value find_method(const Call& call, const Value& self) {
  const std::string& text = self.text()->bytes;
  const std::size_t at = from_back ? text.rfind(call.text(0).bytes) : text.find(call.text(0).bytes);
  return at == std::string::npos ? std::int64_t{-1} : character_count(std::string_view(text).substr(0, at));
}

Value count_method(const Call& call, const Value& self) {
  const std::string& what = call.text(0).bytes;
  if (what.empty()) return character_count(self.text()->bytes) + 1;
  return static_cast<std::int64_t>(occurrences(self.text()->bytes, what));
}

Value join_method(const Call& call, const Value& self) {
  MarkedText out;
  const std::vector<Value> items = items_of(call, call[0]);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is_text()) call.fail(fmt::format("wants texts, not {}", items[i].type_name()));
    call.budget.grow(call.at, items[i].text()->size() + self.text()->size());
    if (i > 0) out.append(*self.text());
    out.append(*items[i].text());
  }
  return call.make(std::move(out));
}

template <bool (*is)(char)>
Value all_method(const Call&, const Value& self) {
  const std::string& text = self.text()->bytes;
  return !text.empty() && std::all_of(text.begin(), text.end(), is);
}
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

Value is_space_method(const Call& call, const Value& self) {
  return self.text()->size() > 0 && strip(*self.text(), std::nullopt, Sides::kBoth).size() == 0 && call.arguments.empty();
}

struct Row {
  std::string_view name;
  std::string_view parameters[3];
  Method method;
};

constexpr Row kTextMethods[] = {
    {"strip", {"chars"}, strip_method<Sides::kBoth>},
    {"lstrip", {"chars"}, strip_method<Sides::kFront>},
    {"rstrip", {"chars"}, strip_method<Sides::kBack>},
    {"split", {"sep", "maxsplit"}, split_method<false>},
    {"rsplit", {"sep", "maxsplit"}, split_method<true>},
    {"splitlines", {}, [](const Call& call, const Value& self) { return list_of(call, split_lines(*self.text())); }},
    {"partition", {"sep"}, partition_method<false>},
    {"rpartition", {"sep"}, partition_method<true>},
    {"startswith", {"prefix"}, affix_method<true>},
    {"endswith", {"suffix"}, affix_method<false>},
    {"removeprefix", {"prefix"}, remove_affix_method<true>},
    {"removesuffix", {"suffix"}, remove_affix_method<false>},
    {"find", {"sub"}, find_method<false>},
    {"rfind", {"sub"}, find_method<true>},
    {"count", {"sub"}, count_method},
    {"join", {"iterable"}, join_method},
    {"replace", {"old", "new", "count"}, [](const Call& call, const Value& self) {
       call.text(0), call.text(1);  // no numbers here
       return apply_filter(call.budget, call.at, "replace", self, {{call[0], call[1], call.integer_or(2, -1)}, {}});
     }},
    {"upper", {}, case_method<Case::kUpper>},
    {"lower", {}, case_method<Case::kLower>},
    {"capitalize", {}, case_method<Case::kCapitalize>},
    {"title", {}, case_method<Case::kTitle>},
    {"isdigit", {}, all_method<is_ascii_digit>},
    {"isspace", {}, is_space_method},
};

Value dict_items(const Call& call, const Value& self) {
  std::vector<Value> items;
  for (const auto& [key, value] : self.dict()->items) items.push_back(call.make(std::vector<Value>{key, value}, true));
  return call.make(std::move(items));
}

constexpr Row kDictMethods[] = {
    {"items", {}, dict_items},
    {"keys", {}, [](const Call& call, const Value& self) { return call.make(items_of(call, self)); }},
    {"values", {}, [](const Call& call, const Value& self) {
       std::vector<Value> values;
       for (const auto& [key, value] : self.dict()->items) values.push_back(value);
       return call.make(std::move(values));
     }},
    {"get", {"key", "default"}, [](const Call& call, const Value& self) {
       if (const Value* found = self.dict()->find(call[0])) return *found;
       return call.has(1) ? call[1] : Value(None{});
     }},
};

constexpr Row kListMethods[] = {
    {"count", {"value"}, [](const Call& call, const Value& self) {
       const auto& items = self.list()->items;
       return Value(static_cast<std::int64_t>(std::count_if(items.begin(), items.end(), [&](const Value& item) { return equal(item, call[0]); })));
     }},
    {"index", {"value"}, [](const Call& call, const Value& self) {
       const auto& items = self.list()->items;
       const auto found = std::find_if(items.begin(), items.end(), [&](const Value& item) { return equal(item, call[0]); });
       if (found == items.end()) call.fail("does not find the value");
       return Value(static_cast<std::int64_t>(found - items.begin()));
     }},
};

std::span<const Row> methods_of(const Value& self) {
  if (self.is_text()) return kTextMethods;
  if (self.dict()) return kDictMethods;
  if (self.list()) return kListMethods;
  return {};
}

}  // namespace

std::optional<Value> call_method(Budget& budget, Place at, const Value& self, std::string_view name, Arguments arguments) {
  for (const Row& row : methods_of(self)) {
    if (row.name != name) continue;
    std::size_t parameters = 0;
    while (parameters < 3 && !row.parameters[parameters].empty()) ++parameters;
    const Call call = bind(budget, at, fmt::format("the method `{}.{}`", self.type_name(), name), std::span(row.parameters).first(parameters), false, std::move(arguments));
    if (self.is_text()) budget.step(at, static_cast<std::int64_t>(self.text()->size() / 64));
    return row.method(call, self);
  }
  return std::nullopt;
}

}  // namespace laconic::model::jinja
