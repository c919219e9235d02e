// A recipe as text: resolved TOML, differences, the docs page, the learner's JSON.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/metric_names.h"
#include "pipeline/recipe.h"

namespace laconic::pipeline {
namespace {

// The options of a recipe (all but stages) or of one stage, with a copy they are bound to.
template <class Struct>
struct Bound {
  Struct value;
  OptionSet set;
  explicit Bound(Struct from) : value(std::move(from)) { value.declare(set); }
};

bool all_keys(const std::string&) { return true; }
bool top_level(const std::string& key) { return key.find('.') == std::string::npos; }

template <class Keep>
void write_options(const OptionSet& set, bool in_tables, std::string& out, const Keep& keep) {
  std::string table;
  for (const OptionSet::Option& option : set.options()) {
    if (!keep(option.name)) continue;
    const std::size_t dot = option.name.find('.');
    const std::string head = in_tables && dot != std::string::npos ? option.name.substr(0, dot) : "";
    if (head != table) {
      out += "\n[" + head + "]\n";
      table = head;
    }
    out += (head.empty() ? option.name : option.name.substr(dot + 1)) + " = " + OptionSet::value_text(option) + "\n";
  }
}

std::map<std::string, std::string> all_values(const Recipe& recipe) {
  std::map<std::string, std::string> values;
  const Bound<Recipe> all(recipe);
  for (const auto& option : all.set.options()) values[option.name] = OptionSet::value_text(option);
  std::string order;
  for (const Stage& stage : recipe.stages) {
    order += (order.empty() ? "" : ", ") + stage.name + " (" + name_of(stage.type) + ")";
    const Bound<Stage> own(stage);
    for (const auto& option : own.set.options()) values[stage.name + "." + option.name] = OptionSet::value_text(option);
  }
  values["stages"] = order;
  return values;
}

std::string range_text(const OptionDoc& doc) {
  std::string text;
  const bool low = std::isfinite(doc.min), high = std::isfinite(doc.max);
  if (low && high) text = fmt::format("{} … {}", doc.min, doc.max);
  else if (low) text = fmt::format("≥ {}", doc.min);
  else if (high) text = fmt::format("≤ {}", doc.max);
  for (const std::string& choice : doc.choices) text += (text.empty() ? "`" : ", `") + choice + "`";
  if (!doc.unit.empty()) text += (text.empty() ? "" : " ") + doc.unit;
  return text;
}

template <class Keep>
void document(const OptionSet& set, std::string& out, const Keep& keep) {
  out += "| key | type | default | range | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const OptionSet::Option& option : set.options())
    if (keep(option.name)) out += fmt::format("| `{}` | {} | `{}` | {} | {} |\n", option.name, OptionSet::type_name(option), option.default_text,
                       range_text(option.doc), option.doc.help);
}

template <class Struct>
void document_table(const std::string& name, const std::string& about, std::string& out) {
  out += "\n## [" + name + "]\n\n" + about + "\n\n";
  Struct value;
  OptionSet set;
  set.section(name, value);
  document(set, out, all_keys);
}

}  // namespace

std::string resolved_toml(const Recipe& recipe) {
  std::string out;
  const bool own_sizes = recipe.model.path.empty();  // a checkpoint brings its own
  write_options(Bound<Recipe>(recipe).set, true, out, [&](const std::string& key) {
    return own_sizes || key.rfind("model.", 0) != 0 || key == "model.path" || key == "model.chat" || key == "model.thinking" || key == "model.positions";
  });
  for (const Stage& stage : recipe.stages) {
    out += "\n[[stage]]\ntype = \"" + name_of(stage.type) + "\"\nname = \"" + stage.name + "\"\n";
    write_options(Bound<Stage>(stage).set, false, out, all_keys);
  }
  return out;
}

std::vector<std::string> recipe_differences(const Recipe& before, const Recipe& after) {
  const auto old_values = all_values(before), new_values = all_values(after);
  std::vector<std::string> lines;
  for (const auto& [key, value] : old_values) {
    const auto found = new_values.find(key);
    if (found == new_values.end()) lines.push_back(key + ": " + value + " → (gone)");
    else if (found->second != value) lines.push_back(key + ": " + value + " → " + found->second);
  }
  for (const auto& [key, value] : new_values)
    if (!old_values.count(key)) lines.push_back(key + ": (absent) → " + value);
  return lines;
}

std::string recipe_docs_markdown() {
  std::string out =
      "# Recipe keys\n\n"
      "A recipe is a TOML file: top-level keys, the tables below, and a list of `[[stage]]`. This page is made from the\n"
      "declarations in the code; a test compares them. Overrides on the command line are `key=value`; a stage's keys are\n"
      "addressed by its name, or by its type when only one stage has it: `laconic train recipes/smoke.toml seed=3 rl.steps=40`.\n"
      "The command line wins over the file, the file over the defaults. An unknown key ends the command.\n\n"
      "## Top level\n\n";
  document(Bound<Recipe>({}).set, out, top_level);
  document_table<ModelOptions>("model", "Where the run starts: a checkpoint, or fresh weights.", out);
  document_table<RolloutOptions>("rollout", "The processes that sample.", out);
  document_table<LearnerOptions>("learner", "The process that learns.", out);
  document_table<VerifierOptions>("verifier", "The processes that judge.", out);
  document_table<RunOptions>("run", "Checkpoints, evaluation, limits.", out);
  for (const StageType type : {StageType::kSft, StageType::kRl}) {
    Stage stage;
    stage.type = type;
    out += "\n## [[stage]] with type = \"" + name_of(type) + "\"\n\n";
    out += type == StageType::kSft ? "Supervised: the task's own chains." : "Reinforcement: sample, verify, learn.";
    out += " `name` (default: the type) names the stage in overrides, checkpoints and metrics.\n\n";
    document(Bound<Stage>(stage).set, out, all_keys);
  }
  return out + metric_docs_markdown();
}

std::string learner_options_json(const Stage& stage) {
  nlohmann::json json = nlohmann::json::object();
  Bound<Stage> bound(stage);
  for (const auto& option : bound.set.options()) {
    const std::string head = option.name.substr(0, option.name.find('.'));
    if (head != "optimizer" && head != "loss" && head != "objective" && head != "lora" && head != "router" && option.name != "sampling.max_tokens") continue;
    std::visit([&](const auto* field) { json[option.name] = *field; }, option.field);
  }
  return json.dump();
}

}  // namespace laconic::pipeline
