// What a run tells the outside while it goes: the terminal draws it, tests read it. Called on the
// hub's thread, between its waits: an implementation returns at once and does not throw.
#pragma once

#include <map>
#include <string>

namespace laconic::pipeline {

struct EvalResult;

// Phases: "start", "rollout" (sampling and judging), "learn", "checkpoint", "evaluate".
struct PhaseLine {
  std::string stage;     // name of the stage, or empty before the first
  int step = 0;
  std::string phase;
  double seconds = 0;    // of a finished phase
};

struct StepLine {
  std::string stage, type;  // "sft" or "rl"
  int step = 0, steps = 0;  // step counts from 1 here: "step 12/200"
  std::map<std::string, double> metrics;  // as the line in metrics.jsonl
  double seconds = 0;       // of this step
  double eta_seconds = 0;   // for the rest of the stage; < 0: not known yet
};

struct WaitLine {
  std::string what;      // "group rl/train/12/0/3", "batch rl/12"
  std::string whom;      // "rollout-0 (generating)", or "any verifier" when nobody holds it yet
  double seconds = 0;    // how long already
  int others = 0;        // how many more things are waited for
};

class Observer {
 public:
  virtual ~Observer() = default;
  // `folder`: of the run; `plan`: the text that --dry-run prints; `resumed`: "" or where from.
  virtual void run_started(const std::string& /*folder*/, const std::string& /*plan*/, const std::string& /*resumed*/) {}
  virtual void phase_started(const PhaseLine&) {}
  virtual void phase_finished(const PhaseLine&) {}
  // Groups of the current step done out of wanted, for a live line.
  virtual void groups_done(const std::string& /*stage*/, int /*step*/, int /*judged*/, int /*sampled*/, int /*wanted*/) {}
  virtual void step_finished(const StepLine&) {}
  virtual void evaluated(const EvalResult&) {}
  // Every 3 s while nothing happens.
  virtual void waiting(const WaitLine&) {}
  // The intent was achieved, but the user should know ("2 groups short", "rollout-0 restarted").
  virtual void warning(const std::string&) {}
  // Worth a line in the log: "checkpoint rl-000040 written", "stopping after this step".
  virtual void note(const std::string&) {}
};

}  // namespace laconic::pipeline
