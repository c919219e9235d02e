#include "verifiers/custom/options.h"

namespace laconic::verifiers::custom {

void ProcessOptions::declare(OptionSet& set) {
  set.add("command", command, {.help = "name = \"process\": the program and its arguments; it speaks one JSON object per line (docs/verifiers.md)"});
  set.add("cwd", cwd, {.help = "working folder of the verifier's process; empty: where laconic was started"});
  set.add("start_deadline_s", start_deadline_s, {.help = "from start to hello; also for python and library", .unit = "s", .min = 0.1, .max = 86400});
  set.add("request_deadline_s", request_deadline_s,
          {.help = "from a request to its reply; a process that is later is ended and started again; also for python and library", .unit = "s", .min = 0.01, .max = 86400});
  set.add("in_flight", in_flight, {.help = "most requests that one process works on at once; 0: what its hello says", .min = 0, .max = 1024});
  set.add("spare", spare, {.help = "keep a second process started, to take over when the first dies or hangs"});
  set.add("sandboxed", sandboxed, {.help = "run the process in the sandbox: no network, read-only files, limited memory"});
  set.add("memory_mb", memory_mb, {.help = "sandboxed only: memory of the process and its children together", .unit = "MB", .min = 16, .max = 1 << 24});
}

void PythonOptions::declare(OptionSet& set) {
  set.add("file", file, {.help = "name = \"python\": file that holds the reward function"});
  set.add("function", function, {.help = "its name, dots allowed; empty: the one function of the file with a known signature"});
  set.add("interpreter", interpreter, {.help = "the Python to run it with, version 3.8 or newer"});
  set.add("kind", kind,
          {.help = "how it is called: verl's compute_score, TRL's reward functions, reasoning-gym's score_answer; auto: by its parameters' names",
           .choices = {"auto", "verl", "trl", "reasoning_gym"}});
  set.add("pass_at", pass_at, {.help = "least score that counts as a correct answer, where the function does not say (verl's `acc`)"});
}

void LibraryOptions::declare(OptionSet& set) {
  set.add("path", path, {.help = "name = \"library\": shared object with the functions of laconic_verifier.h"});
}

void RubricOptions::declare(OptionSet& set) {
  set.add("parts", parts,
          {.help = "name = \"rubric\": verifiers and weights, as \"math*0.9\"; weight 0: a metric only; \"python:FUNCTION*1\" names a function of python.file"});
}

}  // namespace laconic::verifiers::custom
