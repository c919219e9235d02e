// Option declarations: each recipe key is declared once, beside the struct that holds it. Parsing,
// validation, `--help`, docs/recipes.md and "did you mean" all come from that declaration.
//
//   struct SamplingOptions {
//     double temperature = 1.0;
//     void declare(OptionSet& set) {
//       set.add("temperature", temperature, {.help = "softmax temperature", .min = 0, .max = 10});
//     }
//   };
//
// A set binds names to fields of a live struct; the field's value at declaration is the default.
// Not thread-safe; the bound structs must outlive the set.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace laconic {

using OptionValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

struct OptionDoc {
  std::string help;   // one line of prose
  std::string unit;   // "tokens", "s", "MB", …
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;  // for strings: the valid values; empty = any
};

class OptionSet {
 public:
  struct Option {
    std::string name;  // dotted, "rollout.temperature"
    OptionDoc doc;
    std::variant<bool*, int*, std::int64_t*, double*, std::string*, std::vector<double>*, std::vector<std::string>*> field;
    std::string default_text;
    std::string set_at;  // where the value came from: "file:line", "command line"; empty = default
  };

  template <class T>
  void add(const std::string& name, T& field, OptionDoc doc) {
    options_.push_back({prefix_ + name, std::move(doc), &field, {}, {}});
    options_.back().default_text = value_text(options_.back());
  }

  // Declares a nested struct under "name.".
  template <class Struct>
  void section(const std::string& name, Struct& nested) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    nested.declare(*this);
    prefix_ = outer;
  }

  // Sets one key. `where` is file:line or "command line". Throws Error on an unknown key (naming
  // the nearest valid one), a wrong type, or a value out of range or not among the choices.
  void set(const std::string& name, const OptionValue& value, const std::string& where);

  // The same from "key=value" text, the value's type being the option's.
  void set_text(const std::string& name, const std::string& text, const std::string& where);

  bool has(const std::string& name) const;
  const std::vector<Option>& options() const { return options_; }

  static std::string value_text(const Option& option);  // as TOML
  static std::string type_name(const Option& option);   // "int", "float", "bool", "string", "list"

 private:
  Option& find(const std::string& name, const std::string& where);

  std::string prefix_;
  std::vector<Option> options_;
};

}  // namespace laconic
