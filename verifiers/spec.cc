#include "verifiers/spec.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::verifiers {
namespace {

using Json = nlohmann::ordered_json;


Json value_of(const OptionSet::Option& option) {
  return std::visit([](const auto* field) { return Json(*field); }, option.field);
}

OptionValue option_value(const Json& value, const std::string& name) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && !value.empty() && value.front().is_number()) return value.get<std::vector<double>>();
  if (value.is_array()) return value.get<std::vector<std::string>>();
  throw Error("`" + name + "` is " + value.dump() + ", which no setting can be", "verifier settings");
}

}  // namespace

void VerifierSpec::declare(OptionSet& set) {
  set.add("name", name, {.help = "verifier of the answers (`laconic verify list`); auto: what each row's data set is for"});
  set.add("reasoning", reasoning, {.help = "answers count only after </think>: think, never: none; auto: as model.chat has it", .choices = {"auto", "think", "none"}});
  set.section("math", math);
  set.section("code", code);
  set.section("process", process);
  set.section("python", python);
  set.section("library", library);
  set.section("rubric", rubric);
  builtin.declare(set);
}

Reasoning reasoning_of(const VerifierSpec& spec) { return spec.reasoning == "think" ? Reasoning::kOpened : Reasoning::kNone; }

std::string to_json(const VerifierSpec& spec) {
  VerifierSpec copy = spec;
  OptionSet set;
  copy.declare(set);
  Json object = Json::object();
  for (const OptionSet::Option& option : set.options()) object[option.name] = value_of(option);
  return object.dump();
}

VerifierSpec spec_from_json(const std::string& json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) throw Error("not a JSON object: " + json.substr(0, 80), "verifier settings");
  VerifierSpec spec;
  OptionSet set;
  spec.declare(set);
  for (const auto& [name, value] : object.items()) set.set(name, option_value(value, name), "verifier settings");
  return spec;
}

}  // namespace laconic::verifiers
