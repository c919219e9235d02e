// The main job: a recipe → a run folder with trained weights. What `laconic train` calls.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/file.h"
#include "pipeline/progress.h"
#include "pipeline/summary.h"

namespace laconic::pipeline {

class RoleLauncher;  // pipeline/supervisor.h

struct TrainRequest {
  fs::path recipe;                     // may be empty with `resume` and `name`: the run's own
  std::vector<std::string> overrides;  // "key=value"
  std::string name;                    // of the run; empty: recipe name + counter (resume: the newest of this recipe)
  std::string fork;                    // a run whose newest checkpoint the new run starts from, machine permitting
  bool resume = false, dry_run = false;
  fs::path runs = "runs";
  std::string command;                 // as typed; kept in the run folder
  // Ctrl-C count, raised by the caller's signal handler: 1 = stop cleanly with a checkpoint, 2 = at once.
  const std::atomic<int>* interrupts = nullptr;
  RoleLauncher* launcher = nullptr;    // null: processes
};

struct TrainResult {
  fs::path folder;          // empty after a dry run
  std::string plan;         // the plan as text
  std::string too_large;    // of a dry run: why this machine cannot hold the plan, and what to type; empty: it can
  std::string resolved;     // the resolved recipe as TOML
  Summary summary;
  bool interrupted = false; // stopped by Ctrl-C: exit with kExitInterrupted
};

// Throws Error. Before Observer::run_started nothing was written or started: the recipe, data, machine
// or plan is at fault (kExitUsage); after it the run ended and what was written is kept (kExitRuntime).
TrainResult train(const TrainRequest& request, Observer& observer);

// Installs a SIGINT/SIGTERM handler that counts; the third one restores the default action.
const std::atomic<int>& count_interrupts();

}  // namespace laconic::pipeline
