#include "pipeline/hub/step_groups.h"

#include <fmt/format.h>

#include "base/error.h"
#include "learner/objective/objective.h"
#include "pipeline/hub/group_work.h"

namespace laconic::pipeline {

using trajectory::Group;

// Share of a step's answers without a decision above which the run says so.
constexpr double kUndecidedWarning = 0.005;

StepGroups::StepGroups(Session& session, int stage, int step, std::int32_t version, const std::string& weights)
    : session_(session), stage_(stage), step_(step), version_(version), weights_(weights), started_(session.clock.now()) {
  begin_round(0, session.stage(stage).objective.prompts_per_step);
}

void StepGroups::begin_round(int round, int draws) {
  const Stage& options = session_.stage(stage_);
  const ProblemSource& source = *session_.sources[static_cast<std::size_t>(stage_)];
  round_ = round;
  wanted_ += draws;
  beginning_ = true;  // stored groups arrive while the loop runs: judge the round at its end
  for (int draw = 0; draw < draws; ++draw) {
    GroupRequest request;
    request.ticket = {.stage = stage_, .kind = WorkKind::kTrain, .step = step_, .round = round, .draw = draw};
    request.problem = source.train(session_.seed(), request.ticket);
    request.samples = options.objective.group_size;
    request.sampling = {options.sampling.temperature, options.sampling.top_p, options.sampling.top_k, options.sampling.max_tokens};
    request.version = version_;
    request.weights = weights_;
    work_on_group(session_, std::move(request), [this] { ++sampled_; }, [this](Group group) {
      const Ticket ticket = group.ticket;
      groups_.emplace(ticket, std::move(group));
      settle();
    });
  }
  beginning_ = false;
  settle();
}

void StepGroups::settle() {
  if (complete_ || beginning_ || judged() < wanted_) return;
  const learner::ObjectiveOptions& objective = session_.stage(stage_).objective;
  if (objective.dynamic_sampling) {
    int with_signal = 0;
    for (const auto& [ticket, judged_group] : groups_) with_signal += learner::has_signal(judged_group);
    const int missing = objective.prompts_per_step - with_signal;
    if (missing > 0 && round_ + 1 < objective.max_rounds) return begin_round(round_ + 1, missing);
  }
  complete_ = true;
}

std::vector<Group> StepGroups::take() {
  std::vector<Group> out;
  double samples = 0, failed = 0, undecided = 0;
  std::string example;
  for (auto& [ticket, group] : groups_) {
    for (const auto& sample : group.samples) {
      ++samples;
      undecided += sample.judgement.outcome == Outcome::kUndecided;
      if (sample.judgement.outcome != Outcome::kInfraError) continue;  // set aside on purpose is no fault
      ++failed;
      if (example.empty()) example = to_text(sample.ticket) + ": " + sample.judgement.explanation;
    }
    out.push_back(std::move(group));
  }
  groups_.clear();
  if (undecided > kUndecidedWarning * samples)
    session_.observer.warning(fmt::format("step {}: the verifier could not decide {} of {} answers; they are absent: `laconic traj list {} --outcome undecided`", step_ + 1,
                                          undecided, samples, session_.folder.name()));
  if (failed > session_.recipe.run.max_absent * samples)
    throw Error(fmt::format("{} of {} answers of step {} could not be judged, more than run.max_absent = {} allows (the first: {})", failed, samples,
                            step_ + 1, session_.recipe.run.max_absent, example),
                session_.stage(stage_).name,
                "mend the verifier, see the logs in `" + session_.folder.logs().string() + "`, then `laconic train --resume " + session_.folder.name() + "`");
  return out;
}

trajectory::Batch learn_from(std::vector<Group>& groups, const Stage& options, int stage, int step) {
  std::vector<Group*> mutable_groups;
  std::vector<const Group*> const_groups;
  for (Group& group : groups) {
    learner::shape_rewards(group, options.objective, step);
    mutable_groups.push_back(&group);
    const_groups.push_back(&group);
  }
  learner::compute_advantages(mutable_groups, options.objective);
  return learner::assemble_rl_batch(const_groups, stage, step, static_cast<float>(options.sampling.temperature));
}

}  // namespace laconic::pipeline
