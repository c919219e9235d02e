// The settings of the code verifier: keys of a recipe's [verifier.code] section.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"

namespace laconic::verifiers::code {

struct CodeOptions {
  std::string language = "python";        // where the row names none
  std::string languages;                  // folder of further descriptions (*.toml); empty: none
  std::string compare = "row";            // "row": the row's `comparison`, else its data set's
  double float_absolute = -1;             // < 0: the data set's rule (standard output), 1e-6 (results of calls)
  double float_relative = -1;
  double time_limit = 10;                 // s of CPU a test, where the row has no time_limit
  double memory_limit = 1024;             // MB a test, where the row has no memory_limit
  double compile_time_limit = 20;         // s of CPU
  double compile_memory_limit = 2048;     // MB
  double cpu_per_answer = 60;             // s, over all tests of one answer
  std::string scoring = "all";            // "all": 1 or 0; "fraction": the share of tests passed
  bool stop_early = true;                 // at the first test failed
  std::string assert_mode = "split";      // "weak": tasks that cannot be split run in the answer's own process
  std::string precompiled;                // folder of precompiled headers; empty: the user's cache, "none": do without
  std::vector<std::string> python = {"/usr/bin/python3"};
  std::vector<std::string> python_imports = {"array",    "bisect",  "collections", "copy",     "datetime", "decimal", "fractions", "functools",
                                             "heapq",    "io",      "itertools",   "json",     "math",     "operator", "queue",    "random",
                                             "re",       "statistics", "string",   "sys",      "time",     "typing"};
  std::int64_t slots = 0;                 // programs run at once; 0: usable cores
  std::string level;                      // of the sandbox: "" is the best there is, "A" or "B"

  void declare(OptionSet& set);

  // Throws Error when settings contradict each other: early stop together with scoring = "fraction"
  // would score the position of the first failure.
  void check() const;
};

}  // namespace laconic::verifiers::code
