#include "tests/pipeline/fake_roles.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/philox.h"
#include "wire/protocol.h"
#include "wire/weight_channel.h"
#include "wire/worker_loop.h"

namespace laconic::pipeline {
namespace {

using nlohmann::json;
using wire::Link;
using wire::Message;

struct Dead {};  // how a fake role dies: no message leaves

bool reached(std::atomic<int>& count) { return count.load() > 0 && count.fetch_sub(1) == 1; }

// The state is a hash over all batches in order; a checkpoint holds it and the stage's step.
class FakeLearner : public wire::RoleHandler {
 public:
  explicit FakeLearner(Script& script) : script_(script) {}

  std::string configure(const Message& message, Link&) override {
    const json body = json::parse(message.json);
    weights_dir_ = body.at("weights_dir").get<std::string>();
    if (body.at("resume").get<bool>()) {
      const json saved = json::parse(read_file(fs::path(body.at("model").get<std::string>()) / "learner.json"));
      state_ = saved.at("state");
      stage_ = saved.at("stage");
      step_ = saved.at("step");
      type_ = saved.at("type");
    } else {
      state_ = sha256_hex(as_byte_span(read_file(fs::path(body.at("model").get<std::string>()) / "model.safetensors")));
    }
    return R"({"weights":null})";
  }

  void handle(Message&& message, Link& link) override {
    const json body = json::parse(message.json);
    const std::string task = body.at("task");
    if (task == "stage") {
      if (body.at("stage").get<int>() != stage_) step_ = 0;
      stage_ = body.at("stage");
      type_ = body.at("type");
      link.send({wire::Kind::kResult, message.id, json{{"stage", stage_}, {"step", step_}}.dump(), {}});
    } else if (task == "batch") {
      if (reached(script_.learner_dies_before_batch)) throw Dead{};
      const trajectory::Batch batch = wire::decode_batch(message);
      if (batch.step != step_ || batch.stage != stage_) throw Error("batch " + std::to_string(batch.step) + " came after " + std::to_string(step_));
      std::string all = state_;
      const auto add = [&](const auto& values) { all.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])); };
      add(batch.lengths), add(batch.tokens), add(batch.in_loss), add(batch.logprob), add(batch.advantage), add(batch.expert_ids);
      if (script_.learner_changes_its_mind) all += std::to_string(script_.starts.load());
      state_ = sha256_hex(as_byte_span(all));
      ++step_;
      wire::StepResult result{stage_, batch.step, -1, "", "", R"({"loss":0.5,"logp_abs_diff/max":0})"};
      if (type_ == "rl") publish(weights_dir_, step_, result);
      link.send(wire::encode_step_result(message.id, result));
    } else if (task == "publish") {
      wire::StepResult result{stage_, step_ - 1, -1, "", "", "{}"};
      publish(fs::path(body.at("path").get<std::string>()).parent_path(), body.at("version"), result);
      link.send(wire::encode_step_result(message.id, result));
    } else if (task == "checkpoint") {
      const fs::path folder = body.at("folder").get<std::string>();
      if (fs::exists(folder)) throw Error("`" + folder.string() + "` exists");
      if (body.at("step").get<int>() != step_) throw Error("checkpoint of another step");
      fs::create_directories(folder);
      write_file_durably(folder / "model.safetensors", state_);
      if (reached(script_.learner_dies_in_checkpoint)) throw Dead{};
      write_file_durably(folder / "learner.json", json{{"state", state_}, {"stage", stage_}, {"step", step_}, {"type", type_}}.dump());
      link.send({wire::Kind::kResult, message.id, json{{"folder", folder.string()}}.dump(), {}});
    }
  }

 private:
  void publish(const fs::path& folder, int version, wire::StepResult& result) {
    const wire::WeightsNotice notice = wire::publish_weights(folder / wire::weights_file_name(stage_, version), stage_, version, state_);
    result.published_version = version;
    result.weights_path = notice.path;
    result.weights_hash = notice.hash;
  }

  Script& script_;
  fs::path weights_dir_;
  std::string state_, type_;
  int stage_ = -1, step_ = 0;
};

// Tokens are Philox draws of the lease's key, mixed with the weights it holds.
class FakeRollout : public wire::RoleHandler {
 public:
  explicit FakeRollout(Script& script) : script_(script) {}
  std::string configure(const Message&, Link&) override { return R"({"weights":null})"; }

  void handle(Message&& message, Link& link) override {
    if (message.kind == wire::Kind::kWeights) {
      held_ = wire::decode_weights(message);
      const auto map = wire::receive_weights(held_);
      weights_ = xxh3({reinterpret_cast<const char*>(map->bytes().data()), map->bytes().size()});
      link.send({wire::Kind::kReady, 0, json{{"weights", {{"stage", held_.stage}, {"version", held_.version}}}}.dump(), {}});
    } else if (message.kind == wire::Kind::kLease) {
      const wire::RolloutLease lease = wire::decode_rollout_lease(message);
      if (lease.weight_version != held_.version || lease.ticket.stage != held_.stage) throw Error("the lease is for another version");
      if (reached(script_.rollout_dies_before_result)) throw Dead{};
      std::this_thread::sleep_for(std::chrono::milliseconds(script_.rollout_delay_ms.load()));
      link.send(wire::encode_group(message.id, sample(lease)));
    }
  }

