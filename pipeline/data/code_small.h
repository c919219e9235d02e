// Generated programming tasks, so small that a tiny model can learn to print the programs: "Read a and b
// from one line. Print the larger of a and b plus 3.", judged by running them on hidden inputs.
//
// A pure function of (options, key, draw); held out by a hash of the text (pipeline/data/generated.h).
// The row's `tests` hold input and expected output; a chain restates each printed value as an expression
// and the solution is the program in a ```python fence. Redundant lines of a chain are left out or put in
// at random; a chain to imitate writes a wrong expression now and then, and the program follows it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct CodeSmallOptions {
  int max_outputs = 2;             // values printed, each on its line; each count is equally likely
  int max_constant = 9;            // constants in a task are drawn from 2 to this
  int tests = 5;                   // inputs a program is run on
  double redundancy = 0.5;         // probability of each redundant line of a chain
  double wrong_step_rate = 0.1;    // probability that an expression is wrong in a chain to imitate
  double heldout_fraction = 0.1;
  void declare(OptionSet& set);
};

Problem code_small_problem(const CodeSmallOptions& options, std::uint64_t key, std::uint32_t draw);
std::vector<Problem> code_small_heldout(const CodeSmallOptions& options, int count);

}  // namespace laconic::pipeline
