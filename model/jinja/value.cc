#include "model/jinja/value.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::model::jinja {
namespace {

int deeper(int depth) {
  if (depth >= kMaxDepth) throw Error(fmt::format("the chat template nests values more than {} deep", kMaxDepth));
  return depth + 1;
}

}  // namespace

Value::Value(std::vector<Value> items, bool tuple) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  data_ = std::make_shared<const List>(List{.items = std::move(items), .tuple = tuple, .depth = deeper(depth)});
}

Value Value::generator(std::vector<Value> items) {
  Value value(std::move(items));
  List list = *value.list();
  list.generator = true;
  value.data_ = std::make_shared<const List>(std::move(list));
  return value;
}

Value::Value(std::vector<std::pair<Value, Value>> items) {
  int depth = 0;
  for (const auto& [key, value] : items) depth = std::max({depth, key.depth(), value.depth()});
  data_ = std::make_shared<const Dict>(Dict{std::move(items), deeper(depth)});
}

int Value::depth() const {
  if (const List* l = list()) return l->depth;
  if (const Dict* d = dict()) return d->depth;
  return 0;
}

bool Value::truthy() const {
  if (is_undefined() || is_none()) return false;
  if (is_integer()) return integer() != 0;
  if (is<double>()) return number() != 0;
  if (const MarkedText* t = text()) return t->size() > 0;
  if (const List* l = list()) return l->generator || !l->items.empty();
  if (const Dict* d = dict()) return !d->items.empty();
  return true;
}

const char* Value::type_name() const {
  if (is_undefined()) return "undefined";
  if (is_none()) return "None";
  if (is<bool>()) return "bool";
  if (is<std::int64_t>()) return "int";
  if (is<double>()) return "float";
  if (is_text()) return "str";
  if (const List* l = list()) return l->generator ? "generator" : l->tuple ? "tuple" : "list";
  if (dict()) return "dict";
  if (name_space()) return "namespace";
  return loop() ? "loop" : "function";
}

const Value* Dict::find(const Value& key) const {
  for (const auto& [own, value] : items)
    if (equal(own, key)) return &value;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [own, value] : items)
    if (own.is_text() && own.text()->bytes == key) return &value;
  return nullptr;
}

Value* Namespace::find(std::string_view name) {
  for (auto& [own, value] : members)
    if (own == name) return &value;
  return nullptr;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.is_integer() && b.is_integer() ? a.integer() == b.integer() : a.number() == b.number();
  if (a.is_text() && b.is_text()) return a.text()->bytes == b.text()->bytes;
  if (a.list() && b.list()) {
    if (a.list()->generator || b.list()->generator) return a.list() == b.list();
    const std::vector<Value>&x = a.list()->items, &y = b.list()->items;
    return a.list()->tuple == b.list()->tuple && std::equal(x.begin(), x.end(), y.begin(), y.end(), equal);
  }
  if (a.dict() && b.dict()) {
    if (a.dict()->items.size() != b.dict()->items.size()) return false;
    for (const auto& [key, value] : a.dict()->items) {
      const Value* other = b.dict()->find(key);
      if (!other || !equal(value, *other)) return false;
    }
    return true;
  }
  if (a.name_space() || b.name_space()) return a.name_space() == b.name_space();
  if (a.loop() || b.loop()) return a.loop() == b.loop();
  if (a.macro() || b.macro()) return a.macro() == b.macro();
  if (a.function() && b.function()) return a.function()->name == b.function()->name;
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-4 && size < 1e16)) {
    std::string text = fmt::format("{}", value);  // shortest that reads back
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    if (text.find('e') == std::string::npos) return text;
    text = fmt::format("{:f}", value);
    return text;
  }
  return fmt::format("{}", value);
}

bool plain_text(const Value& value, MarkedText& out) {
  if (const MarkedText* text = value.text()) out.append(*text);
  else if (value.is<bool>()) out.append(value.integer() ? "True" : "False");
  else if (value.is_integer()) out.append(std::to_string(value.integer()));
  else if (value.is<double>()) out.append(float_text(value.number()));
  else if (value.is_none()) out.append("None");
  else return value.is_undefined();
  return true;
}

}  // namespace laconic::model::jinja
