// Values of the Jinja subset. Text keeps the origin of its bytes (model/chat/marked_text.h) through every
// operation. Lists and dicts are immutable and shared; namespaces, loops and macros belong to one
// rendering (evaluator.h), which outlives every value that points at them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/chat/marked_text.h"

namespace laconic::model::jinja {

class Value;
struct Namespace;
struct Loop;
struct Macro;

// The line and column (from 1, in bytes) in the template's source.
struct Place {
  int line = 1, column = 1;
};

struct None {};
struct Undefined {
  std::string name;  // what was looked for
};
struct Function {
  std::string_view name;  // of the table in functions.cc
};

// Nesting is bounded so that no walk over a value can exhaust the stack.
inline constexpr int kMaxDepth = 64;

struct List {
  std::vector<Value> items;
  bool tuple = false;
  // What map, select and their like yield: to go through, true even when it is empty, without a length.
  bool generator = false;
  int depth = 1;
};

struct Dict {
  std::vector<std::pair<Value, Value>> items;  // in order of insertion, keys distinct
  int depth = 1;
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
};

class Value {
 public:
  Value() : data_(Undefined{}) {}
  Value(None) : data_(None{}) {}
  Value(Undefined undefined) : data_(std::move(undefined)) {}
  Value(bool value) : data_(value) {}
  Value(std::int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(MarkedText text) : data_(std::make_shared<const MarkedText>(std::move(text))) {}
  Value(std::string_view text) : Value(MarkedText(text)) {}
  Value(const char* text) : Value(MarkedText(text)) {}
  Value(std::vector<Value> items, bool tuple = false);             // throws Error beyond kMaxDepth
  Value(std::vector<std::pair<Value, Value>> items);
  static Value generator(std::vector<Value> items);
  Value(Namespace* value) : data_(value) {}
  Value(const Loop* value) : data_(value) {}
  Value(const Macro* value) : data_(value) {}
  Value(Function value) : data_(value) {}

  template <class T> bool is() const { return std::holds_alternative<T>(data_); }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  bool is_text() const { return text() != nullptr; }
  bool is_number() const { return is<bool>() || is<std::int64_t>() || is<double>(); }

  // nullptr when it is something else.
  const MarkedText* text() const { return shared<MarkedText>(); }
  const List* list() const { return shared<List>(); }
  const Dict* dict() const { return shared<Dict>(); }
  const Undefined* undefined() const { return std::get_if<Undefined>(&data_); }
  Namespace* name_space() const { return pointer<Namespace*>(); }
  const Loop* loop() const { return pointer<const Loop*>(); }
  const Macro* macro() const { return pointer<const Macro*>(); }
  const Function* function() const { return std::get_if<Function>(&data_); }

  // A bool is the integer 0 or 1, as in Python.
  bool is_integer() const { return is<bool>() || is<std::int64_t>(); }
  std::int64_t integer() const { return is<bool>() ? std::get<bool>(data_) : std::get<std::int64_t>(data_); }
  double number() const { return is<double>() ? std::get<double>(data_) : static_cast<double>(integer()); }

  bool truthy() const;
  int depth() const;
  const char* type_name() const;  // Python's: "str", "int", …

 private:
  template <class T> const T* shared() const {
    const auto* held = std::get_if<std::shared_ptr<const T>>(&data_);
    return held ? held->get() : nullptr;
  }
  template <class P> P pointer() const {
    const P* held = std::get_if<P>(&data_);
    return held ? *held : nullptr;
  }
  std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const MarkedText>, std::shared_ptr<const List>,
               std::shared_ptr<const Dict>, Namespace*, const Loop*, const Macro*, Function>
      data_;
};

struct Namespace {
  std::vector<std::pair<std::string, Value>> members;
  Value* find(std::string_view name);
};

bool equal(const Value& a, const Value& b);

// Python's str() of a number, bool, None or text; an undefined value is nothing. False: it has no plain text.
bool plain_text(const Value& value, MarkedText& out);

// Python's repr() of a float.
std::string float_text(double value);

}  // namespace laconic::model::jinja
