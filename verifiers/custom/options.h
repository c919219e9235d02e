// The recipe keys of verifiers that users write: `[verifier]` with name = "process", "python",
// "library" or "rubric".
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace laconic::verifiers::custom {

// How a worker process is started and watched. `command` and `cwd` are for name = "process"; the rest
// holds for "python" and "library" too, which run in such a process.
struct ProcessOptions {
  std::vector<std::string> command;  // program and arguments; found in PATH or by its path
  std::string cwd;                   // empty: where laconic was started
  double start_deadline_s = 60;      // from start to hello
  double request_deadline_s = 20;    // from sending a request to its reply
  int in_flight = 0;                 // most requests at once; 0: what the hello says
  bool spare = true;                 // a second process, started and idle, takes over at once
  bool sandboxed = false;            // no network, read-only files, memory limit
  int memory_mb = 4096;              // sandboxed only: of all its processes together
  void declare(OptionSet& set);
};

struct PythonOptions {
  std::string file;                  // the user's file
  std::string function;              // a name in it, dots allowed; empty: found by its signature
  std::string interpreter = "python3";
  std::string kind = "auto";         // auto | verl | trl | reasoning_gym
  double pass_at = 1;                // least score that is a pass, where the function does not say
  void declare(OptionSet& set);
};

struct LibraryOptions {
  std::string path;                  // the shared object
  void declare(OptionSet& set);
};

struct RubricOptions {
  std::vector<std::string> parts;    // "math*0.9", "format*0.1", "language*0"; "python:FUNCTION*1"
  void declare(OptionSet& set);
};

}  // namespace laconic::verifiers::custom
