// The learner: one optimizer step a batch, a pure function of its state and the batch.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/thread_team.h"
#include "learner/balance.h"
#include "learner/gradient.h"
#include "learner/loss.h"
#include "learner/state.h"
#include "learner/values.h"
#include "trajectory/batch.h"

namespace laconic::learner {

using Metrics = std::map<std::string, double>;  // a name that was not measured is not there

// Not thread-safe; runs its work on `threads` threads of its own and of ATen.
class Learner {
 public:
  Learner(LearnerState state, int threads);
  ~Learner();

  // Starts a stage: its options, the learning rate's schedule, for rl the reference weights, with LoRA
  // fresh adapters on the weights published last (those of the stage before are merged for good, and
  // what a master knows beyond bf16 is given up). Of the stage that a resumed state is in, it only
  // confirms: counters, moments, adapters and reference stay. Throws Error with the state unchanged.
  void start_stage(const StageStart& start);

  // One batch. `pulse` is called between micro-batches. Throws Error, with the state unchanged, on a
  // batch that does not fit (of another stage, out of order, malformed).
  Metrics step(const trajectory::Batch& batch, const std::function<void()>& pulse = {});

  const LearnerState& state() const { return state_; }
  std::string weights_bytes() const;  // the published weights as a safetensors file

 private:
  struct Tally;
  void check_order(const trajectory::Batch& batch) const;
  void update(const trajectory::Batch& batch, std::int64_t begin, std::int64_t end, Tally& tally);
  ExpertLoad load_ahead(const trajectory::Batch& batch, const std::vector<std::vector<std::int32_t>>& parts, const Tally& tally);
  void apply_gradient(const ExpertLoad& load, Tally& tally);
  void load_published();
  void begin_training();
  std::vector<float> reference_logp(const MicroBatch& micro);
  void measure_kl(const trajectory::Batch& batch, Tally& tally);

  LearnerState state_;
  StageOptions options_;
  ThreadTeam team_;
  Scorer scorer_;
  std::vector<float> weights_, gradients_;  // published weights widened; the gradient of what is trained
  std::optional<Gradient> gradient_;        // of a stage
  model::ModelPtr model_, reference_;
};

}  // namespace laconic::learner
