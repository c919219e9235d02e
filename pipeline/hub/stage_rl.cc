// Reinforcement stage. Step t samples from version max(0, t − lag); version t + 1 is what the learner
// publishes after batch t. With lag ≥ 1 the groups of later steps are sampled while it learns.
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/failpoint.h"
#include "learner/objective/objective.h"
#include "pipeline/hub/stages.h"
#include "pipeline/hub/step_groups.h"
#include "wire/weight_channel.h"

namespace laconic::pipeline {
namespace {

using trajectory::Group;

class RlStage {
 public:
  RlStage(Session& session, int stage)
      : session_(session), stage_(stage), options_(session.stage(stage)), learner_(session, stage, [this](int step) { return stored_batch(step); }) {}

  bool run(int first_step) {
    if (first_step == 0) announce(learner_.publish(0, 0));
    else restore_versions();
    if (!evaluate_if_due(first_step)) return stop(first_step);
    for (int step = first_step; step < options_.steps; ++step) {
      for (int next = step; next <= std::min(step + options_.lag, options_.steps - 1); ++next) begin(next);
      if (!run_step(step)) return stop(step);
      const int done = step + 1;
      const bool last = done == options_.steps;
      if (last || done % session_.recipe.run.checkpoint_every == 0 || is_eval_due(done)) learner_.checkpoint(done, last);
      if (!evaluate_if_due(done)) return stop(done);
    }
    return true;
  }

 private:
  // The batch of a step that is in the store.
  trajectory::Batch stored_batch(int step) {
    std::vector<Group> groups = session_.store.load_groups(stage_, WorkKind::kTrain, step);
    return learn_from(groups, options_, stage_, step);
  }

  void announce(const wire::WeightsNotice& notice) {
    keys_[notice.version] = session_.fleet.announce(notice);
    session_.summary.weights_sha256 = notice.hash;
  }

  // The versions that the checkpoint kept for the next lag + 1 steps, back into weights/.
  void restore_versions() {
    const RunCheckpoint& checkpoint = *session_.checkpoint;
    for (const PublishedWeights& weights : checkpoint.versions) {
      const fs::path kept = checkpoint.folder / "versions" / weights.file, path = session_.folder.weights() / weights.file;
      if (!fs::exists(path)) fs::copy_file(kept, path);
      announce({weights.stage, weights.version, path.string(), weights.hash});
    }
  }

  void begin(int step) {
    if (steps_.count(step)) return;
    const int version = std::max(0, step - options_.lag);
    steps_.emplace(step, std::make_unique<StepGroups>(session_, stage_, step, version, keys_.at(version)));
  }

  bool run_step(int step) {
    StepGroups& groups = *steps_.at(step);
    const double began = session_.clock.now();
    session_.observer.phase_started({options_.name, step + 1, "rollout", 0});
    int shown = -1;
    const auto complete = [&] {
      if (const int now = groups.judged() + groups.sampled(); now != shown) {
        shown = now;
        session_.observer.groups_done(options_.name, step + 1, groups.judged(), groups.sampled(), groups.wanted());
      }
      return groups.complete();
    };
    if (!session_.wait_until(complete, true)) return false;
    const double sampled = session_.clock.now();
    session_.observer.phase_finished({options_.name, step + 1, "rollout", sampled - began});

    std::vector<Group> judged = groups.take();
    const trajectory::Batch batch = learn_from(judged, options_, stage_, step);
    if (batch.lengths.empty())
      session_.observer.warning(fmt::format("step {}: no group carries a signal after {} round(s); the weights stay as they are", step + 1, groups.rounds()));
    session_.observer.phase_started({options_.name, step + 1, "learn", 0});
    const wire::StepResult result = learner_.learn(step, batch);
    const double learned = session_.clock.now();
    session_.observer.phase_finished({options_.name, step + 1, "learn", learned - sampled});
    commit(step, groups, judged, result, {{"time/rollout", sampled - began}, {"time/learn", learned - sampled}, {"time/step", learned - began}});
    steps_.erase(step);
    return true;
  }

  void commit(int step, const StepGroups& progress, const std::vector<Group>& groups, const wire::StepResult& result, std::map<std::string, double> times) {
    std::vector<const Group*> pointers;
    double tokens = 0, with_signal = 0;
    for (const Group& group : groups) {
      pointers.push_back(&group);
      with_signal += learner::has_signal(group);
      for (const auto& sample : group.samples) tokens += sample.response_length();
    }
    std::map<std::string, double> metrics = learner::group_metrics(pointers);
    for (const auto& [name, value] : parse_metrics(result.metrics)) metrics[name] = value;
    metrics.insert(times.begin(), times.end());
    metrics["rounds"] = progress.rounds();
    if (options_.objective.dynamic_sampling) metrics["groups_short"] = std::max(0.0, options_.objective.prompts_per_step - with_signal);
    metrics["perf/tokens_per_s"] = tokens / std::max(1e-9, times.at("time/step"));
    metrics["off_policy/lag"] = step - std::max(0, step - options_.lag);

    failpoint("hub.before_step_commit");
    session_.store.save_version({stage_, result.published_version, step, result.weights_hash});
    session_.store.save_rewards(pointers);
    session_.store.save_step({stage_, step, "rl", nlohmann::json(metrics).dump()});
    failpoint("hub.after_step_commit");
    session_.summary.stage = options_.name;
    session_.summary.step = step + 1;
    report_step(session_, stage_, step, times.at("time/step"), metrics);

    announce({stage_, result.published_version, result.weights_path, result.weights_hash});
    // What the steps to come sample from, and what their checkpoint keeps: the last lag + 1.
    const int oldest = std::max(0, step + 1 - options_.lag);
    wire::retain_weights(session_.folder.weights(), stage_, oldest, options_.lag + 1);
    session_.fleet.forget_versions_before(stage_, oldest);
    keys_.erase(keys_.begin(), keys_.lower_bound(oldest));
  }

  bool is_eval_due(int done) const {
    const EvalOptions& eval = session_.recipe.run.eval;
    return eval.problems > 0 && (done == 0 || done == options_.steps || (eval.every > 0 && done % eval.every == 0));
  }

  // False: Ctrl-C came first.
  bool evaluate_if_due(int done) { return !is_eval_due(done) || evaluate(session_, stage_, done, done, keys_.at(done)).has_value(); }

  bool stop(int step) {
    session_.observer.note(fmt::format("stopping at step {} of stage {}, with a checkpoint", step, options_.name));
    if (step > 0) learner_.checkpoint(step, step == options_.steps);  // else the run continues from the stage before
    return false;
  }

  Session& session_;
  int stage_;
  const Stage& options_;
  StageLearner learner_;
  std::map<int, std::string> keys_;                         // version → its key in the fleet
  std::map<int, std::unique_ptr<StepGroups>> steps_;        // begun and not yet learned
};

}  // namespace

bool run_rl_stage(Session& session, int stage, int first_step) { return RlStage(session, stage).run(first_step); }

}  // namespace laconic::pipeline
