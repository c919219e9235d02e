#include "cli/export_folder.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/format.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/run_access.h"
#include "model/chat/chat.h"
#include "model/chat/layouts.h"
#include "pipeline/summary.h"

namespace laconic::cli {
namespace {

const pipeline::Stage* last_rl_stage(const ExportSource& source) {
  if (!source.recipe || !source.checkpoint) return nullptr;
  const auto& stages = source.recipe->stages;
  for (std::size_t i = std::min(stages.size(), static_cast<std::size_t>(source.checkpoint->stage) + 1); i > 0; --i)
    if (stages[i - 1].type == pipeline::StageType::kRl) return &stages[i - 1];
  return nullptr;
}

std::string quoted(const std::string& text) { return Json(text).dump(); }  // JSON's escapes are Jinja's

// The layout as Jinja: messages in order, each between its frame's texts.
std::string jinja_of(const model::ChatLayout& layout) {
  if (!layout.assistant || layout.trims || layout.always_system || !layout.default_system.empty() || layout.start == model::ChatStart::kAsTokenizer) return {};
  const auto frame = [](const model::ChatFrame& f, const std::string& words) { return fmt::format("{{{{ {} + {} + {} }}}}", quoted(std::string(f.before)), words, quoted(std::string(f.after))); };
  const bool cuts = layout.earlier != model::EarlierThinking::kKept;
  std::string text = layout.start == model::ChatStart::kBos ? "{{ bos_token }}" : "";
  text += "{% for message in messages %}{% if message['role'] == 'user' %}" + frame(layout.user, "message['content']");
  if (layout.system) text += "{% elif message['role'] == 'system' %}" + frame(*layout.system, "message['content']");
  text += "{% else %}" + frame(*layout.assistant, cuts ? "message['content'].split('</think>')[-1]" : "message['content']");
  text += fmt::format("{{% endif %}}{{% endfor %}}{{% if add_generation_prompt %}}{{{{ {} }}}}{{% endif %}}", quoted(std::string(layout.generation)));
  return text;
}

std::string evaluations(const ExportSource& source) {
  std::string rows;
  for (const trajectory::EvalRecord& record : open_store(source.run).evals()) {
    if (std::pair(record.stage, record.step) > std::pair(source.checkpoint->stage, source.checkpoint->step)) continue;
    const pipeline::EvalResult eval = pipeline::parse_eval(record.metrics, source.run.string());
    rows += fmt::format("| {} {} | {} | {} ({} … {}) | {} | {} |\n", eval.stage, eval.step, eval.problems, percent(eval.accuracy), percent(eval.accuracy_low),
                        percent(eval.accuracy_high), fixed(eval.mean_tokens, 1), percent(eval.truncated));
  }
  if (rows.empty()) return "Not evaluated up to this checkpoint.\n";
  return "| after | problems | accuracy (95 % interval) | mean tokens | cut at the limit |\n| --- | --- | --- | --- | --- |\n" + rows;
}

}  // namespace

ExportSource find_export(const std::string& runs, const std::string& name, std::optional<int> step) {
  ExportSource source;
  source.folder = model_folder(runs, name);
  const fs::path recipe = recipe_of_model(source.folder);
  if (recipe.empty()) {
    if (step) throw UsageError("`--step` is for runs; `" + name + "` is a checkpoint of none", "command line", "leave --step out");
    return source;
  }
  source.run = recipe.parent_path();
  source.recipe = pipeline::load_recipe(recipe);
  const std::vector<pipeline::RunCheckpoint> all = pipeline::list_checkpoints(source.run);
  std::vector<std::string> names;
  for (const pipeline::RunCheckpoint& checkpoint : all) {
    names.push_back(fmt::format("{} {}", checkpoint.stage_name, checkpoint.step));
    const bool wanted = step ? checkpoint.step == *step : fs::absolute(checkpoint.folder).lexically_normal() == fs::absolute(source.folder).lexically_normal();
    if (wanted) source.checkpoint = checkpoint;  // ascending: the newest stage's stays
  }
  if (step && !source.checkpoint)
    throw UsageError(fmt::format("the run has no checkpoint of step {}", *step), source.run.string(), fmt::format("there are: {}", names.empty() ? "none yet" : fmt::format("{}", fmt::join(names, ", "))));
  if (step) source.folder = source.checkpoint->folder;
  return source;
}

std::string generation_config_json(const ExportSource& source, const model::ModelCard& card) {
  Json json = {{"_from_model_config", false}};
  if (card.config.bos_token_id >= 0) json["bos_token_id"] = card.config.bos_token_id;
  if (card.config.eos_token_ids.size() == 1) json["eos_token_id"] = card.config.eos_token_ids[0];
  else if (!card.config.eos_token_ids.empty()) json["eos_token_id"] = card.config.eos_token_ids;
  if (const pipeline::Stage* stage = last_rl_stage(source)) {
    json["do_sample"] = true;
    json["temperature"] = stage->sampling.temperature;
    json["top_p"] = stage->sampling.top_p;
    json["top_k"] = stage->sampling.top_k;
    json["max_new_tokens"] = stage->sampling.max_tokens;
  }
  return json.dump(2) + "\n";
}

std::string export_readme(const ExportSource& source, const model::ModelCard& card, double parameters) {
  const std::string name = source.run.empty() ? source.folder.stem().string() : source.run.filename().string();
  std::string text = fmt::format("# {}\n\nA `{}` model of {} parameters: {} layers, hidden size {}, {} positions.\n", name, card.config.model_type, short_count(parameters),
                                 card.config.num_hidden_layers, card.config.hidden_size, card.config.max_position_embeddings);
  if (source.run.empty()) return text + "Written by `laconic export` from a checkpoint, not from a run.\n";
  const pipeline::Recipe& recipe = *source.recipe;
  text += fmt::format("Trained with Laconic: run `{}`, ", name);
  text += source.checkpoint ? fmt::format("checkpoint `{}` step {}.\n", source.checkpoint->stage_name, source.checkpoint->step) : "its first weights.\n";
  text += fmt::format("\n## Training\n\nRecipe `{}`, seed {}, from {}. The recipe, whole and resolved, is `recipe.toml` in this folder.\n\n", recipe.name, recipe.seed,
                      recipe.model.path.empty() ? "fresh weights" : "`" + fs::path(recipe.model.path).filename().string() + "`");
  text += "| stage | kind | steps |\n| --- | --- | --- |\n";
  for (const pipeline::Stage& stage : recipe.stages) text += fmt::format("| {} | {} | {} |\n", stage.name, pipeline::name_of(stage.type), stage.steps);
  text += "\n## Evaluation\n\n" + (source.checkpoint ? evaluations(source) : "Not evaluated.\n");
  if (card.chat_template.empty()) return text + "\nPrompts are the question as it is: there is no chat template.\n";
  return text;
}

std::string chat_template_of(const ExportSource& source, const model::ModelCard& card) {
  if (!card.chat_template.empty()) return card.chat_template;
  const model::ChatTemplate chat = model::ChatTemplate::choose(card, source.recipe ? source.recipe->model.chat : "auto");
  for (const model::ChatLayout& layout : model::chat_layouts()) {
    if (layout.name != chat.name()) continue;
    const std::string jinja = jinja_of(layout);
    if (jinja.empty()) return {};
    const model::ChatTemplate evaluated = model::ChatTemplate::evaluated(jinja);
    const model::ChatTokens tokens{"<bos>", "<eos>"};
    using enum model::ChatRole;
    const std::vector<std::vector<model::ChatMessage>> conversations = {
        {{kUser, "one"}}, {{kUser, "one"}, {kAssistant, "<think>\nt</think>two"}, {kUser, "three"}}, {{kSystem, "zero"}, {kUser, "one"}}};
    for (const auto& messages : conversations) {
      if (messages[0].role == kSystem && !layout.system) continue;
      if (evaluated.text(tokens, messages).bytes != chat.text(tokens, messages).bytes) return {};
    }
    return jinja;
  }
  return {};
}

}  // namespace laconic::cli
