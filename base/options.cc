#include "base/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic {
namespace {

template <class... F>
struct Overload : F... { using F::operator()...; };
template <class... F>
Overload(F...) -> Overload<F...>;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') { out += "\\n"; continue; }
    out += c;
  }
  return out + "\"";
}

std::string toml_number(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string text_of(const OptionValue& value) {
  return std::visit(Overload{[](bool v) -> std::string { return v ? "true" : "false"; },
                             [](std::int64_t v) { return std::to_string(v); },
                             [](double v) { return toml_number(v); },
                             [](const std::string& v) { return quoted(v); },
                             [](const std::vector<double>&) -> std::string { return "a list of numbers"; },
                             [](const std::vector<std::string>&) -> std::string { return "a list of strings"; }},
                    value);
}

std::string range_text(const OptionDoc& doc) {
  const bool low = std::isfinite(doc.min), high = std::isfinite(doc.max);
  if (low && high) return fmt::format("from {} to {}", doc.min, doc.max);
  if (low) return fmt::format("at least {}", doc.min);
  if (high) return fmt::format("at most {}", doc.max);
  return "any number";
}

}  // namespace

std::string OptionSet::value_text(const Option& option) {
  const auto list = [](const auto& items, auto&& one) {
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "") + one(items[i]);
    return text + "]";
  };
  return std::visit(Overload{[](bool* v) -> std::string { return *v ? "true" : "false"; },
                             [](int* v) { return std::to_string(*v); },
                             [](std::int64_t* v) { return std::to_string(*v); },
                             [](double* v) { return toml_number(*v); },
                             [](std::string* v) { return quoted(*v); },
                             [&](std::vector<double>* v) { return list(*v, toml_number); },
                             [&](std::vector<std::string>* v) { return list(*v, quoted); }},
                    option.field);
}

std::string OptionSet::type_name(const Option& option) {
  return std::visit(Overload{[](bool*) { return "bool"; }, [](int*) { return "int"; }, [](std::int64_t*) { return "int"; },
                             [](double*) { return "float"; }, [](std::string*) { return "string"; },
                             [](std::vector<double>*) { return "list of numbers"; },
                             [](std::vector<std::string>*) { return "list of strings"; }},
                    option.field);
}

bool OptionSet::has(const std::string& name) const {
  return std::any_of(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
}

OptionSet::Option& OptionSet::find(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (Option& option : options_) {
    if (option.name == name) return option;
    names.push_back(option.name);
  }
  std::string near = nearest_name(name, names);
  if (near.empty()) {  // perhaps the right key in the wrong table
    const std::string leaf = name.substr(name.rfind('.') + 1);
    for (const std::string& candidate : names)
      if (candidate.substr(candidate.rfind('.') + 1) == leaf) near = candidate;
  }
  throw Error("unknown key `" + name + "`", where,
              near.empty() ? "docs/recipes.md lists every key" : "did you mean `" + near + "`?");
}

void OptionSet::set(const std::string& name, const OptionValue& value, const std::string& where) {
  Option& option = find(name, where);
  const OptionDoc& doc = option.doc;
  const auto wrong_type = [&] {
    return Error("`" + name + "` is " + text_of(value) + ", but must be a " + type_name(option), where,
                 "its default is `" + name + " = " + option.default_text + "`");
  };
  const auto checked = [&](double number) {
    if (!(number >= doc.min && number <= doc.max))
      throw Error("`" + name + "` is " + text_of(value) + ", but must be " + range_text(doc) +
                      (doc.unit.empty() ? "" : " " + doc.unit),
                  where, "its default is `" + name + " = " + option.default_text + "`");
  };
  const auto as_integer = [&]() -> std::int64_t {
    if (const auto* v = std::get_if<std::int64_t>(&value)) { checked(static_cast<double>(*v)); return *v; }
    throw wrong_type();
  };
  std::visit(Overload{[&](bool* f) {
                        const auto* v = std::get_if<bool>(&value);
                        if (!v) throw wrong_type();
                        *f = *v;
                      },
                      [&](int* f) {
                        const std::int64_t v = as_integer();
                        if (v != static_cast<int>(v)) throw wrong_type();
                        *f = static_cast<int>(v);
                      },
                      [&](std::int64_t* f) { *f = as_integer(); },
                      [&](double* f) {
                        if (const auto* v = std::get_if<double>(&value)) { checked(*v); *f = *v; }
                        else *f = static_cast<double>(as_integer());
                      },
                      [&](std::string* f) {
                        const auto* v = std::get_if<std::string>(&value);
                        if (!v) throw wrong_type();
                        if (!doc.choices.empty() && std::find(doc.choices.begin(), doc.choices.end(), *v) == doc.choices.end()) {
                          std::string list;
                          for (const std::string& choice : doc.choices) list += (list.empty() ? "" : ", ") + choice;
                          const std::string near = nearest_name(*v, doc.choices);
                          throw Error("`" + name + "` is " + quoted(*v) + ", but must be one of: " + list, where,
                                      near.empty() ? "its default is `" + name + " = " + option.default_text + "`"
                                                   : "did you mean `" + name + " = " + quoted(near) + "`?");
                        }
                        *f = *v;
                      },
                      [&](std::vector<double>* f) {
                        const auto* v = std::get_if<std::vector<double>>(&value);
                        if (!v) throw wrong_type();
                        for (double number : *v) checked(number);
                        *f = *v;
                      },
                      [&](std::vector<std::string>* f) {
                        const auto* none = std::get_if<std::vector<double>>(&value);  // an empty list has no type of its own
                        const auto* v = std::get_if<std::vector<std::string>>(&value);
                        if (!v && !(none && none->empty())) throw wrong_type();
                        *f = v ? *v : std::vector<std::string>();
                      }},
             option.field);
  option.set_at = where;
}

void OptionSet::set_text(const std::string& name, const std::string& text, const std::string& where) {
  Option& option = find(name, where);
  const std::string type = type_name(option);
  OptionValue value = text;  // anything unparsable stays a string and is refused by set()
  const char *begin = text.data(), *end = begin + text.size();
  if (type == "bool" && (text == "true" || text == "false")) value = text == "true";
  std::int64_t integer = 0;
  if (type == "int" || type == "float") {
    if (const auto [p, ec] = std::from_chars(begin, end, integer); ec == std::errc{} && p == end) value = integer;
    else {
      double number = 0;
      if (const auto [q, ec2] = std::from_chars(begin, end, number); ec2 == std::errc{} && q == end) value = number;
    }
  }
  if (type.rfind("list", 0) == 0) {
    std::vector<std::string> items;
    std::string inner = text;
    if (inner.size() >= 2 && inner.front() == '[' && inner.back() == ']') inner = inner.substr(1, inner.size() - 2);
    for (std::size_t start = 0; start < inner.size();) {
      const std::size_t comma = std::min(inner.find(',', start), inner.size());
      std::string item = inner.substr(start, comma - start);
      while (!item.empty() && (item.front() == ' ' || item.front() == '"')) item.erase(0, 1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '"')) item.pop_back();
      items.push_back(item);
      start = comma + 1;
    }
    if (type == "list of strings") value = items;
    else {
      std::vector<double> numbers;
      for (const std::string& item : items) {
        double number = 0;
        const auto [q, ec] = std::from_chars(item.data(), item.data() + item.size(), number);
        if (ec != std::errc{} || q != item.data() + item.size()) return set(name, value, where);
        numbers.push_back(number);
      }
      value = numbers;
    }
  }
  set(name, value, where);
}

}  // namespace laconic
