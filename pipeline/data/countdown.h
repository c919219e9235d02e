// Generated Countdown: "make 46 from 3 7 25", and chains that try until a combination fits.
//
// A pure function of (options, key, draw); held out by a hash of the sorted numbers and the target
// (pipeline/data/generated.h). Every target is reached by using each number exactly once.
//
// A chain is one line a try, combining two numbers at a time until one is left: "7-3=4 4*25=100". It
// begins with some tries that miss (none in a short chain) and ends with one that hits, whose expression
// is the boxed answer, compound operands in parentheses: "\boxed{(3*7)+25}". Around it stand redundant
// parts, each left out or put in at random: the task restated ("46 from 3 7 25"), what a try has come to
// ("100 for 46 no", "46 for 46 yes"), the hit computed again ("check 3*7=21 21+25=46"). Some chains to imitate
// give up: they answer with a try that missed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct CountdownOptions {
  int min_numbers = 3, max_numbers = 3;  // how many numbers; each count is equally likely
  int max_number = 12, max_target = 99;  // numbers are drawn from 1 to max_number; no result on the way is larger than max_target
  bool multiplication = true, division = false;  // besides + and −
  int max_tries = 4;                     // most tries that miss before the one that hits; each count is equally likely
  double redundancy = 0.5;               // probability of each redundant part of a chain that is not short
  double short_share = 0.15;             // share of chains that hit at once, without any redundant part
  double give_up_rate = 0.2;             // share of chains to imitate that answer with a try that missed
  double heldout_fraction = 0.1;
  void declare(OptionSet& set);
};

void check(const CountdownOptions& options);  // throws Error when they contradict each other

Problem countdown_problem(const CountdownOptions& options, std::uint64_t key, std::uint32_t draw);
std::vector<Problem> countdown_heldout(const CountdownOptions& options, int count);

}  // namespace laconic::pipeline
