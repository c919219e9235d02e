// The learner during one stage. It may die at any moment: a new one begins at the newest checkpoint
// and is given the steps since then again, from the store; the weights it publishes must have the
// hashes recorded the first time.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/hub/session.h"
#include "trajectory/batch.h"
#include "wire/protocol.h"

namespace laconic::pipeline {

class StageLearner {
 public:
  // `batch_of(step)`: the batch of a step that was learned before, for a replay.
  StageLearner(Session& session, int stage, std::function<trajectory::Batch(int step)> batch_of);

  // Learns step `step` (all steps below it were learned) and, in RL, publishes version step + 1.
  wire::StepResult learn(int step, const trajectory::Batch& batch);

  // Publishes the weights held after `step` steps as `version`.
  wire::WeightsNotice publish(int step, int version);

  // Writes and publishes checkpoints/STAGE-NNNNNN after `step` steps, unless it is there already;
  // deletes old ones.
  void checkpoint(int step, bool stage_done);

 private:
  // One task; nullopt when the learner died with it.
  std::optional<wire::Message> call(const std::string& name, const std::function<wire::Message(std::uint64_t)>& encode);
  wire::Message insist(int step, const std::string& name, const std::function<wire::Message(std::uint64_t)>& encode);
  bool bring_to(int step);   // false: it died on the way
  std::optional<wire::StepResult> batch_task(int step, const trajectory::Batch& batch);

  Session& session_;
  int stage_;
  std::function<trajectory::Batch(int)> batch_of_;
  int generation_ = -1;      // of the learner process that `at_` speaks of
  int at_ = -1;              // steps it has learned in this stage; −1: not begun
};

}  // namespace laconic::pipeline
