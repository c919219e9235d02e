// What a filter, test, method or function gets: its arguments, where it stands, and what the rendering
// may still spend. A foreign template can neither hang nor exhaust memory: every step and every byte of
// text made is counted.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/jinja/value.h"

namespace laconic::model::jinja {

class Budget {
 public:
  Budget(std::int64_t steps, std::int64_t bytes) : steps_(steps), bytes_(bytes) {}
  void step(Place at, std::int64_t count = 1);
  void grow(Place at, std::size_t bytes);  // text or list elements about to be made

 private:
  std::int64_t steps_, bytes_;
};

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct Call {
  Budget& budget;
  Place at;
  std::string what;                             // "the filter `join`"
  std::vector<std::optional<Value>> arguments;  // by parameter; variadic: those given
  std::vector<std::pair<std::string, Value>> named = {};  // variadic only

  bool has(std::size_t i) const { return i < arguments.size() && arguments[i].has_value(); }
  const Value& operator[](std::size_t i) const;                          // Error when it is missing
  const MarkedText& text(std::size_t i) const;                           // Error unless it is a text
  std::int64_t integer_or(std::size_t i, std::int64_t fallback) const;
  bool flag(std::size_t i) const { return has(i) && arguments[i]->truthy(); }

  Value make(MarkedText text) const;            // counted
  Value make(std::vector<Value> items, bool tuple = false) const;
  Value make_generator(std::vector<Value> items) const;
  [[noreturn]] void fail(const std::string& problem) const;
};

// Arguments in the order of `parameters`. Throws Error for one too many, or a name that is none of them.
Call bind(Budget& budget, Place at, std::string what, std::span<const std::string_view> parameters, bool variadic, Arguments arguments);

// The items that iteration over a value yields: of a list its own, of a dict its keys, of a text its
// characters, of an undefined value none.
std::vector<Value> items_of(const Call& call, const Value& value);

// Python's `<`. Throws Error when the two have no order.
bool less(const Call& call, const Value& a, const Value& b);

// `needle in haystack`.
bool contains(const Call& call, const Value& haystack, const Value& needle);

// As a filter sees its input: numbers and the like become text.
MarkedText soft_text(const Call& call, const Value& value);

// value.name, or value[name]; undefined where there is none.
Value member(const Call& call, const Value& value, const Value& key);

}  // namespace laconic::model::jinja
