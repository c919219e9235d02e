// TOML text and overrides → a recipe. The only file that sees the TOML library.
#include "pipeline/recipe.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <toml.hpp>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

struct Setting {
  std::string key;
  OptionValue value;
  std::string where;
};

std::string place(const std::string& file, const toml::value& value) {
  return file + ":" + std::to_string(value.location().line());
}

OptionValue list_value(const std::string& key, const toml::array& items, const std::string& where) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const toml::value& item : items) {
    if (item.is_integer()) numbers.push_back(static_cast<double>(item.as_integer()));
    else if (item.is_floating()) numbers.push_back(item.as_floating());
    else if (item.is_string()) texts.push_back(item.as_string().str);
    else throw Error("`" + key + "` holds something that is neither a number nor a string", where);
  }
  if (!numbers.empty() && !texts.empty()) throw Error("`" + key + "` mixes numbers and strings", where);
  if (!texts.empty()) return texts;
  return numbers;
}

void flatten(const std::string& key, const toml::value& value, const std::string& file, std::vector<Setting>& out) {
  const std::string where = place(file, value);
  if (value.is_table()) {
    for (const auto& [name, inner] : value.as_table()) flatten(key.empty() ? name : key + "." + name, inner, file, out);
    return;
  }
  if (value.is_boolean()) out.push_back({key, value.as_boolean(), where});
  else if (value.is_integer()) out.push_back({key, static_cast<std::int64_t>(value.as_integer()), where});
  else if (value.is_floating()) out.push_back({key, value.as_floating(), where});
  else if (value.is_string()) out.push_back({key, value.as_string().str, where});
  else if (value.is_array()) out.push_back({key, list_value(key, value.as_array(), where), where});
  else throw Error("`" + key + "` is a date or time, but no key takes one", where);
}

toml::value parse_toml(const std::string& text, const std::string& file) {
  std::istringstream in(text);
  try {
    return toml::parse(in, file);
  } catch (const toml::exception& error) {
    throw Error("the recipe is not valid TOML: " + std::string(error.what()),
                file + ":" + std::to_string(error.location().line()), "correct that line");
  }
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
}

Stage stage_of(const toml::value& table, const std::string& file) {
  const std::string where = place(file, table);
  if (!table.is_table()) throw Error("a [[stage]] must be a table", where);
  Stage stage;
  const auto& keys = table.as_table();
  const auto type = keys.find("type");
  if (type == keys.end() || !type->second.is_string())
    throw Error("a [[stage]] has no `type`", where, "add `type = \"sft\"` or `type = \"rl\"`");
  const std::string text = type->second.as_string().str;
  const std::array<std::string, 2> types = {"sft", "rl"};
  if (text == types[0]) stage.type = StageType::kSft;
  else if (text == types[1]) stage.type = StageType::kRl;
  else {
    const std::string near = nearest_name(text, types);
    throw Error("`stage.type` is \"" + text + "\", but must be one of: sft, rl", place(file, type->second),
                near.empty() ? "" : "did you mean `type = \"" + near + "\"`?");
  }
  stage.name = text;
  if (const auto name = keys.find("name"); name != keys.end()) {
    if (!name->second.is_string() || !is_plain_name(name->second.as_string().str))
      throw Error("`stage.name` must be a string of letters, digits, `_` and `-`", place(file, name->second));
    stage.name = name->second.as_string().str;
  }
  return stage;
}

void check_stage_names(const std::vector<Stage>& stages, const std::string& file) {
  const std::array<std::string, 7> tables = {"model", "rollout", "learner", "verifier", "run", "seed", "name"};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (std::find(tables.begin(), tables.end(), stages[i].name) != tables.end())
      throw Error("a stage is named `" + stages[i].name + "`, which is a table of the recipe", file, "give it another `name`");
    for (std::size_t j = 0; j < i; ++j)
      if (stages[i].name == stages[j].name)
        throw Error("two stages are named `" + stages[i].name + "`", file, "give each its own `name = \"…\"`");
  }
}

// "rl.lag" addresses the stage named rl, or the only stage of type rl whatever its name.
std::string stage_key(const std::string& key, const std::vector<Stage>& stages) {
  const std::string head = key.substr(0, key.find('.'));
  const Stage* found = nullptr;
  for (const Stage& stage : stages) {
    if (stage.name == head) return key;
    if (name_of(stage.type) != head) continue;
    if (found)
      throw Error("`" + key + "`: several stages are of type " + head, "command line",
                  "address one by its name, as in `" + stage.name + key.substr(head.size()) + "=…`");
    found = &stage;
  }
  return found ? found->name + key.substr(head.size()) : key;
}

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& file, const std::vector<std::string>& overrides) {
  const toml::value root = parse_toml(text, file);
  Recipe recipe;
  std::vector<Setting> settings;
  for (const auto& [name, value] : root.as_table()) {
    if (name != "stage") {
      flatten(name, value, file, settings);
      continue;
    }
    if (!value.is_array()) throw Error("`stage` must be a list of tables", place(file, value), "write `[[stage]]` with two brackets");
    for (const toml::value& table : value.as_array()) {
      recipe.stages.push_back(stage_of(table, file));
      std::vector<Setting> own;
      flatten(recipe.stages.back().name, table, file, own);
      for (Setting& setting : own)
        if (setting.key != recipe.stages.back().name + ".type" && setting.key != recipe.stages.back().name + ".name")
          settings.push_back(std::move(setting));
    }
  }
  if (recipe.stages.empty())
    throw Error("the recipe has no stage", file, "add a `[[stage]]` with `type = \"sft\"` or `type = \"rl\"`");
  check_stage_names(recipe.stages, file);

  OptionSet set;
  recipe.declare(set);
  for (Stage& stage : recipe.stages) set.section(stage.name, stage);
  for (const Setting& setting : settings) set.set(setting.key, setting.value, setting.where);
  for (const std::string& override_text : overrides) {
    const std::size_t equals = override_text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error("`" + override_text + "` is not an override", "command line", "write key=value, such as `seed=3` or `rl.steps=40`");
    std::string key = stage_key(override_text.substr(0, equals), recipe.stages);
    if (!set.has(key) && set.has(key + ".source")) key += ".source";  // "rl.data=FILE" says where the data come from
    set.set_text(key, override_text.substr(equals + 1), "command line");
  }
  for (const OptionSet::Option& option : set.options())
    if (!option.set_at.empty()) recipe.set_at[option.name] = option.set_at;
  if (recipe.name.empty()) recipe.name = fs::path(file).stem().string();
  check_recipe(recipe, file);
  return recipe;
}

Recipe load_recipe(const fs::path& path, const std::vector<std::string>& overrides) {
  if (!fs::is_regular_file(path)) {
    std::vector<std::string> near;
    std::error_code ignored;
    for (const fs::path& folder : {path.parent_path().empty() ? fs::path(".") : path.parent_path(), fs::path("recipes")})
      for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().extension() == ".toml") near.push_back(entry.path().lexically_normal().string());
    const std::string best = nearest_name(path.string(), near);
    throw Error("there is no recipe `" + path.string() + "`", "", best.empty() ? "a recipe is a TOML file; docs/recipes.md lists its keys" : "did you mean `" + best + "`?");
  }
  Recipe recipe = parse_recipe(read_file(path), path.string(), overrides);
  recipe.model.path = resolved_path(recipe.model.path, path.parent_path());
  for (Stage& stage : recipe.stages) resolve_paths(stage.data, path.parent_path());
  return recipe;
}

}  // namespace laconic::pipeline
