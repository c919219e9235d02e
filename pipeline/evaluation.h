// What an evaluation on the held-out problems found.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trajectory/record.h"

namespace laconic::pipeline {

struct EvalResult {
  std::string stage;             // name
  int step = 0;                  // batches done in the stage
  int problems = 0, samples = 0; // problems asked, samples per problem
  int counted = 0, absent = 0;   // of all samples: with a verdict, without
  double accuracy = 0;           // mean score of the counted samples: avg@samples
  double accuracy_low = 0, accuracy_high = 0;  // 95 % interval, over problems
  double pass_at_k = 0;          // share of problems with at least one correct sample
  double mean_tokens = 0;        // tokens the model wrote, a sample
  double tokens_per_correct = 0; // all of them ÷ correct samples; 0 when nothing is correct
  double truncated = 0;          // share cut at the token limit
  double tokens_correct = 0, tokens_wrong = 0;    // mean tokens of correct and of wrong (counted) answers; 0: none
  double forced = 0;             // share whose thinking was ended by a budget
  std::vector<std::pair<Outcome, int>> outcomes;  // how many samples ended in each, those that occur, in the table's order
  std::vector<std::pair<int, double>> pass_at;    // (k, pass@k) for k = 1, 2, 4, … and `samples`, ascending
};

// Of judged groups, one per problem.
//
// The interval: problems are the unit, samples of one problem are not independent. Wilson's score
// interval of the accuracy p with an effective number of answers n* = p(1 − p) / V, where V is the
// variance of p as a ratio estimate clustered by problem (Miller 2024, arXiv 2411.00640; Dean and Pagano
// 2015 for the design effect), at most the number of counted samples, and scaled by (z / t)², t being
// Student's quantile at problems − 1. With one sample a problem it is Wilson's own; at 0 and at 1, where
// V says nothing, n* is the number of problems.
//
// pass@k is the unbiased estimate 1 − C(n − c, k) / C(n, k) (Chen 2021, arXiv 2107.03374), n counted
// samples of a problem and c correct ones, averaged over the problems with n ≥ k; a k that no problem
// has is left out.
EvalResult evaluate_groups(const std::vector<trajectory::Group>& groups);

// Share of the counted samples that are right and ended within `tokens` tokens: what a cut of the whole
// answer would leave of it. NaN when none is counted.
double accuracy_within(const std::vector<trajectory::Group>& groups, int tokens);

// 1 − C(n − c, k) / C(n, k). Needs 1 ≤ k ≤ n, 0 ≤ c ≤ n.
double pass_at_k(int n, int c, int k);

}  // namespace laconic::pipeline
