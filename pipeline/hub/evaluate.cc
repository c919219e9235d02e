// Evaluation on held-out problems: the same sampling and judging as training, other tickets.
#include "base/error.h"
#include "pipeline/hub/group_work.h"
#include "pipeline/hub/stages.h"
#include "pipeline/sources.h"

namespace laconic::pipeline {
namespace {

constexpr const char* kHeldOut = "held-out";

wire::Sampling eval_sampling(const Session& session, int stage) {
  const EvalOptions& eval = session.recipe.run.eval;
  return {eval.temperature, 1.0, 0, eval_max_tokens(session.recipe, session.stage(stage), session.prompts.config().max_position_embeddings)};
}

}  // namespace

std::optional<EvalResult> evaluate(Session& session, int stage, int step, std::int32_t version, const std::string& weights) {
  const EvalOptions& options = session.recipe.run.eval;
  if (options.problems == 0) return std::nullopt;
  const std::string& name = session.stage(stage).name;
  const double began = session.clock.now();
  session.observer.phase_started({name, step, "evaluate", 0});
  const std::vector<Problem> problems = session.sources[static_cast<std::size_t>(stage)]->eval(options.problems);
  if (problems.empty()) throw Error("there are no held-out problems to evaluate on", name, "set data.eval_source or data.heldout_fraction, or run.eval.problems=0");
  // Shared with the callbacks: after Ctrl-C they may outlive this call.
  auto groups = std::make_shared<std::map<Ticket, trajectory::Group>>();
  for (std::size_t i = 0; i < problems.size(); ++i) {
    GroupRequest request;
    request.ticket = {.stage = stage, .kind = WorkKind::kEval, .step = step, .round = 0, .draw = static_cast<std::int32_t>(i)};
    request.problem = problems[i];
    request.samples = options.samples;
    request.sampling = eval_sampling(session, stage);
    request.version = version;
    request.weights = weights;
    request.keep_expert_ids = session.recipe.run.keep_expert_ids;
    work_on_group(session, std::move(request), [] {}, [groups](trajectory::Group group) {
      const Ticket ticket = group.ticket;
      groups->emplace(ticket, std::move(group));
    });
  }
  if (!session.wait_until([&] { return groups->size() == problems.size(); }, true)) return std::nullopt;
  std::vector<trajectory::Group> judged;
  for (auto& [ticket, group] : *groups) judged.push_back(std::move(group));
  EvalResult result = evaluate_groups(judged);
  result.stage = name;
  result.step = step;
  session.store.save_eval({stage, step, kHeldOut, eval_json(result)});
  MetricsLine line{name, "eval", step, session.clock.unix_time(), parse_metrics(eval_json(result))};
  session.metrics.write(line);
  session.observer.phase_finished({name, step, "evaluate", session.clock.now() - began});
  session.observer.evaluated(result);
  recall_evaluations(session);
  session.save_summary("running");
  return result;
}

void recall_evaluations(Session& session) {
  Summary& summary = session.summary;
  summary.before.reset();
  summary.after.reset();
  summary.best.reset();
  for (const trajectory::EvalRecord& record : session.store.evals()) {
    if (record.name != kHeldOut) continue;
    const EvalResult r = parse_eval(record.metrics, session.store.file().string());
    if (!summary.before && record.step == 0) summary.before = r;
    else summary.after = r;  // in (stage, step) order: the last one stays
    if (record.step > 0 && (!summary.best || r.accuracy > summary.best->accuracy)) {
      summary.best = r;
      summary.best_checkpoint = checkpoint_folder_name(r.stage, r.step);
    }
  }
}

}  // namespace laconic::pipeline
