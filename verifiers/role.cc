#include "verifiers/role.h"

#include <map>
#include <memory>

#include "base/failpoint.h"
#include "verifiers/spec.h"
#include "wire/fields.h"
#include "wire/worker_loop.h"

namespace laconic::verifiers {
namespace {

class VerifierRole : public wire::RoleHandler {
 public:
  std::string configure(const wire::Message& message, wire::Link&) override {
    spec_ = spec_from_json(wire::Fields(message.json, "configure").json("verifier"));
    return R"({"weights":null})";
  }

  void handle(wire::Message&& message, wire::Link& link) override {
    if (message.kind != wire::Kind::kLease) return;  // a cancel comes too late: a lease is answered before the next message
    const wire::VerifyLease lease = wire::decode_verify_lease(message);
    std::unique_ptr<Verifier>& verifier = verifiers_[lease.verifier];
    if (!verifier) verifier = make_verifier(spec_, lease.verifier);
    link.set_state("judging " + to_text(lease.ticket));
    const wire::VerifyResult result = judge_lease(lease, *verifier, Clock::system(), [&] { link.pulse(); });
    failpoint("verifier.before_result");
    link.send(wire::encode_verify_result(message.id, result));
    link.set_state("idle", "hub");
  }

 private:
  VerifierSpec spec_;
  std::map<std::string, std::unique_ptr<Verifier>> verifiers_;  // by name
};

}  // namespace

wire::VerifyResult judge_lease(const wire::VerifyLease& lease, const Verifier& verifier, const Clock& clock,
                               const std::function<void()>& pulse) {
  std::vector<VerifyRequest> requests;
  for (const wire::VerifyLease::Item& item : lease.items)
    requests.push_back({to_text(lease.ticket.of_sample(item.sample)), lease.prompt, item.response, lease.columns, item.tokens, item.finished});
  wire::VerifyResult result;
  result.ticket = lease.ticket;
  for (Verdict& verdict : run_verifier(verifier, requests, {pulse, lease.deadline_seconds}, clock))
    result.judgements.push_back({verdict.outcome, verdict.score, lease.verifier, std::move(verdict.extracted), std::move(verdict.explanation),
                                 verdict.seconds, 1, std::move(verdict.metrics)});
  return result;
}

void serve(wire::Context& context, const std::string& endpoint, const std::string& identity) {
  VerifierRole role;
  wire::run_role(context, endpoint, identity, "verifier", role);
}

}  // namespace laconic::verifiers
