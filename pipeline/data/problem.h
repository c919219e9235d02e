// One row of a data set, whatever it came from: what is asked, what a verifier compares with.
#pragma once

#include <string>

namespace laconic::pipeline {

struct Problem {
  std::string id;        // stable: generator parameters or file:line
  std::string prompt;    // user text
  std::string columns;   // JSON object of all columns (holds the gold)
  std::string chain;     // reasoning for SFT, without the think tags; empty if the row has none
  std::string solution;  // text after the reasoning for SFT, e.g. "\\boxed{125}"; empty if none
};

}  // namespace laconic::pipeline
