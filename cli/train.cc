// laconic train: the main job.
#include <csignal>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/records.h"
#include "pipeline/train.h"

namespace laconic::cli {
namespace {

struct TrainOptions {
  std::string recipe, name, fork, runs = "runs";
  std::vector<std::string> overrides;
  std::optional<std::string> resume;
  bool dry_run = false, json = false;
};

bool is_override(const std::string& word) { return word.find('=') != std::string::npos && word.find('/') > word.find('='); }

// As a shell would need it to run the same again.
std::string command_line(const TrainOptions& o) {
  const auto quoted = [](const std::string& word) {
    const bool plain = !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%") == std::string::npos;
    if (plain) return word;
    std::string out = "'";
    for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
  };
  std::string text = "laconic train";
  if (!o.recipe.empty()) text += " " + quoted(o.recipe);
  for (const std::string& word : o.overrides) text += " " + quoted(word);
  if (!o.name.empty()) text += " --name " + quoted(o.name);
  if (o.resume) text += " --resume" + (o.resume->empty() ? "" : " " + quoted(*o.resume));
  if (!o.fork.empty()) text += " --fork " + quoted(o.fork);
  if (o.runs != "runs") text += " --runs " + quoted(o.runs);
  return text;
}

pipeline::TrainRequest request_of(TrainOptions o) {
  // Without a recipe the first word may be an override: `train --resume arithmetic-1 rl.steps=40`.
  if (!o.recipe.empty() && is_override(o.recipe)) {
    o.overrides.insert(o.overrides.begin(), o.recipe);
    o.recipe.clear();
  }
  if (o.resume && o.recipe.empty() && o.resume->ends_with(".toml")) std::swap(o.recipe, *o.resume);
  for (const std::string& word : o.overrides)
    if (!is_override(word))
      throw UsageError(fmt::format("`{}` is no override: it has no `=`", word), "command line", "overrides are key=value, such as rl.steps=40");
  if (o.recipe.empty() && (!o.resume || o.resume->empty()))
    throw UsageError("`laconic train` needs a RECIPE", "command line", "`laconic train recipes/arithmetic.toml`, or `laconic train --resume RUN`");
  if (o.resume && !o.resume->empty() && !o.name.empty() && o.name != *o.resume)
    throw UsageError(fmt::format("`--resume {}` and `--name {}` name two runs", *o.resume, o.name), "command line");
  if (o.resume && !o.fork.empty())
    throw UsageError("`--resume` continues a run and `--fork` starts a new one from it", "command line", "choose one of them");
  pipeline::TrainRequest request;
  request.command = command_line(o);
  request.recipe = o.recipe;
  request.overrides = o.overrides;
  request.name = o.resume && !o.resume->empty() ? *o.resume : o.name;
  request.fork = o.fork;
  request.resume = o.resume.has_value();
  request.dry_run = o.dry_run;
  request.runs = o.runs;
  return request;
}

int train(const TrainOptions& o) {
  pipeline::TrainRequest request = request_of(o);
  request.interrupts = &pipeline::count_interrupts();
  const std::unique_ptr<Progress> progress = make_progress();
  pipeline::TrainResult result;
  try {
    result = pipeline::train(request, *progress);
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    progress->close();
    if (progress->started()) throw;
    throw UsageError(error.message(), error.where(), error.next());  // a recipe or plan that cannot be: nothing was started
  }
  progress->close();
  if (o.dry_run) {
    const bool fits = result.too_large.empty();
    if (o.json) print_json({{"plan", result.plan}, {"recipe", result.resolved}, {"too_large", fits ? Json() : Json(result.too_large)}});
    else fmt::print("{}\n{}", result.plan, result.resolved);
    std::fflush(stdout);
    if (!fits) fmt::print(stderr, "{}\n", result.too_large);
    return fits ? kExitOk : kExitUsage;
  }
  if (o.json) {
    Json json = Json::parse(pipeline::summary_json(result.summary), nullptr, false);
    json["path"] = result.folder.string();
    print_json(json);
  } else {
    fmt::print("{}\n", pipeline::summary_text(result.summary));
  }
  std::fflush(stdout);
  if (result.interrupted)
    fmt::print(stderr, "stopped. `laconic train --resume {}` continues it\n", result.folder.filename().string());
  return result.interrupted ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_train(Command& root) {
  auto o = std::make_shared<TrainOptions>();
  Command& c = root.sub("train", "train a model by a recipe: sample, verify, learn", "train and measure");
  c.optional_argument("RECIPE", o->recipe, "a TOML file; with --resume RUN the run's own is used");
  c.rest("key=value", o->overrides, "recipe keys set for this run; a stage's keys begin with its name, as in rl.steps=40");
  c.option("--name", o->name, "NAME", "name of the run's folder; without it, the recipe's name and a number");
  c.option_or_flag("--resume", o->resume, "RUN", "continue a stopped or killed run; without RUN, the newest of this recipe");
  c.option("--fork", o->fork, "RUN", "start a new run from another run's newest checkpoint");
  c.flag("--dry-run", o->dry_run, "check the recipe and print the plan and the resolved recipe; start nothing");
  c.option("--runs", o->runs, "DIR", "where runs are kept");
  c.flag("--json", o->json, "print the final summary as JSON");
  c.details("Progress goes to stderr, the final summary to stdout. Ctrl-C stops cleanly with a checkpoint; a second Ctrl-C at once. "
            "A run killed at any moment continues with --resume and ends with the same weights.");
  c.example("laconic train recipes/arithmetic.toml");
  c.example("laconic train recipes/arithmetic.toml --name short rl.steps=10 seed=3");
  c.example("laconic train --resume arithmetic-1");
  c.action([o] { return train(*o); });
}

}  // namespace laconic::cli
