// A row's own limits and its way of comparing.
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

struct Unit {
  std::string_view name;
  double factor;
};

// "2", "2.0 seconds", "256megabytes": a number and a unit of the table, the first one when there is none.
std::optional<double> quantity(std::string_view text, const std::vector<Unit>& units) {
  double value = 0;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  std::string unit;
  for (const char c : text)
    if (c != ' ' && c != '.') unit += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (unit.empty()) return value * units.front().factor;
  for (const Unit& known : units)
    if (unit == known.name) return value * known.factor;
  return std::nullopt;
}

const std::vector<Unit> kTimes = {{"s", 1}, {"sec", 1}, {"second", 1}, {"seconds", 1}, {"ms", 1e-3}, {"millisecond", 1e-3}, {"milliseconds", 1e-3}};
const std::vector<Unit> kSizes = {{"mb", 0x1p20},  {"mib", 0x1p20}, {"megabyte", 0x1p20}, {"megabytes", 0x1p20}, {"kb", 0x1p10}, {"kib", 0x1p10},
                                  {"kilobytes", 0x1p10}, {"gb", 0x1p30}, {"gib", 0x1p30}, {"gigabytes", 0x1p30}, {"b", 1}, {"bytes", 1}};

std::optional<double> amount(const json& value, const std::vector<Unit>& units) {
  if (value.is_number()) return value.get<double>() * units.front().factor;
  if (value.is_string()) return quantity(value.get_ref<const std::string&>(), units);
  if (value.is_object() && value.contains("seconds")) {
    const json nanos = value.value("nanos", json(0));
    if (value["seconds"].is_number() && nanos.is_number()) return value["seconds"].get<double>() + nanos.get<double>() * 1e-9;
  }
  return std::nullopt;
}

// Some data sets write a missing limit as the text "None".
bool is_none(const json* value) { return !value || (value->is_string() && (*value == "" || *value == "None" || *value == "null")); }

std::optional<double> limit(const json& row, const char* name, const std::vector<Unit>& units, double least, double most) {
  const json* value = column(row, name);
  if (is_none(value)) return std::nullopt;
  const auto number = amount(*value, units);
  if (!number || !(*number >= least) || !(*number <= most)) throw BadRow{std::string("`") + name + "` is not understood: " + shortened(dump_exact(*value))};
  return number;
}

}  // namespace

void read_limits(const json& row, CodeTask& task) {
  task.time_limit = limit(row, "time_limit", kTimes, 0.01, 600);
  const auto bytes = [&](std::optional<double> value) {
    if (value) task.memory_limit = static_cast<std::int64_t>(*value);
  };
  bytes(limit(row, "memory_limit_bytes", {{"b", 1}}, 0x1p20, 0x1p40));
  if (const json* value = column(row, "memory_limit"); value && value->is_number() && value->get<double>() >= 0x1p20) {
    bytes(limit(row, "memory_limit", {{"b", 1}}, 0x1p20, 0x1p40));  // a terabyte of megabytes is bytes
  } else {
    bytes(limit(row, "memory_limit", kSizes, 0x1p20, 0x1p40));
  }
}

Comparison kattis_comparison(const std::string& flags) {
  Comparison rule{CompareMode::kTokens};
  rule.case_fold = true;
  std::istringstream words(flags);
  for (std::string word; words >> word;) {
    if (word == "case_sensitive") {
      rule.case_fold = false;
    } else if (word == "space_change_sensitive") {
      rule.mode = CompareMode::kExact;
    } else if (word == "float_tolerance" || word == "float_absolute_tolerance" || word == "float_relative_tolerance") {
      double tolerance = -1;
      std::string text;
      words >> text;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tolerance);
      if (error != std::errc() || end != text.data() + text.size() || !(tolerance >= 0)) throw BadRow{"`validator_flags`: " + word + " without a number"};
      if (word != "float_absolute_tolerance") rule.relative = tolerance;
      if (word != "float_relative_tolerance") rule.absolute = tolerance;
    } else {
      throw BadRow{"`validator_flags`: unknown flag \"" + word + "\""};
    }
  }
  return rule;
}

void read_comparison(const json& row, CodeTask& task) {
  const json* value = column(row, "comparison");
  if (!value) {
    if (column(row, "validator_flags") && !column(row, "checker")) task.comparison = kattis_comparison(text_column(row, "validator_flags"));
    return;
  }
  const json rule = value->is_string() ? json{{"mode", *value}} : *value;
  if (!rule.is_object()) throw BadRow{"`comparison` is neither a name nor an object"};
  Comparison comparison;
  for (const auto& [key, field] : rule.items()) {
    const std::vector<std::string> keys = {"mode", "case_fold", "absolute", "relative", "exact_integers"};
    const bool flag = key == "case_fold" || key == "exact_integers", number = key == "absolute" || key == "relative";
    if (flag && field.is_boolean()) {
      (key == "case_fold" ? comparison.case_fold : comparison.exact_integers) = field.get<bool>();
    } else if (number && field.is_number()) {
      (key == "absolute" ? comparison.absolute : comparison.relative) = field.get<double>();
    } else if (key == "mode" && field.is_string()) {
      const auto mode = compare_mode_named(field.get_ref<const std::string&>());
      if (!mode) throw BadRow{"`comparison`: no mode " + field.dump() + "; there are exact, trailing_space, tokens, unordered_lines"};
      comparison.mode = *mode;
    } else {
      const std::string near = nearest_name(key, keys);
      throw BadRow{"`comparison`: \"" + key + "\" is not understood" + (near.empty() || near == key ? "" : "; did you mean \"" + near + "\"?")};
    }
  }
  task.comparison = comparison;
}

// {"protocol": "testlib" | "kattis", "language": …, "source": …, "arguments": [], "files": {name: content}}
void read_checker(const json& row, CodeTask& task) {
  const json* column_value = column(row, "checker");
  if (!column_value) return;
  const json value = unpacked(*column_value, "checker");
  if (!value.is_object()) throw BadRow{"`checker` is no object"};
  Checker checker;
  const std::string protocol = text_column(value, "protocol");
  if (protocol != "kattis" && protocol != "testlib") throw BadRow{"`checker`: protocol is \"kattis\" or \"testlib\", not \"" + protocol + "\""};
  checker.protocol = protocol == "kattis" ? CheckerProtocol::kKattis : CheckerProtocol::kTestlib;
  checker.language = text_column(value, "language");
  checker.source = text_column(value, "source");
  std::istringstream flags(text_column(row, "validator_flags"));
  for (std::string word; flags >> word;) checker.arguments.push_back(word);
  if (const json* words = column(value, "arguments")) {
    for (const json& word : *words) {
      if (!word.is_string()) throw BadRow{"`checker`: arguments are a list of texts"};
      checker.arguments.push_back(word.get<std::string>());
    }
  }
  if (const json* files = column(value, "files")) {
    if (!files->is_object()) throw BadRow{"`checker`: files is an object of names and contents"};
    for (const auto& [name, content] : files->items()) {
      if (!content.is_string()) throw BadRow{"`checker`: file " + name + " is not text"};
      checker.files.emplace_back(name, content.get<std::string>());
    }
  }
  task.checker = std::move(checker);
}

}  // namespace laconic::verifiers::code
