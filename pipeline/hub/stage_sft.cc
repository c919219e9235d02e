// Supervised stage: batches are a pure function of the seed; only the learner works.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "pipeline/hub/stages.h"

namespace laconic::pipeline {

void report_step(Session& session, int stage, int step, double seconds, const std::map<std::string, double>& metrics) {
  const Stage& options = session.stage(stage);
  session.metrics.write({options.name, name_of(options.type), step + 1, session.clock.unix_time(), metrics});
  session.observer.step_finished({options.name, name_of(options.type), step + 1, options.steps, metrics, seconds,
                                  seconds * (options.steps - step - 1)});
}

bool run_sft_stage(Session& session, int stage, int first_step) {
  const Stage& options = session.stage(stage);
  const ProblemSource& source = *session.sources[static_cast<std::size_t>(stage)];
  const auto batch_of = [&](int step) { return session.prompts.sft_batch(source, session.seed(), stage, step, options.batch); };
  StageLearner learner(session, stage, batch_of);
  for (int step = first_step; step < options.steps; ++step) {
    if (session.stop_asked()) {
      session.observer.note(fmt::format("stopping at step {} of stage {}, with a checkpoint", step, options.name));
      if (step > 0) learner.checkpoint(step, false);
      return false;
    }
    const double began = session.clock.now();
    session.observer.phase_started({options.name, step + 1, "learn", 0});
    const wire::StepResult result = learner.learn(step, batch_of(step));
    const double seconds = session.clock.now() - began;
    session.observer.phase_finished({options.name, step + 1, "learn", seconds});
    std::map<std::string, double> metrics = parse_metrics(result.metrics);
    metrics["time/step"] = seconds;
    failpoint("hub.before_step_commit");
    session.store.save_step({stage, step, "sft", nlohmann::json(metrics).dump()});
    failpoint("hub.after_step_commit");
    session.summary.stage = options.name;
    session.summary.step = step + 1;
    report_step(session, stage, step, seconds, metrics);
    if ((step + 1) % session.recipe.run.checkpoint_every == 0 && step + 1 < options.steps) learner.checkpoint(step + 1, false);
  }
  // The stage's last weights get a name and a hash: a summary or an evaluation may want them.
  const wire::WeightsNotice notice = learner.publish(options.steps, options.steps);
  session.summary.weights_sha256 = notice.hash;
  learner.checkpoint(options.steps, true);
  if (stage + 1 == static_cast<int>(session.recipe.stages.size())) evaluate(session, stage, options.steps, options.steps, session.fleet.announce(notice));
  return true;
}

}  // namespace laconic::pipeline
