#include "model/jinja/call.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/jinja/lexer.h"
#include "model/jinja/loop.h"
#include "model/jinja/text_ops.h"

namespace laconic::model::jinja {

void Budget::step(Place at, std::int64_t count) {
  steps_ -= count;
  if (steps_ < 0) jinja::fail(at, "the chat template does not come to an end: too many steps");
}

void Budget::grow(Place at, std::size_t bytes) {
  if (bytes > static_cast<std::size_t>(bytes_)) jinja::fail(at, "the chat template makes too much text");
  bytes_ -= static_cast<std::int64_t>(bytes);
}

const Value& Call::operator[](std::size_t i) const {
  if (!has(i)) fail("lacks an argument");
  return *arguments[i];
}

const MarkedText& Call::text(std::size_t i) const {
  const MarkedText* text = (*this)[i].text();
  if (!text) fail(fmt::format("wants a text, not {}", (*this)[i].type_name()));
  return *text;
}

std::int64_t Call::integer_or(std::size_t i, std::int64_t fallback) const {
  if (!has(i) || arguments[i]->is_none()) return fallback;
  if (!arguments[i]->is_integer()) fail(fmt::format("wants an integer, not {}", arguments[i]->type_name()));
  return arguments[i]->integer();
}

Value Call::make(MarkedText text) const {
  budget.grow(at, text.size());
  return Value(std::move(text));
}

Value Call::make(std::vector<Value> items, bool tuple) const {
  budget.grow(at, items.size() * sizeof(Value));
  return Value(std::move(items), tuple);
}

Value Call::make_generator(std::vector<Value> items) const {
  budget.grow(at, items.size() * sizeof(Value));
  return Value::generator(std::move(items));
}

void Call::fail(const std::string& problem) const { jinja::fail(at, what + " " + problem); }

Call bind(Budget& budget, Place at, std::string what, std::span<const std::string_view> parameters, bool variadic, Arguments arguments) {
  Call call{budget, at, std::move(what), {}};
  for (Value& value : arguments.positional) call.arguments.emplace_back(std::move(value));
  if (variadic) {
    call.named = std::move(arguments.named);
    return call;
  }
  if (call.arguments.size() > parameters.size()) call.fail(fmt::format("takes at most {} arguments", parameters.size()));
  call.arguments.resize(parameters.size());
  for (auto& [name, value] : arguments.named) {
    const auto found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) call.fail(fmt::format("has no argument `{}` here", name));
    call.arguments[static_cast<std::size_t>(found - parameters.begin())] = std::move(value);
  }
  return call;
}

std::vector<Value> items_of(const Call& call, const Value& value) {
  if (value.is_undefined()) return {};
  if (const List* list = value.list()) {
    call.budget.grow(call.at, list->items.size() * sizeof(Value));
    return list->items;
  }
  std::vector<Value> items;
  if (const Dict* dict = value.dict()) {
    for (const auto& [key, held] : dict->items) items.push_back(key);
  } else if (const MarkedText* text = value.text()) {
    call.budget.grow(call.at, text->size() * (sizeof(Value) + sizeof(MarkedText)));
    const std::vector<std::size_t> starts = character_starts(text->bytes);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) items.emplace_back(text->substr(starts[i], starts[i + 1] - starts[i]));
  } else {
    call.fail(fmt::format("cannot go through a value of type {}", value.type_name()));
  }
  return items;
}

bool less(const Call& call, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.is_integer() && b.is_integer() ? a.integer() < b.integer() : a.number() < b.number();
  if (a.is_text() && b.is_text()) return a.text()->bytes < b.text()->bytes;
  if (a.list() && b.list()) {
    const std::vector<Value>&x = a.list()->items, &y = b.list()->items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (!equal(x[i], y[i])) return less(call, x[i], y[i]);
    return x.size() < y.size();
  }
  call.fail(fmt::format("cannot order {} and {}", a.type_name(), b.type_name()));
}

bool contains(const Call& call, const Value& haystack, const Value& needle) {
  if (const MarkedText* text = haystack.text()) {
    if (!needle.is_text()) call.fail(fmt::format("cannot look for {} in a text", needle.type_name()));
    call.budget.step(call.at, static_cast<std::int64_t>(text->size() / 64));
    return text->bytes.find(needle.text()->bytes) != std::string::npos;
  }
  if (const Dict* dict = haystack.dict()) return dict->find(needle) != nullptr;
  if (const List* list = haystack.list()) {
    call.budget.step(call.at, static_cast<std::int64_t>(list->items.size()));
    return std::any_of(list->items.begin(), list->items.end(), [&](const Value& item) { return equal(item, needle); });
  }
  if (haystack.is_undefined()) return false;
  call.fail(fmt::format("cannot look into a value of type {}", haystack.type_name()));
}

MarkedText soft_text(const Call& call, const Value& value) {
  MarkedText text;
  if (!plain_text(value, text)) call.fail(fmt::format("cannot write a value of type {} as text; the template should say `| tojson`", value.type_name()));
  return text;
}

Value member(const Call& call, const Value& value, const Value& key) {
  if (const Undefined* undefined = value.undefined()) call.fail(fmt::format("asks for a part of `{}`, which is undefined", undefined->name));
  const std::string name = key.is_text() ? key.text()->bytes : std::string();
  if (const Dict* dict = value.dict()) {
    if (const Value* found = dict->find(key)) return *found;
  } else if (Namespace* space = value.name_space()) {
    if (const Value* found = space->find(name)) return *found;
  } else if (const Loop* loop = value.loop()) {
    return loop->member(name);
  } else if (key.is_integer()) {
    if (const List* list = value.list(); list && !list->generator) {
      const std::int64_t size = static_cast<std::int64_t>(list->items.size()), index = key.integer() + (key.integer() < 0 ? size : 0);
      if (index >= 0 && index < size) return list->items[static_cast<std::size_t>(index)];
    } else if (const MarkedText* text = value.text()) {
      call.budget.step(call.at, static_cast<std::int64_t>(text->size() / 16));
      const std::vector<std::size_t> starts = character_starts(text->bytes);
      const std::int64_t size = static_cast<std::int64_t>(starts.size()) - 1, index = key.integer() + (key.integer() < 0 ? size : 0);
      if (index >= 0 && index < size) {
        const std::size_t begin = starts[static_cast<std::size_t>(index)];
        return call.make(text->substr(begin, starts[static_cast<std::size_t>(index) + 1] - begin));
      }
    }
  }
  return Undefined{name.empty() ? "an item" : name};
}

}  // namespace laconic::model::jinja
