// What an evaluation on the held-out problems found.
#pragma once

#include <string>
#include <vector>

#include "trajectory/record.h"

namespace laconic::pipeline {

struct EvalResult {
  std::string stage;             // name
  int step = 0;                  // batches done in the stage
  int problems = 0, samples = 0; // problems asked, samples per problem
  int counted = 0, absent = 0;   // of all samples: with a verdict, without
  double accuracy = 0;           // mean score of the counted samples: avg@samples
  double accuracy_low = 0, accuracy_high = 0;  // 95 % interval over problems
  double pass_at_k = 0;          // share of problems with at least one correct sample
  double mean_tokens = 0;        // response tokens a sample
  double tokens_per_correct = 0; // all response tokens ÷ correct samples; 0 when nothing is correct
  double truncated = 0;          // share cut at the token limit
};

// Of judged groups, one per problem. The interval is Wilson's on the mean of the per-problem scores,
// with n = problems (samples of one problem are not independent): honest at 0 and 1 too.
EvalResult evaluate_groups(const std::vector<trajectory::Group>& groups);

}  // namespace laconic::pipeline
