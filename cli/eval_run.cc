#include "cli/eval_run.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/format.h"
#include "cli/terminal.h"
#include "learner/objective/reward.h"
#include "pipeline/train.h"
#include "rollout/think_watch.h"

namespace laconic::cli {
namespace {

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

// Nothing would be put into any of the samples under `budget`, which is less than the one they had.
bool same_under(const wire::ThinkBudget& budget, const trajectory::Group& group) {
  if (rollout::ThinkWatch::spent_at_once(budget)) return false;
  for (const trajectory::Trajectory& sample : group.samples) {
    rollout::ThinkWatch watch(budget);
    // What was put in under the larger budget comes later than what spends the smaller one. The last token ended it.
    for (std::size_t i = static_cast<std::size_t>(sample.prompt_length()); i + 1 < sample.tokens.size(); ++i)
      if (watch.add(sample.tokens[i])) return false;
  }
  return true;
}

// One line, redrawn on a terminal, and now and then repeated elsewhere.
class EvalProgress {
 public:
  EvalProgress(std::size_t total, const Clock& clock) : total_(total), clock_(clock), begun_(clock.now()) {}
  ~EvalProgress() {
    if (live_) std::fputs("\r\x1b[K", stderr);
  }

  void finished(const trajectory::Group& group) {
    ++done_;
    for (const trajectory::Trajectory& sample : group.samples)
      if (const auto score = learner::unshaped_score(sample)) {
        score_ += *score;
        ++counted_;
      }
  }
  void show(std::int64_t tokens) {
    const double now = clock_.now(), wait = live_ ? 0.2 : 30;
    if (now - shown_ < wait) return;
    shown_ = now;
    const double seconds = now - begun_;
    std::string text = fmt::format("{} of {} answered", done_, total_);
    if (counted_ > 0) text += ", " + percent(score_ / counted_) + " right";
    if (seconds > 0) text += fmt::format(", {} tokens/s", short_count(static_cast<double>(tokens) / seconds));
    text += ", " + human_seconds(seconds);
    if (done_ > 0) text += ", about " + human_seconds(seconds / static_cast<double>(done_) * static_cast<double>(total_ - done_)) + " left";
    if (live_) fmt::print(stderr, "\r{}\x1b[K", shortened(text, std::max(10, terminal_width(STDERR_FILENO) - 1)));
    else fmt::print(stderr, "{}\n", text);
    std::fflush(stderr);
  }

 private:
  bool live_ = is_terminal(STDERR_FILENO);
  std::size_t total_, done_ = 0;
  const Clock& clock_;
  double begun_, shown_ = begun_, score_ = 0, counted_ = 0;
};

}  // namespace

std::optional<EvalRun> run_eval(const EvalPlan& plan, rollout::Engine& engine, pipeline::Judges& judges, const pipeline::Prompts& prompts) {
  const std::size_t problems = plan.problems.size(), levels = plan.budgets.size();
  const Clock& clock = Clock::system();
  const std::atomic<int>& interrupts = pipeline::count_interrupts();
  const int before = interrupts;
  const double begun = clock.now();
  EvalRun run;
  run.groups.assign(levels, std::vector<trajectory::Group>(problems));
  const auto submit = [&](std::size_t level, std::size_t i) {
    const wire::ThinkBudget& budget = plan.budgets[level];
    pipeline::Prompt prompt = prompts.prompt(plan.problems[i], plan.sampling.max_tokens + static_cast<int>(budget.forced.size()));
    wire::RolloutLease lease;
    // Every budget has the same draws, so that what differs is the budget.
    lease.ticket = {.kind = WorkKind::kEval, .draw = static_cast<std::int32_t>(i)};
    lease.philox_key = philox_key(static_cast<std::uint64_t>(plan.seed), lease.ticket);
    lease.samples = plan.samples;
    lease.sampling = plan.sampling;
    lease.think = budget;
    lease.prompt = std::move(prompt.tokens);
    lease.spans = std::move(prompt.spans);
    lease.stop_ids = prompts.config().eos_token_ids;
    engine.submit(level * problems + i, std::move(lease));
  };
  for (std::size_t i = 0; i < problems; ++i) submit(0, i);

  EvalProgress progress(problems * levels, clock);
  while (!engine.idle()) {
    if (interrupts > before) return std::nullopt;
    engine.step([&](std::uint64_t id, trajectory::Group group) {
      std::size_t level = id / problems;
      const std::size_t i = id % problems;
      const pipeline::Problem& problem = plan.problems[i];
      group.problem_id = problem.id;
      group.prompt = problem.prompt;
      group.columns = problem.columns;
      group.prompt_expert_ids = {};
      for (trajectory::Trajectory& sample : group.samples) sample.expert_ids = {}, sample.kept = {};
      judge(group, problem, judges, prompts);
      progress.finished(group);
      for (; level + 1 < levels && same_under(plan.budgets[level + 1], group); ++level) {
        run.groups[level][i] = group;
        progress.finished(group);
        ++run.reused;
      }
      run.groups[level][i] = std::move(group);
      if (level + 1 < levels) submit(level + 1, i);
    });
    progress.show(engine.stats().sampled_tokens);
  }
  run.tokens = engine.stats().sampled_tokens;
  run.seconds = clock.now() - begun;
  return run;
}

}  // namespace laconic::cli
