#include "pipeline/hub/session.h"

#include <algorithm>

namespace laconic::pipeline {

bool Session::wait_until(const std::function<bool()>& done, bool stoppable) {
  while (!done()) {
    if (interrupts && interrupts->load() >= 2) throw StopAtOnce{};
    if (stoppable && stop_asked()) return false;
    fleet.pump();
  }
  return true;
}

void Session::save_summary(const std::string& state) {
  summary.run = folder.name();
  summary.state = state;
  summary.has_rl = recipe.has_rl();
  summary.wall_s = wall_before + clock.now() - started;
  summary.peak_rss_mb = std::max(summary.peak_rss_mb, fleet.peak_rss_mb());
  // Over all attempts: from the steps that stand in the store.
  summary.earned = 0;
  summary.max_abs_logprob_diff.reset();
  for (const trajectory::StepRecord& step : store.steps()) {
    const auto metrics = parse_metrics(step.metrics);
    if (const auto found = metrics.find("reward"); found != metrics.end()) summary.earned = std::max(summary.earned, found->second);
    if (const auto found = metrics.find("logp_abs_diff/max"); found != metrics.end())
      summary.max_abs_logprob_diff = std::max(summary.max_abs_logprob_diff.value_or(0), found->second);
  }
  if (const auto versions = store.versions(); !versions.empty() && summary.weights_sha256.empty()) summary.weights_sha256 = versions.back().weights_hash;
  write_file_durably(folder.summary(), summary_json(summary));
}

}  // namespace laconic::pipeline
