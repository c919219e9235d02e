// laconic eval: how often a checkpoint is right, and how many tokens that takes.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/model_access.h"
#include "cli/progress.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "learner/objective/reward.h"
#include "pipeline/evaluation.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/recipe.h"
#include "pipeline/sources.h"
#include "pipeline/judges.h"

namespace laconic::cli {
namespace {

struct EvalOptions {
  std::string model, recipe, data, verifier, chat, runs = "runs";
  std::vector<std::string> overrides;
  std::optional<int> problems, samples, max_tokens, min_accuracy;
  std::vector<std::string> budgets;
  double temperature = -1;
  std::int64_t seed = 0;
  int threads = 0;
  bool json = false;
};

// What to ask and how, from the recipe where the command line is silent.
struct Task {
  pipeline::DataOptions data;
  verifiers::VerifierSpec verifier;
  std::string chat = "deepseek-r1";
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
    task.problems = recipe.run.eval.problems;
    task.samples = recipe.run.eval.samples;
    task.max_tokens = recipe.run.eval.max_tokens > 0 ? recipe.run.eval.max_tokens : stage.sampling.max_tokens;
    task.temperature = recipe.run.eval.temperature;
  }
  if (!o.data.empty()) task.data.eval_source = o.data;
  if (!o.verifier.empty()) task.verifier.name = o.verifier;
  if (!o.chat.empty()) task.chat = o.chat;
  task.problems = o.problems.value_or(task.problems);
  task.samples = o.samples.value_or(task.samples);
  task.max_tokens = o.max_tokens.value_or(task.max_tokens);
  if (o.temperature >= 0) task.temperature = o.temperature;
  return task;
}

void judge(trajectory::Group& group, const pipeline::Problem& problem, pipeline::Judges& judges, const pipeline::Prompts& prompts) {
  std::vector<verifiers::VerifyRequest> requests;
  for (const trajectory::Trajectory& sample : group.samples)
    requests.push_back({.id = to_text(sample.ticket), .prompt = group.prompt, .response = prompts.response_text(sample),
                        .columns = group.columns,
                        .tokens = {sample.tokens.begin() + sample.prompt_length(), sample.tokens.end()}, .finished = sample.stop == trajectory::StopReason::kEndToken});
  auto verdicts = run_verifier(judges.verifier_for(problem), requests, {}, Clock::system());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    verifiers::Verdict& verdict = verdicts[i];
    group.samples[i].judgement = {verdict.outcome, verdict.score, judges.name_for(problem), std::move(verdict.extracted),
                                  std::move(verdict.explanation), verdict.seconds, 1, std::move(verdict.metrics)};
    group.samples[i].judged = true;
  }
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

// Share of the counted samples that are right and ended within `budget` tokens.
double accuracy_within(const std::vector<trajectory::Group>& groups, int budget) {
  double counted = 0, right = 0;
  for (const trajectory::Group& group : groups)
    for (const trajectory::Trajectory& sample : group.samples) {
      const auto score = learner::unshaped_score(sample);
      if (!score) continue;
      ++counted;
      if (sample.stop == trajectory::StopReason::kEndToken && sample.response_length() <= budget) right += *score;
    }
  return counted > 0 ? right / counted : NAN;
}

// Held-out problems that can be judged and that fit the model; the others are listed on stderr.
std::vector<pipeline::Problem> problems_of(const Task& task, pipeline::Judges& judges, const pipeline::Prompts& prompts) {
  const auto source = pipeline::make_source(task.data, 1, false, task.verifier.name);
  source->set_aside(pipeline::ProblemSource::Part::kEval, [&](const pipeline::Problem& problem) { return judges.bad_row(problem); });
  source->set_aside(pipeline::ProblemSource::Part::kEval, pipeline::exceeds_positions(prompts, task.max_tokens));
  for (const std::string& line : source->skipped()) fmt::print(stderr, "left out {}\n", line);
  return source->eval(task.problems);
}

int eval(const EvalOptions& o) {
  const fs::path folder = model_folder(o.runs, o.model);
  const Task task = task_of(o, folder);
  const std::vector<int> budgets = budgets_of(o);
  pipeline::Judges judges = as_usage([&] { return pipeline::Judges(pipeline::settled(task.verifier, task.chat)); });
  const pipeline::Prompts prompts = as_usage([&] { return pipeline::Prompts(folder, task.chat); });
  const std::vector<pipeline::Problem> problems = as_usage([&] { return problems_of(task, judges, prompts); });
  Sampler sampler = load_sampler(folder, o.threads);

  const double begun = Clock::system().now();
  std::vector<trajectory::Group> groups(problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    wire::RolloutLease lease;
    lease.ticket = {.kind = WorkKind::kEval, .draw = static_cast<std::int32_t>(i)};
    lease.philox_key = philox_key(static_cast<std::uint64_t>(o.seed), lease.ticket);
    lease.samples = task.samples;
    lease.sampling = {.temperature = task.temperature, .top_p = 1, .top_k = 0, .max_tokens = task.max_tokens};
    const pipeline::Prompt prompt = prompts.prompt(problems[i], task.max_tokens);
    lease.prompt = prompt.tokens;
    lease.spans = prompt.spans;
    lease.stop_ids = prompts.config().eos_token_ids;
    sampler.engine->submit(i, std::move(lease));
  }
  const bool live = is_terminal(STDERR_FILENO);
  std::size_t done = 0;
  while (!sampler.engine->idle())
    sampler.engine->step([&](std::uint64_t id, trajectory::Group group) {
      const pipeline::Problem& problem = problems[id];
      group.problem_id = problem.id;
      group.prompt = problem.prompt;
      group.columns = problem.columns;
      judge(group, problem, judges, prompts);
      groups[id] = std::move(group);
      ++done;
      if (live) fmt::print(stderr, "\r{} of {} problems, {}\x1b[K", done, problems.size(), human_seconds(Clock::system().now() - begun));
    });
  if (live) fmt::print(stderr, "\r\x1b[K");

  pipeline::EvalResult result = pipeline::evaluate_groups(groups);
  const double seconds = Clock::system().now() - begun;
  Json within = Json::array();
  for (const int budget : budgets) within.push_back({{"tokens", budget}, {"accuracy", accuracy_within(groups, budget)}});
  if (o.json) {
    const bool any = result.counted > 0;
    const auto of_counted = [&](double value) { return any ? Json(value) : Json(); };
    print_json({{"model", folder.string()}, {"source", task.data.eval_source.empty() ? task.data.source : task.data.eval_source},
                {"verifier", task.verifier.name}, {"problems", result.problems}, {"samples", result.samples}, {"counted", result.counted},
                {"absent", result.absent}, {"temperature", task.temperature}, {"max_tokens", task.max_tokens}, {"seed", o.seed},
                {"accuracy", of_counted(result.accuracy)}, {"accuracy_low", of_counted(result.accuracy_low)},
                {"accuracy_high", of_counted(result.accuracy_high)}, {"pass_at_k", of_counted(result.pass_at_k)},
                {"mean_tokens", result.mean_tokens}, {"tokens_per_correct", result.tokens_per_correct > 0 ? Json(result.tokens_per_correct) : Json()},
                {"truncated", result.truncated}, {"budgets", within}, {"seconds", seconds}});
  } else {
    fmt::print("model               {}\n", folder.string());
    fmt::print("problems            {} held out, {} sample{} each, temperature {}, at most {} tokens\n", result.problems, result.samples,
               result.samples == 1 ? "" : "s", task.temperature, task.max_tokens);
    if (result.counted > 0) {
      fmt::print("accuracy            {}  (95 % interval {:.1f} to {:.1f})\n", percent(result.accuracy), 100 * result.accuracy_low, 100 * result.accuracy_high);
      if (result.samples > 1) fmt::print("pass@{:<14} {}\n", result.samples, percent(result.pass_at_k));
    } else {
      fmt::print("accuracy            – no sample got a verdict\n");
    }
    fmt::print("tokens              {:.1f} a response, {} a correct answer\n", result.mean_tokens,
               result.tokens_per_correct > 0 ? fixed(result.tokens_per_correct, 1) : "–");
    fmt::print("cut at the limit    {}\n", percent(result.truncated));
    for (const int budget : budgets) fmt::print("right within {:<7} {}\n", budget, percent(accuracy_within(groups, budget)));
    if (result.absent > 0) fmt::print("without a verdict   {} of {} samples: absent, not wrong\n", result.absent, result.absent + result.counted);
    fmt::print("time                {}\n", human_seconds(seconds));
  }
  if (o.min_accuracy && !(result.counted > 0 && 100 * result.accuracy >= *o.min_accuracy)) {
    std::fflush(stdout);
    fmt::print(stderr, "accuracy is below the {} % asked for\n", *o.min_accuracy);
    return kExitFailed;
  }
  return kExitOk;
}

}  // namespace

