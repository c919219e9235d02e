// summary.json: what a run changed. Written at the end of a run and after each evaluation.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "pipeline/evaluation.h"

namespace laconic::pipeline {

struct Summary {
  std::string run, state;                    // "finished", "stopped", "running"
  std::string stage;                         // the last stage worked on
  int step = 0;                              // its batches done
  std::optional<EvalResult> before, after;   // on the same held-out problems
  std::optional<EvalResult> best;            // the best accuracy of the evaluations in between
  std::string best_checkpoint;               // its checkpoint's folder name, or empty
  double wall_s = 0;                         // over all attempts
  double peak_rss_mb = 0;                    // sum over all processes
  std::optional<double> max_abs_logprob_diff;  // sampler against learner, largest of the run
  std::string weights_sha256;                // of the newest published weights
  double earned = 0;                         // largest mean score of any RL step: 0 = the model never earned anything
  bool has_rl = false;
};

std::string eval_json(const EvalResult& result);
EvalResult parse_eval(const std::string& json, const std::string& where);

std::string summary_json(const Summary& summary);
Summary parse_summary(const std::string& json, const std::string& where);

// Plain text for people: what changed, and plainly so when nothing did.
std::string summary_text(const Summary& summary);

}  // namespace laconic::pipeline
