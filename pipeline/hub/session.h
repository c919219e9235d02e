// What the parts of a running hub share. One thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipeline/hub/fleet.h"
#include "pipeline/hub/prompts.h"
#include "pipeline/judges.h"
#include "pipeline/metrics_log.h"
#include "pipeline/progress.h"
#include "pipeline/recipe.h"
#include "pipeline/run_checkpoint.h"
#include "pipeline/run_folder.h"
#include "pipeline/summary.h"
#include "trajectory/store.h"

namespace laconic::pipeline {

// Thrown through the hub when a second Ctrl-C asks to stop at once.
struct StopAtOnce {};

struct Session {
  const Recipe& recipe;
  RunFolder& folder;
  trajectory::Store& store;
  Fleet& fleet;
  Observer& observer;
  Clock& clock;
  const Prompts& prompts;
  MetricsLog& metrics;
  const std::vector<std::unique_ptr<ProblemSource>>& sources;  // one a stage
  Judges& judges;
  const std::atomic<int>* interrupts = nullptr;
  std::optional<RunCheckpoint> checkpoint;  // the newest: where a restarted learner begins
  Summary summary;
  double started = 0;       // clock time of this attempt
  double wall_before = 0;   // seconds of earlier attempts

  std::uint64_t seed() const { return static_cast<std::uint64_t>(recipe.seed); }
  const Stage& stage(int index) const { return recipe.stages[static_cast<std::size_t>(index)]; }
  bool stop_asked() const { return interrupts && interrupts->load() >= 1; }

  // Pumps the fleet until `done`. False: Ctrl-C came first and `stoppable` (the caller leaves the
  // step and saves). Throws StopAtOnce at the second Ctrl-C.
  bool wait_until(const std::function<bool()>& done, bool stoppable);

  void save_summary(const std::string& state);
};

}  // namespace laconic::pipeline