void add_eval(Command& root) {
  auto o = std::make_shared<EvalOptions>();
  Command& c = root.sub("eval", "measure a checkpoint: accuracy and tokens on held-out problems", "train and measure");
  c.argument("MODEL", o->model, "a checkpoint folder, the name of a run (its newest checkpoint), or `latest`");
  c.rest("key=value", o->overrides, "recipe keys set for this evaluation");
  c.option("--recipe", o->recipe, "FILE", "take task, verifier and limits from this recipe; without it from the model's own run, else two-digit arithmetic");
  c.option("--data", o->data, "FILE", "a JSONL file of problems instead of the recipe's held-out ones");
  c.option("--problems", o->problems, "N", "problems asked", {1, 1e9});
  c.option("--samples", o->samples, "N", "answers to each problem; their mean is avg@N", {1, 65536});
  c.option("--temperature", o->temperature, "T", "softmax temperature; -1 is the recipe's, or 0", {-1, 10});
  c.option("--max-tokens", o->max_tokens, "N", "most tokens of a response", {1, 1e9});
  c.option("--budget", o->budgets, "N", "also the share of answers that are right and ended within N tokens");
  c.option("--verifier", o->verifier, "NAME", "judge with this verifier");
  c.option("--chat", o->chat, "NAME", "template around the prompt: `deepseek-r1` or `plain`");
  c.option("--seed", o->seed, "N", "of the sampling");
  c.option("--threads", o->threads, "N", "threads; 0 is all cores; the result does not depend on it", {0, 4096});
  c.option("--min-accuracy", o->min_accuracy, "PERCENT", "exit with 1 when the accuracy is below", {0, 100});
  c.option("--runs", o->runs, "DIR", "where runs are kept");
  c.flag("--json", o->json, "print JSON");
  c.example("laconic eval latest");
  c.example("laconic eval runs/arithmetic-1/checkpoints/rl-000040 --problems 500 --samples 4 --temperature 1");
  c.action([o] { return eval(*o); });
}

}  // namespace laconic::cli
