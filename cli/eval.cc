// laconic eval: how often a checkpoint is right, and how many tokens that takes.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/eval_run.h"
#include "cli/eval_view.h"
#include "cli/format.h"
#include "cli/model_access.h"
#include "cli/records.h"
#include "cli/sampling_options.h"
#include "cli/terminal.h"
#include "pipeline/evaluation.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/judges.h"
#include "pipeline/recipe.h"
#include "pipeline/sources.h"

namespace laconic::cli {
namespace {

struct EvalOptions {
  std::string model, recipe, data, verifier, chat, runs = "runs";
  std::vector<std::string> overrides, budgets, think_budgets;
  std::optional<int> problems, samples, max_tokens, min_accuracy;
  SamplingOptions sampling;
  double temperature = -1;
  std::int64_t seed = 0;
  int threads = 0;
  bool json = false;
};

// What to ask and how, from the recipe where the command line is silent.
struct Task {
  pipeline::DataOptions data;
  verifiers::VerifierSpec verifier;
  std::string chat = "auto";
  bool thinking = true;
  int problems = 200, samples = 1, max_tokens = 256;
  double temperature = 0;
};

Task task_of(const EvalOptions& o, const fs::path& model) {
  Task task;
  const fs::path recipe_file = !o.recipe.empty() ? fs::path(o.recipe) : recipe_of_model(model);
  if (recipe_file.empty() && !o.overrides.empty()) throw UsageError("overrides need --recipe", "command line");
  if (!recipe_file.empty()) {
    const pipeline::Recipe recipe = as_usage([&] { return pipeline::load_recipe(recipe_file, o.overrides); });
    const pipeline::Stage& stage = recipe.stages.back();
    task.data = stage.data;
    task.verifier = recipe.verifier.spec;
    task.chat = recipe.model.chat;
    task.thinking = recipe.model.thinking;
    task.problems = recipe.run.eval.problems;
    task.samples = recipe.run.eval.samples;
    task.max_tokens = recipe.run.eval.max_tokens > 0 ? recipe.run.eval.max_tokens : stage.sampling.max_tokens;
    task.temperature = recipe.run.eval.temperature;
  }
  if (!o.data.empty()) task.data.eval_source = o.data;
  if (!o.verifier.empty()) task.verifier.name = o.verifier;
  if (!o.chat.empty()) task.chat = o.chat;
  if (o.sampling.no_think) task.thinking = false;
  task.problems = o.problems.value_or(task.problems);
  task.samples = o.samples.value_or(task.samples);
  task.max_tokens = o.max_tokens.value_or(task.max_tokens);
  if (o.temperature >= 0) task.temperature = o.temperature;
  return task;
}

std::vector<int> budgets_of(const EvalOptions& o) {
  std::vector<int> budgets;
  for (const std::string& text : o.budgets) {
    int value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || value < 1)
      throw UsageError("`--budget` is `" + text + "`, but must be a number of tokens", "command line");
    budgets.push_back(value);
  }
  return budgets;
}

// By falling limit, `none` first; each once. Without the option: `none` alone.
std::vector<std::optional<int>> think_budgets_of(const EvalOptions& o) {
  std::vector<std::optional<int>> budgets;
  for (const std::string& list : o.think_budgets)
    for (std::size_t start = 0; start <= list.size();) {
      const std::size_t end = std::min(list.find(',', start), list.size());
      budgets.push_back(think_budget_from(list.substr(start, end - start)));
      start = end + 1;
    }
  if (budgets.empty()) budgets.emplace_back();
  std::sort(budgets.begin(), budgets.end(), [](const auto& a, const auto& b) { return !a ? b.has_value() : b && *a > *b; });
  budgets.erase(std::unique(budgets.begin(), budgets.end()), budgets.end());
  return budgets;
}

// Held-out problems that can be judged and that fit the model; the others are listed on stderr.
std::vector<pipeline::Problem> problems_of(const Task& task, pipeline::Judges& judges, const pipeline::Prompts& prompts, int forced) {
  const auto source = pipeline::make_source(task.data, 1, false, task.verifier.name);
  source->set_aside(pipeline::ProblemSource::Part::kEval, [&](const pipeline::Problem& problem) { return judges.bad_row(problem); });
  source->set_aside(pipeline::ProblemSource::Part::kEval, pipeline::exceeds_positions(prompts, task.max_tokens + forced));
  for (const std::string& line : source->skipped()) fmt::print(stderr, "left out {}\n", line);
  return source->eval(task.problems);
}

void print_result(const Task& task, const EvalOptions& o, const fs::path& folder, const std::vector<EvalRow>& rows, const EvalRun& run) {
  const pipeline::EvalResult& any = rows.front().result;
  if (o.json) {
    Json results = Json::array();
    for (const EvalRow& row : rows) results.push_back(eval_row_json(row));
    print_json({{"model", folder.string()}, {"source", task.data.eval_source.empty() ? task.data.source : task.data.eval_source},
                {"verifier", task.verifier.name}, {"problems", any.problems}, {"samples", any.samples}, {"temperature", task.temperature},
                {"top_p", o.sampling.top_p}, {"top_k", o.sampling.top_k}, {"max_tokens", task.max_tokens}, {"seed", o.seed},
                {"results", results}, {"sampled_tokens", run.tokens}, {"seconds", run.seconds}});
    return;
  }
  std::string drawn = fmt::format("temperature {}", task.temperature);
  if (task.temperature > 0 && o.sampling.top_p < 1) drawn += fmt::format(", top-p {}", o.sampling.top_p);
  if (task.temperature > 0 && o.sampling.top_k > 0) drawn += fmt::format(", top-k {}", o.sampling.top_k);
  fmt::print("{:<19} {}\n", "model", folder.string());
  fmt::print("{:<19} {}, {} sample{} each, {}, at most {} tokens\n", "problems", any.problems, any.samples, any.samples == 1 ? "" : "s", drawn,
             task.max_tokens);
  if (rows.size() > 1) fmt::print("\n");
  const bool terminal = is_terminal(STDOUT_FILENO);
  std::fputs(eval_view(rows, terminal ? terminal_width(STDOUT_FILENO) : 0, Style::of(STDOUT_FILENO)).c_str(), stdout);
  if (rows.size() > 1) fmt::print("\n");
  fmt::print("{:<19} {}, {} tokens/s\n", "time", human_seconds(run.seconds), short_count(static_cast<double>(run.tokens) / std::max(run.seconds, 1e-9)));
  if (run.reused > 0) fmt::print("{:<19} {} of {} answered problems were the same at a smaller budget, and not sampled again\n", "", run.reused,
                                 any.problems * static_cast<int>(rows.size()));
}

int eval(const EvalOptions& o) {
  const fs::path folder = model_folder(o.runs, o.model);
  const Task task = task_of(o, folder);
  const std::vector<int> budgets = budgets_of(o);
  const std::vector<std::optional<int>> think_budgets = think_budgets_of(o);
  const pipeline::Prompts prompts = as_usage([&] { return pipeline::Prompts(folder, task.chat, 0, {.thinking = task.thinking}); });
  pipeline::Judges judges = as_usage([&] { return pipeline::Judges(pipeline::settled(task.verifier, prompts.chat(), prompts.chat_options())); });
  EvalPlan plan;
  plan.samples = task.samples;
  plan.seed = o.seed;
  plan.sampling = sampling_of(o.sampling, task.temperature, task.max_tokens);
  for (const auto& tokens : think_budgets) plan.budgets.push_back(think_budget(tokens, o.sampling, prompts.chat(), prompts.tokenizer()));
  const int forced = static_cast<int>(plan.budgets.back().forced.size());
  plan.problems = as_usage([&] { return problems_of(task, judges, prompts, forced); });
  if (plan.problems.empty()) throw UsageError("there is no problem to ask", "", "name problems with --data, or ask for more with --problems");
  std::int64_t longest = 0;
  for (const pipeline::Problem& problem : plan.problems) longest = std::max(longest, prompts.prompt_length(problem));
  Sampler sampler = load_sampler(folder, o.threads, {.samples = static_cast<std::int64_t>(plan.problems.size()) * task.samples,
                                                     .tokens = longest + task.max_tokens + forced});
  const std::optional<EvalRun> run = run_eval(plan, *sampler.engine, judges, prompts);
  if (!run) {
    fmt::print(stderr, "interrupted: a part of the problems would say something else than all of them, so nothing is reported\n");
    return kExitInterrupted;
  }

  std::vector<EvalRow> rows;  // by rising budget
  for (std::size_t level = think_budgets.size(); level-- > 0;) {
    EvalRow& row = rows.emplace_back(EvalRow{think_budgets[level], pipeline::evaluate_groups(run->groups[level]), {}});
    for (const int budget : budgets) row.within.emplace_back(budget, pipeline::accuracy_within(run->groups[level], budget));
  }
  print_result(task, o, folder, rows, *run);
  if (!o.min_accuracy) return kExitOk;
  const bool passed = std::all_of(rows.begin(), rows.end(), [&](const EvalRow& row) { return row.result.counted > 0 && 100 * row.result.accuracy >= *o.min_accuracy; });
  if (passed) return kExitOk;
  std::fflush(stdout);
  fmt::print(stderr, "accuracy is below the {} % asked for\n", *o.min_accuracy);
  return kExitFailed;
}

}  // namespace

