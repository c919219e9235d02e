#include "learner/stage.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::learner {

namespace {

bool is_list_of_strings(const nlohmann::json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const auto& item) { return item.is_string(); });
}

}  // namespace

void StageOptions::declare(OptionSet& set) {
  set.section("loss", loss);
  set.section("optimizer", optimizer);
  set.section("objective", objective);
  set.section("lora", lora);
  set.section("router", router);
  set.add("sampling.max_tokens", max_tokens, {.help = "most tokens of a response", .unit = "tokens", .min = 1, .max = 1 << 24});
}

std::string name_of(StageKind kind) { return kind == StageKind::kSft ? "sft" : "rl"; }

StageKind stage_kind_named(const std::string& name) {
  if (name == "sft") return StageKind::kSft;
  if (name == "rl") return StageKind::kRl;
  throw Error(fmt::format("stage type '{}' is not 'sft' or 'rl'", name), "task 'stage'");
}

StageOptions parse_stage_options(const std::string& options_json) {
  const auto json = nlohmann::json::parse(options_json, nullptr, false);
  if (!json.is_object()) throw Error("the options of a stage are not a JSON object", "task 'stage'");
  if (json.value("loss.aggregation", "") == "constant")
    for (const char* key : {"objective.group_size", "objective.prompts_per_step", "sampling.max_tokens"})
      if (!json.contains(key)) throw Error(fmt::format("loss.aggregation = 'constant' divides by '{}', which the stage's options lack", key), "task 'stage'");
  StageOptions options;
  OptionSet set;
  options.declare(set);
  for (const auto& [name, value] : json.items()) {
    const std::string where = "task 'stage'";
    if (value.is_boolean()) set.set(name, value.get<bool>(), where);
    else if (value.is_number_integer()) set.set(name, value.get<std::int64_t>(), where);
    else if (value.is_number()) set.set(name, value.get<double>(), where);
    else if (value.is_string()) set.set(name, value.get<std::string>(), where);
    else if (is_list_of_strings(value)) set.set(name, value.get<std::vector<std::string>>(), where);
    else throw Error(fmt::format("option '{}' has a value of an unexpected type: {}", name, value.dump()), where);
  }
  return options;
}

}  // namespace laconic::learner
