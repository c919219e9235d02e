#include "learner/role.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "learner/learner.h"
#include "wire/protocol.h"
#include "wire/weight_channel.h"
#include "wire/worker_loop.h"

namespace laconic::learner {
namespace {

using nlohmann::json;

json object_of(const wire::Message& message, const std::string& what) {
  json body = json::parse(message.json, nullptr, false);
  if (!body.is_object()) throw Error(what + " is not a JSON object", "learner");
  return body;
}

template <class T>
T field(const json& body, const char* name, const std::string& where) {
  try {
    return body.at(name).get<T>();
  } catch (const json::exception&) {
    throw Error(fmt::format("field '{}' is missing or of a wrong type", name), where);
  }
}

class LearnerRole : public wire::RoleHandler {
 public:
  std::string configure(const wire::Message& message, wire::Link& link) override {
    const json body = object_of(message, "the configuration");
    const std::string where = "learner configuration";
    const fs::path model = field<std::string>(body, "model", where);
    const int threads = field<int>(body, "threads", where);
    if (threads < 1 || threads > 1024) throw Error(fmt::format("threads = {} is not between 1 and 1024", threads), where);
    weights_dir_ = field<std::string>(body, "weights_dir", where);
    const bool resume = field<bool>(body, "resume", where);
    link.announce(fmt::format("loading {}", model.string()));
    learner_.emplace(resume ? load_resumed(model) : load_initial(model), threads);
    const TorchFacts facts = torch_facts();
    json ready = {{"weights", nullptr}, {"threads", threads}, {"torch", facts.version}, {"cpu_capability", facts.cpu_capability}};
    if (learner_->state().stage >= 0) ready["resumed"] = {{"stage", learner_->state().stage}, {"step", learner_->state().steps_done}};
    return ready.dump();
  }

  void handle(wire::Message&& message, wire::Link& link) override {
    if (message.kind != wire::Kind::kLease) return;  // weights and cancels are for other roles
    const json body = object_of(message, "a lease");
    const std::string task = field<std::string>(body, "task", "lease of the learner");
    if (task == "stage") stage(message.id, body, link);
    else if (task == "batch") batch(message, link);
    else if (task == "publish") publish(message.id, body, link);
    else if (task == "checkpoint") checkpoint(message.id, body, link);
    else throw Error(fmt::format("task '{}' is not one of stage, batch, publish, checkpoint", task), "lease of the learner");
    link.set_state("idle", "hub");
  }

 private:
  void stage(std::uint64_t lease, const json& body, wire::Link& link) {
    const std::string where = "task 'stage'";
    StageStart start;
    start.stage = field<std::int32_t>(body, "stage", where);
    start.kind = stage_kind_named(field<std::string>(body, "type", where));
    start.options_json = field<json>(body, "options", where).dump();
    start.total_steps = field<std::int64_t>(body, "total_steps", where);
    start.reset_optimizer = field<bool>(body, "reset_optimizer", where);
    start.seed = field<std::uint64_t>(body, "seed", where);
    learner_->start_stage(start);
    link.send({wire::Kind::kResult, lease, json{{"stage", start.stage}, {"step", learner_->state().steps_done}}.dump(), {}});
  }

  void batch(const wire::Message& message, wire::Link& link) {
    const trajectory::Batch batch = wire::decode_batch(message);
    link.announce(fmt::format("learning s{} step {}", batch.stage, batch.step));
    const Metrics metrics = learner_->step(batch, [&] { link.pulse(); });
    wire::StepResult result;
    result.stage = batch.stage;
    result.step = batch.step;
    result.metrics = json(metrics).dump();
    // Every batch of an RL stage makes a weight version; SFT publishes when asked.
    if (learner_->state().start.kind == StageKind::kRl) publish_to(weights_dir_ / wire::weights_file_name(batch.stage, batch.step + 1), batch.stage, batch.step + 1, result);
    link.send(wire::encode_step_result(message.id, result));
  }

  void publish(std::uint64_t lease, const json& body, wire::Link& link) {
    const std::string where = "task 'publish'";
    wire::StepResult result;
    result.stage = field<std::int32_t>(body, "stage", where);
    result.step = learner_->state().last_step;
    const std::int32_t version = field<std::int32_t>(body, "version", where);
    publish_to(field<std::string>(body, "path", where), result.stage, version, result);
    link.send(wire::encode_step_result(lease, result));
  }

  void publish_to(const fs::path& path, std::int32_t stage, std::int32_t version, wire::StepResult& result) {
    const wire::WeightsNotice notice = wire::publish_weights(path, stage, version, learner_->weights_bytes());
    result.published_version = notice.version;
    result.weights_path = notice.path;
    result.weights_hash = notice.hash;
  }

  void checkpoint(std::uint64_t lease, const json& body, wire::Link& link) {
    const std::string where = "task 'checkpoint'";
    const LearnerState& state = learner_->state();
    const std::int32_t stage = field<std::int32_t>(body, "stage", where);
    const std::int64_t step = field<std::int64_t>(body, "step", where);
    if (stage != state.stage || step != state.steps_done)
      throw Error(fmt::format("a checkpoint of stage {} step {} was asked for, the learner is at stage {} step {}", stage, step, state.stage, state.steps_done), where);
    const fs::path folder = field<std::string>(body, "folder", where);
    link.announce(fmt::format("writing {}", folder.string()));
    save_state(state, folder);
    link.send({wire::Kind::kResult, lease, json{{"folder", folder.string()}}.dump(), {}});
  }

  std::optional<Learner> learner_;
  fs::path weights_dir_;
};

}  // namespace

void serve(wire::Context& context, const std::string& endpoint, const std::string& identity) {
  LearnerRole role;
  wire::run_role(context, endpoint, identity, "learner", role);
}

}  // namespace laconic::learner