void add_eval(Command& root) {
  auto o = std::make_shared<EvalOptions>();
  Command& c = root.sub("eval", "measure a checkpoint: accuracy and tokens on held-out problems", "train and measure");
  c.details("Budgets of two kinds. `--think-budget` asks again: thinking is ended by force after N tokens, and the model goes on with its answer "
            "(one row for each N). `--budget` asks nothing again: it counts as right only what was right and had ended by itself within N tokens.");
  c.argument("MODEL", o->model, "a checkpoint folder, a GGUF file, the name of a run (its newest checkpoint), or `latest`");
  c.rest("key=value", o->overrides, "recipe keys set for this evaluation");
  c.option("--recipe", o->recipe, "FILE", "take task, verifier and limits from this recipe; without it from the model's own run, else two-digit arithmetic");
  c.option("--data", o->data, "FILE", "a JSONL file of problems instead of the recipe's held-out ones");
  c.option("--problems", o->problems, "N", "problems asked", {1, 1e9});
  c.option("--samples", o->samples, "N", "answers to each problem: avg@N, and pass@k for k = 2, 4, … N", {1, 65536});
  c.option("--temperature", o->temperature, "T", "softmax temperature; -1 is the recipe's, or 0", {-1, 10});
  declare(c, o->sampling);
  c.option("--think-budget", o->think_budgets, "N,…", "tokens of thinking, or `none`: 64,256,none measures at each");
  c.option("--max-tokens", o->max_tokens, "N", "most tokens of a response, thinking and answer together", {1, 1e9});
  c.option("--budget", o->budgets, "N", "also the share of answers that are right and ended within N tokens");
  c.option("--verifier", o->verifier, "NAME", "judge with this verifier");
  c.option("--chat", o->chat, "NAME", "template around the prompt; `auto` is the checkpoint's own");
  c.option("--seed", o->seed, "N", "of the sampling");
  c.option("--threads", o->threads, "N", "threads; 0 is all cores; the result does not depend on it", {0, 4096});
  c.option("--min-accuracy", o->min_accuracy, "PERCENT", "exit with 1 when the accuracy is below, at any of the think budgets", {0, 100});
  c.option("--runs", o->runs, "DIR", "where runs are kept");
  c.flag("--json", o->json, "print JSON");
  c.example("laconic eval latest");
  c.example("laconic eval runs/arithmetic-1/checkpoints/rl-000040 --problems 500 --samples 4 --temperature 1");
  c.example("laconic eval latest --think-budget 0,16,32,64,none");
  c.action([o] { return eval(*o); });
}

}  // namespace laconic::cli
