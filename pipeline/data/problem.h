// One row of a data set, whatever it came from: what is asked, what a verifier compares with.
#pragma once

#include <cstdint>
#include <string>

namespace laconic::pipeline {

struct Problem {
  std::string id;        // stable: generator parameters or file:line
  std::string system;    // system text that goes before the prompt; mostly empty
  std::string prompt;    // user text, with the instruction of its kind
  std::string columns;   // JSON object of all columns (holds the gold)
  std::string chain;     // reasoning for SFT, without the think tags; empty if the row has none
  std::string solution;  // text after the reasoning for SFT, e.g. "\\boxed{125}"; empty if none
  std::string verifier;  // who judges it: a name of the verifiers' registry, never empty
  std::uint64_t question = 0;  // hash of what is asked, blanks folded, without the instruction
};

}  // namespace laconic::pipeline
