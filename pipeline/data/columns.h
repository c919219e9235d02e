// Column arithmetic as text: one operation worked digit by digit, right or with a slip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/philox.h"

namespace laconic::pipeline {

// How the steps of one pass are written; each draw is made per step from the chain's stream.
struct StepStyle {
  double spell_out = 0;   // probability that a step is spelt out ("ones 7+8=15 write 5 carry 1")
  double wrong_rate = 0;  // probability that a step's result is wrong by one
};

// Appends the steps of a+b, a−b (a ≥ b) or a·b to `lines` and returns the value that the steps
// lead to: the true one unless a step went wrong. a, b ≥ 0.
std::int64_t add_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines);
std::int64_t subtract_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines);
std::int64_t multiply_by_columns(std::int64_t a, std::int64_t b, const StepStyle& style, PhiloxStream& random, std::vector<std::string>& lines);

// "ones 7 8 tens 5 6": the digits of a and b by column.
std::string list_columns(std::int64_t a, std::int64_t b);

}  // namespace laconic::pipeline
