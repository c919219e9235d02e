#include "pipeline/hub/stage_learner.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/failpoint.h"
#include "wire/weight_channel.h"

namespace laconic::pipeline {
namespace {

wire::Message task_message(std::uint64_t lease, const nlohmann::json& json) {
  wire::Message message;
  message.kind = wire::Kind::kLease;
  message.id = lease;
  message.json = json.dump();
  return message;
}

// The same bytes under a second name; a copy where the file system has no links.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (failed) fs::copy_file(from, to);
}

}  // namespace

StageLearner::StageLearner(Session& session, int stage, std::function<trajectory::Batch(int)> batch_of)
    : session_(session), stage_(stage), batch_of_(std::move(batch_of)) {}

std::optional<wire::Message> StageLearner::call(const std::string& name, const std::function<wire::Message(std::uint64_t)>& encode) {
  std::optional<wire::Message> answer;
  bool lost = false;
  Work work;
  work.pool = "learner";
  work.name = name;
  work.deadline_seconds = session_.recipe.learner.deadline_s;
  work.max_attempts = 1;  // a new learner must be brought to this step first
  work.encode = encode;
  work.done = [&](const wire::Message& message) { answer = message; };
  work.given_up = [&](const Error& reason) {
    if (session_.fleet.is_ready("learner") && session_.fleet.generation("learner") == generation_) throw reason;  // it lives and refuses
    lost = true;
  };
  const std::uint64_t key = session_.fleet.add(std::move(work));
  try {
    session_.wait_until([&] { return answer || lost; }, false);
  } catch (...) {
    session_.fleet.drop(key);  // its callbacks name this frame
    throw;
  }
  return answer;
}

bool StageLearner::bring_to(int step) {
  session_.wait_until([&] { return session_.fleet.is_ready("learner"); }, false);
  if (generation_ != session_.fleet.generation("learner")) {
    const bool first = generation_ < 0;
    generation_ = session_.fleet.generation("learner");
    at_ = -1;
    if (!first && step > 0) session_.observer.note("the learner begins at its newest checkpoint and learns the steps since then again");
  }
  const Stage& stage = session_.stage(stage_);
  if (at_ < 0) {
    const nlohmann::json task = {{"task", "stage"},
                                 {"stage", stage_},
                                 {"type", name_of(stage.type)},
                                 {"options", nlohmann::json::parse(learner_options_json(stage))},
                                 {"total_steps", stage.steps},
                                 {"reset_optimizer", stage.reset_optimizer},
                                 {"seed", session_.seed()}};
    const auto answer = call("the learner to begin stage " + stage.name, [&](std::uint64_t id) { return task_message(id, task); });
    if (!answer) return false;
    at_ = nlohmann::json::parse(answer->json).at("step").get<int>();  // a checkpoint inside the stage is that far
  }
  if (at_ > step) throw Error(fmt::format("the checkpoint is {} steps into stage {}, beyond step {}", at_, stage.name, step));
  while (at_ < step) {
    const auto result = batch_task(at_, batch_of_(at_));
    if (!result) return false;
    if (stage.type == StageType::kRl)  // throws when the hash is not the one recorded
      session_.store.save_version({stage_, result->published_version, at_, result->weights_hash});
    ++at_;
  }
  return true;
}

wire::Message StageLearner::insist(int step, const std::string& name, const std::function<wire::Message(std::uint64_t)>& encode) {
  while (true) {
    if (!bring_to(step)) continue;  // each death is counted by the fleet, which gives up at its cap
    if (auto answer = call(name, encode)) return *answer;
  }
}

std::optional<wire::StepResult> StageLearner::batch_task(int step, const trajectory::Batch& batch) {
  const Stage& stage = session_.stage(stage_);
  const auto answer = call(fmt::format("batch {}/{}", stage.name, step + 1), [&](std::uint64_t id) { return wire::encode_batch(id, batch); });
  if (!answer) return std::nullopt;
  wire::StepResult result = wire::decode_step_result(*answer);
  if (stage.type == StageType::kRl && result.published_version != step + 1)
    throw Error(fmt::format("the learner published version {} after step {}, not {}", result.published_version, step, step + 1), stage.name);
  return result;
}

wire::StepResult StageLearner::learn(int step, const trajectory::Batch& batch) {
  while (true) {
    if (!bring_to(step)) continue;
    if (auto result = batch_task(step, batch)) {
      at_ = step + 1;
      return *result;
    }
  }
}

wire::WeightsNotice StageLearner::publish(int step, int version) {
  const fs::path path = session_.folder.weights() / wire::weights_file_name(stage_, version);
  const nlohmann::json task = {{"task", "publish"}, {"stage", stage_}, {"version", version}, {"path", path.string()}};
  const wire::Message answer = insist(step, fmt::format("weights {} v{}", session_.stage(stage_).name, version),
                                      [&](std::uint64_t id) { return task_message(id, task); });
  const wire::StepResult result = wire::decode_step_result(answer);
  session_.store.save_version({stage_, version, step - 1, result.weights_hash});
  return {stage_, version, result.weights_path, result.weights_hash};
}

void StageLearner::checkpoint(int step, bool stage_done) {
  const Stage& stage = session_.stage(stage_);
  const fs::path final_path = session_.folder.checkpoints() / checkpoint_folder_name(stage.name, step);
  if (session_.checkpoint && session_.checkpoint->folder == final_path) return;
  const double began = session_.clock.now();
  const std::string name = final_path.filename().string();
  session_.observer.phase_started({stage.name, step, "checkpoint", 0});
  const fs::path temporary = final_path.string() + ".tmp";
  const nlohmann::json task = {{"task", "checkpoint"}, {"stage", stage_}, {"step", step}, {"folder", temporary.string()}};
  const auto encode = [&](std::uint64_t id) {
    fs::remove_all(temporary);  // what a learner that died with this task left
    return task_message(id, task);
  };
  insist(step, "checkpoint " + name, encode);

  RunCheckpoint checkpoint{stage_, stage.name, step, stage_done, {}, final_path};
  fs::create_directories(temporary / "versions");
  if (stage.type == StageType::kRl) {
    for (int version = std::max(0, step - stage.lag); version <= step; ++version) {
      const auto record = session_.store.version(stage_, version);
      const std::string file = wire::weights_file_name(stage_, version);
      link_or_copy(session_.folder.weights() / file, temporary / "versions" / file);
      checkpoint.versions.push_back({stage_, version, file, record ? record->weights_hash : ""});
    }
  }
  write_file_durably(temporary / "run.json", run_checkpoint_json(checkpoint));
  failpoint("hub.before_checkpoint_published");
  publish_folder(temporary, final_path);
  failpoint("hub.after_checkpoint_published");
  session_.checkpoint = checkpoint;
  if (!session_.recipe.run.keep_expert_ids) session_.store.prune(stage_, step - 1);
  std::vector<std::string> spared = {name};
  if (!session_.summary.best_checkpoint.empty()) spared.push_back(session_.summary.best_checkpoint);
  retain_checkpoints(session_.folder.path(), session_.recipe.run.checkpoint_keep, spared);
  session_.observer.phase_finished({stage.name, step, "checkpoint", session_.clock.now() - began});
  session_.observer.note("checkpoint " + name + " written");
}

}  // namespace laconic::pipeline
