// Generated arithmetic: problems such as "57+68=", and worked chains to imitate.
//
// Everything is a pure function of (options, key, draw): no state, any thread, any order.
// Held-out problems are chosen by a hash of the problem's text, so that training draws and the
// evaluation list are disjoint by construction, whatever the seed.
//
// A chain is lines of column arithmetic, lowest column first, every operand padded with zeros to
// the widest one. The shortest chain for 57+68 is "7+8=15" and "5+6+1=12"; for 83-57, "13-7=6" and
// "8-5-1=2". Around that stand redundant parts, each left out or put in at random: the problem
// restated ("add 57 and 68"), its columns listed ("ones 7 8 tens 5 6"), steps spelt out
// ("ones 7+8=15 write 5 carry 1"), the result repeated ("so 125") and the whole computation done
// again ("check"). The answer is that of the last pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct ArithmeticOptions {
  bool addition = true, subtraction = true, multiplication = false;
  int min_digits = 1, max_digits = 2;  // of an operand; each count is equally likely
  int terms = 2;                       // operands of a problem; 3 or 4: mixed expressions
  bool negative = false;               // results (also of parts) may be negative
  std::string question = "{}=";        // the prompt around the expression
  double redundancy = 0.5;             // probability of each redundant part of a chain that is not short
  int max_checks = 2;                  // most repetitions of the whole computation
  double short_share = 0.15;           // share of chains without any redundant part
  double wrong_step_rate = 0.1;        // probability that a column's result is wrong; the rest follows from it
  double heldout_fraction = 0.1;
  void declare(OptionSet& set);
};

// Throws Error when no problem can satisfy the options (no operation, min above max).
void check(const ArithmeticOptions& options);

// The training problem of (key, draw): never a held-out one. `key` is philox_key of the step's
// ticket (base/ticket.h). The stream it draws from is its own: token sampling may use the same key.
Problem arithmetic_problem(const ArithmeticOptions& options, std::uint64_t key, std::uint32_t draw);

// `count` distinct held-out problems, drawn from the same distribution; their chains are right in
// every step. The list depends on the options that shape problems only, not on a seed or on the
// chain's options, and a shorter list begins a longer one. Throws
// Error naming how many were found when there are fewer than `count`.
std::vector<Problem> arithmetic_heldout(const ArithmeticOptions& options, int count);

}  // namespace laconic::pipeline
