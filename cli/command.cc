#include "cli/command.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace laconic::cli {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& text, const std::string& must_be, const std::string& hint = {}) {
  throw UsageError(fmt::format("`{}` is `{}`, but must be {}", name, text, must_be), "command line", hint);
}

std::string range_text(const Range& range) {
  const bool low = range.min > -std::numeric_limits<double>::infinity(), high = range.max < std::numeric_limits<double>::infinity();
  if (low && high) return fmt::format(" from {} to {}", range.min, range.max);
  if (low) return fmt::format(" of at least {}", range.min);
  if (high) return fmt::format(" of at most {}", range.max);
  return "";
}

template <class T>
T number(const std::string& name, const std::string& text, const Range& range) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool in_range = static_cast<double>(value) >= range.min && static_cast<double>(value) <= range.max;
  if (code != std::errc{} || end != text.data() + text.size() || !in_range)
    refuse(name, text, (std::is_integral_v<T> ? "an integer" : "a number") + range_text(range));
  return value;
}

void check_choice(const std::string& name, const std::string& text, const std::vector<std::string>& choices) {
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
  const std::string near = nearest_name(text, choices);
  refuse(name, text, fmt::format("one of: {}", fmt::join(choices, ", ")), near.empty() ? "" : "did you mean `" + near + "`?");
}

}  // namespace

Command::Command(std::string name, std::string about) : name_(std::move(name)), about_(std::move(about)) {}

Command& Command::sub(const std::string& name, const std::string& about, const std::string& group) {
  subs_.emplace_back(name, about);
  subs_.back().group_ = group;
  subs_.back().parent_ = this;
  return subs_.back();
}

std::string Command::path() const { return parent_ ? parent_->path() + " " + name_ : name_; }

void Command::add(Parameter parameter) { parameters_.push_back(std::move(parameter)); }

void Command::argument(const std::string& name, std::string& field, const std::string& help) {
  add({.name = name, .help = help, .positional = true, .required = true, .set = [&field](const std::string& v) { field = v; }});
}

void Command::optional_argument(const std::string& name, std::string& field, const std::string& help) {
  add({.name = name, .help = help, .positional = true, .set = [&field](const std::string& v) { field = v; }});
}

void Command::rest(const std::string& name, std::vector<std::string>& field, const std::string& help) {
  add({.name = name, .help = help, .positional = true, .many = true, .set = [&field](const std::string& v) { field.push_back(v); }});
}

void Command::flag(const std::string& name, bool& field, const std::string& help) {
  add({.name = name, .help = help, .set = [&field](const std::string&) { field = true; }});
}

void Command::option(const std::string& name, std::string& field, const std::string& value, const std::string& help,
                     std::vector<std::string> choices) {
  add({.name = name, .value = value, .help = help, .default_text = field, .set = [name, &field, choices](const std::string& v) {
         check_choice(name, v, choices);
         field = v;
       }});
}

void Command::option(const std::string& name, std::optional<std::string>& field, const std::string& value, const std::string& help) {
  add({.name = name, .value = value, .help = help, .set = [&field](const std::string& v) { field = v; }});
}

void Command::option(const std::string& name, std::vector<std::string>& field, const std::string& value, const std::string& help,
                     std::vector<std::string> choices) {
  add({.name = name, .value = value, .help = help, .many = true, .set = [name, &field, choices](const std::string& v) {
         check_choice(name, v, choices);
         field.push_back(v);
       }});
}

void Command::option(const std::string& name, std::int64_t& field, const std::string& value, const std::string& help, Range range) {
  add({.name = name, .value = value, .help = help, .default_text = std::to_string(field),
       .set = [name, &field, range](const std::string& v) { field = number<std::int64_t>(name, v, range); }});
}

void Command::option(const std::string& name, int& field, const std::string& value, const std::string& help, Range range) {
  add({.name = name, .value = value, .help = help, .default_text = std::to_string(field),
       .set = [name, &field, range](const std::string& v) { field = number<int>(name, v, range); }});
}

void Command::option(const std::string& name, std::optional<int>& field, const std::string& value, const std::string& help, Range range) {
  add({.name = name, .value = value, .help = help, .set = [name, &field, range](const std::string& v) { field = number<int>(name, v, range); }});
}

void Command::option(const std::string& name, double& field, const std::string& value, const std::string& help, Range range) {
  add({.name = name, .value = value, .help = help, .default_text = fmt::format("{}", field),
       .set = [name, &field, range](const std::string& v) { field = number<double>(name, v, range); }});
}

void Command::option_or_flag(const std::string& name, std::optional<std::string>& field, const std::string& value, const std::string& help) {
  add({.name = name, .value = value, .help = help, .value_optional = true, .set = [&field](const std::string& v) { field = v; }});
}

}  // namespace laconic::cli