 private:
  trajectory::Group sample(const wire::RolloutLease& lease) const {
    trajectory::Group group;
    group.ticket = lease.ticket;
    group.weight_version = lease.weight_version;
    for (int s = 0; s < lease.samples; ++s) {
      PhiloxStream random(lease.philox_key ^ weights_, static_cast<std::uint32_t>(lease.ticket.draw * 1000 + s));
      trajectory::Trajectory t;
      t.ticket = lease.ticket.of_sample(s);
      t.tokens = lease.prompt;
      t.spans = lease.spans;
      const int length = 3 + static_cast<int>(random.below(10));
      t.spans.push_back({trajectory::Source::kModel, lease.weight_version, static_cast<std::int32_t>(t.tokens.size()), length});
      for (int i = 0; i < length; ++i) {
        t.tokens.push_back(static_cast<std::int32_t>(7 + random.below(200)));
        t.logprob.push_back(-static_cast<float>(random.uniform()));
        t.entropy.push_back(1);
      }
      t.stop = random.below(8) == 0 ? trajectory::StopReason::kLength : trajectory::StopReason::kEndToken;
      group.samples.push_back(std::move(t));
    }
    return group;
  }

  Script& script_;
  wire::WeightsNotice held_;
  std::uint64_t weights_ = 0;
};

// Right is an answer whose text has an even hash.
class FakeVerifier : public wire::RoleHandler {
 public:
  explicit FakeVerifier(Script& script) : script_(script) {}
  std::string configure(const Message&, Link&) override { return R"({"weights":null})"; }

  void handle(Message&& message, Link& link) override {
    if (message.kind != wire::Kind::kLease) return;
    const wire::VerifyLease lease = wire::decode_verify_lease(message);
    if (reached(script_.verifier_dies_before_result)) throw Dead{};
    wire::VerifyResult result;
    result.ticket = lease.ticket;
    for (const auto& item : lease.items) {
      trajectory::Judgement j;
      j.verifier = lease.verifier;
      j.attempts = 1;
      if (script_.verifier_always_fails || (script_.verifier_fails > 0 && script_.verifier_fails.fetch_sub(1) > 0)) {
        j.outcome = Outcome::kInfraError;
        j.explanation = "the script says so";
      } else {
        const bool right = !script_.all_wrong && xxh3(item.response) % 2 == 0;
        j.outcome = right ? Outcome::kPass : Outcome::kFail;
        j.score = right;
      }
      result.judgements.push_back(j);
    }
    link.send(wire::encode_verify_result(message.id, result));
  }

 private:
  Script& script_;
};

}  // namespace

void ThreadLauncher::start(const RoleCommand& command) {
  commands.push_back(command);
  ++script_.starts;
  auto ended = std::make_shared<std::atomic<bool>>(false);
  std::thread thread([this, command, ended] {
    constexpr wire::LoopLimits kLimits{0.2, 5};
    try {
      std::unique_ptr<wire::RoleHandler> handler;
      if (command.role == "learner") handler = std::make_unique<FakeLearner>(script_);
      else if (command.role == "rollout") handler = std::make_unique<FakeRollout>(script_);
      else handler = std::make_unique<FakeVerifier>(script_);
      wire::run_role(context_, command.endpoint, command.identity, command.role, *handler, kLimits);
    } catch (const Dead&) {
    } catch (const std::exception& error) {
      append_file(command.log, std::string(error.what()) + "\n");
    }
    *ended = true;
  });
  running_[command.identity] = {std::move(thread), ended};
}

std::vector<RoleExit> ThreadLauncher::reap() {
  std::vector<RoleExit> out = std::move(exits_);
  exits_.clear();
  for (auto at = running_.begin(); at != running_.end();) {
    if (!*at->second.ended) {
      ++at;
      continue;
    }
    at->second.thread.join();
    out.push_back({at->first, "the script"});
    at = running_.erase(at);
  }
  return out;
}

void ThreadLauncher::kill(const std::string& identity) {
  const auto found = running_.find(identity);
  if (found == running_.end()) return;
  abandoned_.push_back(std::move(found->second));
  running_.erase(found);
  exits_.push_back({identity, "a kill"});
}

void ThreadLauncher::finish(double) {
  for (auto& [identity, role] : running_) role.thread.join();  // each ends at kStop, or when the hub falls silent
  for (Running& role : abandoned_) role.thread.join();
  running_.clear();
  abandoned_.clear();
}

}  // namespace laconic::pipeline
