#include "pipeline/evaluation.h"

#include <algorithm>
#include <cmath>

namespace laconic::pipeline {

EvalResult evaluate_groups(const std::vector<trajectory::Group>& groups) {
  EvalResult result;
  result.problems = static_cast<int>(groups.size());
  double score_sum = 0, tokens = 0, correct = 0, cut = 0, all = 0;
  double problem_sum = 0, problems_counted = 0, passed = 0;
  for (const trajectory::Group& group : groups) {
    result.samples = std::max(result.samples, static_cast<int>(group.samples.size()));
    double own = 0, counted = 0;
    bool any = false;
    for (const trajectory::Trajectory& sample : group.samples) {
      ++all;
      tokens += sample.response_length();
      cut += sample.stop == trajectory::StopReason::kLength;
      const auto score = sample.judged ? counted_score(sample.judgement.outcome, sample.judgement.score) : std::nullopt;
      if (!score) continue;
      ++counted;
      own += *score;
      if (sample.judgement.outcome == Outcome::kPass) {
        ++correct;
        any = true;
      }
    }
    result.counted += static_cast<int>(counted);
    score_sum += own;
    if (counted == 0) continue;
    ++problems_counted;
    problem_sum += own / counted;
    passed += any;
  }
  result.absent = static_cast<int>(all) - result.counted;
  if (result.counted > 0) result.accuracy = score_sum / result.counted;
  if (problems_counted > 0) {
    // Wilson's score interval, z = 1.96.
    const double n = problems_counted, p = problem_sum / n, z = 1.959963984540054, z2 = z * z;
    const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    result.accuracy_low = std::max(0.0, centre - half);
    result.accuracy_high = std::min(1.0, centre + half);
    result.pass_at_k = passed / n;
  }
  if (all > 0) {
    result.mean_tokens = tokens / all;
    result.truncated = cut / all;
  }
  if (correct > 0) result.tokens_per_correct = tokens / correct;
  return result;
}

}  // namespace laconic::pipeline
