#include "verifiers/role.h"

#include <map>
#include <memory>

#include "base/failpoint.h"
#include "wire/worker_loop.h"

namespace laconic::verifiers {
namespace {

class VerifierRole : public wire::RoleHandler {
 public:
  std::string configure(const wire::Message&, wire::Link&) override { return R"({"weights":null})"; }

  void handle(wire::Message&& message, wire::Link& link) override {
    if (message.kind != wire::Kind::kLease) return;  // a cancel comes too late: a lease is answered before the next message
    const wire::VerifyLease lease = wire::decode_verify_lease(message);
    std::unique_ptr<Verifier>& verifier = verifiers_[lease.verifier];
    if (!verifier) verifier = make_verifier(lease.verifier);
    link.set_state("judging " + to_text(lease.ticket));
    const wire::VerifyResult result = judge_lease(lease, *verifier, Clock::system(), [&] { link.pulse(); });
    failpoint("verifier.before_result");
    link.send(wire::encode_verify_result(message.id, result));
    link.set_state("idle", "hub");
  }

 private:
  std::map<std::string, std::unique_ptr<Verifier>> verifiers_;
};

}  // namespace

wire::VerifyResult judge_lease(const wire::VerifyLease& lease, const Verifier& verifier, const Clock& clock,
                               const std::function<void()>& between) {
  const double end = clock.now() + lease.deadline_seconds;
  wire::VerifyResult result;
  result.ticket = lease.ticket;
  for (const wire::VerifyLease::Item& item : lease.items) {
    between();
    trajectory::Judgement judgement;
    judgement.verifier = lease.verifier;
    judgement.attempts = 1;
    if (lease.deadline_seconds > 0 && clock.now() >= end) {
      judgement.explanation = "not judged: the lease's deadline of " + human_seconds(lease.deadline_seconds) + " had passed";
    } else {
      const Verdict verdict = run_verifier(verifier, {to_text(lease.ticket.of_sample(item.sample)), lease.prompt, item.response, lease.columns, item.finished});
      judgement.outcome = verdict.outcome;
      judgement.score = verdict.score;
      judgement.extracted = verdict.extracted;
      judgement.explanation = verdict.explanation;
      judgement.seconds = verdict.seconds;
    }
    result.judgements.push_back(std::move(judgement));
  }
  return result;
}

void serve(wire::Context& context, const std::string& endpoint, const std::string& identity) {
  VerifierRole role;
  wire::run_role(context, endpoint, identity, "verifier", role);
}

}  // namespace laconic::verifiers
