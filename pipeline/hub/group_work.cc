#include "pipeline/hub/group_work.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"

namespace laconic::pipeline {
namespace {

using trajectory::Group;
using trajectory::Judgement;
using trajectory::Trajectory;

bool is_final(const Trajectory& sample, int attempts) {
  return sample.judged && (!row_of(sample.judgement.outcome).retried || sample.judgement.attempts >= attempts);
}

// Keeps itself alive through the callbacks it hands to the fleet.
class GroupWork : public std::enable_shared_from_this<GroupWork> {
 public:
  GroupWork(Session& session, GroupRequest request, std::function<void()> sampled, std::function<void(Group)> judged)
      : session_(session), request_(std::move(request)), sampled_(std::move(sampled)), judged_(std::move(judged)) {}

  void start() {
    if (auto stored = session_.store.load_group(request_.ticket)) {
      group_ = std::move(*stored);
      for (const Trajectory& sample : group_.samples) texts_.push_back(session_.prompts.response_text(sample));
      sampled_();
      judge();
    } else {
      sample();
    }
  }

 private:
  void sample() {
    wire::RolloutLease lease;
    lease.ticket = request_.ticket;
    lease.philox_key = philox_key(session_.seed(), request_.ticket);
    lease.weight_version = request_.version;
    lease.samples = request_.samples;
    lease.sampling = request_.sampling;
    Prompt prompt = session_.prompts.prompt(request_.problem, request_.sampling.max_tokens);
    lease.prompt = std::move(prompt.tokens);
    lease.spans = std::move(prompt.spans);
    lease.stop_ids = session_.prompts.config().eos_token_ids;
    lease.deadline_seconds = session_.recipe.rollout.deadline_s;
    Work work;
    work.pool = "rollout";
    work.name = "group " + to_text(request_.ticket);
    work.deadline_seconds = lease.deadline_seconds;
    work.weights = request_.weights;
    work.encode = [lease = std::move(lease)](std::uint64_t id) { return wire::encode_rollout_lease(id, lease); };
    work.done = [self = shared_from_this()](const wire::Message& message) { self->receive(wire::decode_group(message)); };
    session_.fleet.add(std::move(work));
  }

  void receive(Group group) {
    if (group.ticket != request_.ticket || static_cast<int>(group.samples.size()) != request_.samples || group.weight_version != request_.version)
      throw Error(fmt::format("a rollout worker answered with {} samples of {} from version {}, but {} of version {} were asked for",
                              group.samples.size(), to_text(group.ticket), group.weight_version, request_.samples, request_.version),
                  to_text(request_.ticket));
    group.problem_id = request_.problem.id;
    group.prompt = request_.problem.prompt;
    group.columns = request_.problem.columns;
    if (!request_.keep_expert_ids) {
      group.prompt_expert_ids.clear();
      for (Trajectory& sample : group.samples) sample.expert_ids.clear(), sample.kept = {};
    }
    group_ = std::move(group);
    for (const Trajectory& sample : group_.samples) texts_.push_back(session_.prompts.response_text(sample));
    session_.store.save_group(group_, texts_);
    failpoint("hub.group_saved");
    sampled_();
    judge();
  }

  // Leases the samples that still need a verdict; ends the work when there are none.
  void judge() {
    wire::VerifyLease lease;
    lease.ticket = request_.ticket;
    lease.verifier = session_.judges.name_for(request_.problem);
    lease.prompt = group_.prompt;
    lease.columns = group_.columns;
    for (std::size_t i = 0; i < group_.samples.size(); ++i) {
      const Trajectory& sample = group_.samples[i];
      if (is_final(sample, session_.recipe.verifier.attempts)) continue;
      lease.items.push_back({sample.ticket.sample, texts_[i], sample.stop == trajectory::StopReason::kEndToken,
                             std::vector<std::int32_t>(sample.tokens.begin() + sample.prompt_length(), sample.tokens.end())});
    }
    if (lease.items.empty()) return judged_(std::move(group_));
    // A verifier with limits of its own may need longer than the recipe allows: then its word counts.
    lease.deadline_seconds = std::max(session_.recipe.verifier.deadline_s,
                                      session_.judges.verifier_for(request_.problem).seconds_needed(static_cast<int>(lease.items.size())));
    asked_.clear();
    for (const auto& item : lease.items) asked_.push_back(item.sample);
    Work work;
    work.pool = "verifier";
    work.name = "verdicts of " + to_text(request_.ticket) + " by `" + lease.verifier + "`";
    work.deadline_seconds = lease.deadline_seconds;
    work.max_attempts = session_.recipe.verifier.attempts;
    work.encode = [lease = std::move(lease)](std::uint64_t id) { return wire::encode_verify_lease(id, lease); };
    work.done = [self = shared_from_this()](const wire::Message& message) { self->decide(wire::decode_verify_result(message).judgements); };
    work.given_up = [self = shared_from_this()](const Error& reason) {  // a dying or hanging verifier is no fault of the answer
      Judgement none;
      none.outcome = Outcome::kInfraError;
      none.verifier = self->session_.judges.name_for(self->request_.problem);
      none.explanation = reason.message();
      none.attempts = self->session_.recipe.verifier.attempts;
      self->decide(std::vector<Judgement>(self->asked_.size(), none));
    };
    session_.fleet.add(std::move(work));
  }

  void decide(const std::vector<Judgement>& judgements) {
    if (judgements.size() != asked_.size())
      throw Error(fmt::format("a verifier worker gave {} verdicts for {} answers", judgements.size(), asked_.size()), to_text(request_.ticket));
    std::vector<Trajectory> changed;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      Trajectory& sample = group_.samples.at(static_cast<std::size_t>(asked_[i]));
      const int before = sample.judged ? sample.judgement.attempts : 0;
      sample.judgement = judgements[i];
      sample.judgement.attempts = std::max(before + 1, judgements[i].attempts);
      sample.judged = true;
      changed.push_back(sample);
    }
    session_.store.save_judgements(changed);
    failpoint("hub.group_judged");
    judge();
  }

  Session& session_;
  GroupRequest request_;
  std::function<void()> sampled_;
  std::function<void(Group)> judged_;
  Group group_;
  std::vector<std::string> texts_;
  std::vector<std::int32_t> asked_;  // samples of the verify lease on its way
};

}  // namespace

void work_on_group(Session& session, GroupRequest request, std::function<void()> sampled, std::function<void(Group)> judged) {
  std::make_shared<GroupWork>(session, std::move(request), std::move(sampled), std::move(judged))->start();
}

}  // namespace laconic::pipeline
