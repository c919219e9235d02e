#include "rollout/role.h"

#include <map>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "model/card.h"
#include "model/weights/safetensors.h"
#include "rollout/engine.h"
#include "wire/fields.h"
#include "wire/protocol.h"
#include "wire/weight_channel.h"
#include "wire/worker_loop.h"

namespace laconic::rollout {
namespace {

using wire::Kind;
using wire::Link;
using wire::Message;

std::string version_text(std::int32_t stage, std::int32_t version) {
  return "version " + std::to_string(version) + " of stage " + std::to_string(stage);
}

class RolloutRole : public wire::RoleHandler {
 public:
  std::string configure(const Message& message, Link&) override {
    const wire::Fields fields(message.json, "configure");
    const fs::path folder = fields.text("model");
    config_ = model::read_card(folder).config;
    options_.kv_bytes = fields.integer("kv_mb", 1, 1 << 30) << 20;
    options_.prefill_tokens = fields.int32("prefill_tokens", 1);
    if (fields.has("max_batch")) options_.max_batch = fields.int32("max_batch", 1);
    team_.emplace(static_cast<int>(fields.integer("threads", 1, 4096)));
    if (fields.has("spin")) team_->set_spin(fields.flag("spin"));
    return R"({"weights":null})";
  }

  void handle(Message&& message, Link& link) override {
    if (message.kind == Kind::kWeights) {
      next_ = wire::decode_weights(message);
    } else if (message.kind == Kind::kLease) {
      accept(message);
    } else if (message.kind == Kind::kCancel) {
      if (engine_) engine_->cancel(message.id);
      deadlines_.erase(message.id);
    } else {
      throw Error("a rollout role has no use for a " + std::string(wire::name_of(message.kind)) + " message");
    }
    if (deadlines_.empty()) link.set_state("idle", "hub");
  }

  bool work(Link& link) override {
    expire(link);
    if (!deadlines_.empty()) {
      link.set_state(next_ ? "finishing " + version_text(held_.stage, held_.version) : "generating");
      engine_->step([&](std::uint64_t id, trajectory::Group group) { answer(id, group, link); });
    } else if (next_) {
      switch_weights(link);
    }
    if (deadlines_.empty()) link.set_state("idle", "hub");
    return !deadlines_.empty() || next_.has_value();
  }

 private:
  void accept(const Message& message) {
    wire::RolloutLease lease = wire::decode_rollout_lease(message);
    const std::string where = "lease " + to_text(lease.ticket);
    if (!engine_) throw Error("no weights were loaded yet", where);
    if (lease.ticket.stage != held_.stage || lease.weight_version != held_.version || next_)
      throw Error("the lease is for " + version_text(lease.ticket.stage, lease.weight_version) + ", held is " + version_text(held_.stage, held_.version) +
                      (next_ ? ", and " + version_text(next_->stage, next_->version) + " is to come" : ""),
                  where);
    const double deadline = clock_.now() + lease.deadline_seconds;
    engine_->submit(message.id, std::move(lease));
    deadlines_[message.id] = deadline;
  }

  void answer(std::uint64_t id, const trajectory::Group& group, Link& link) {
    deadlines_.erase(id);
    failpoint("rollout.before_result");
    link.send(wire::encode_group(id, group));
  }

  void expire(Link& link) {
    const double now = clock_.now();
    for (auto at = deadlines_.begin(); at != deadlines_.end();) {
      if (at->second > now) {
        ++at;
        continue;
      }
      engine_->cancel(at->first);
      link.fail(at->first, Error("the lease's deadline passed " + human_seconds(now - at->second) + " ago", "rollout",
                                 "give leases longer (`rollout.deadline_s`), or lower max_tokens"));
      at = deadlines_.erase(at);
    }
  }

  void switch_weights(Link& link) {
    const wire::WeightsNotice notice = *std::exchange(next_, std::nullopt);
    link.set_state("loading " + version_text(notice.stage, notice.version));
    link.pulse();
    // Proves the bytes; the map keeps them in memory for the reader.
    const auto proved = wire::receive_weights(notice);
    link.pulse();
    model::ModelPtr model = model::pack_model(config_, model::read_safetensors(notice.path));
    if (engine_) engine_->set_model(std::move(model));
    else engine_.emplace(std::move(model), *team_, options_);
    held_ = notice;
    link.send({Kind::kReady, 0, R"({"weights":{"stage":)" + std::to_string(held_.stage) + R"(,"version":)" + std::to_string(held_.version) + "}}", {}});
  }

  const Clock& clock_ = Clock::system();
  model::Config config_;
  EngineOptions options_;
  std::optional<ThreadTeam> team_;
  std::optional<Engine> engine_;              // from the first weights on
  wire::WeightsNotice held_;
  std::optional<wire::WeightsNotice> next_;   // waits for the leases in flight
  std::map<std::uint64_t, double> deadlines_;  // of the leases in flight: lease id → clock seconds
};

}  // namespace

void serve(wire::Context& context, const std::string& endpoint, const std::string& identity) {
  RolloutRole role;
  wire::run_role(context, endpoint, identity, "rollout", role);
}

}  // namespace laconic::rollout
