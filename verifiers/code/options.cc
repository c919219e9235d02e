#include "verifiers/code/options.h"

#include "base/error.h"

namespace laconic::verifiers::code {

void CodeOptions::declare(OptionSet& set) {
  set.add("language", language, {.help = "language of rows that name none: python, cpp17, cpp20 or one of `languages`"});
  set.add("languages", languages, {.help = "folder of further language descriptions (*.toml)"});
  set.add("compare", compare, {.help = "standard output against the expected one; row: the row's `comparison` column, else the rule of its data set",
                               .choices = {"row", "exact", "trailing_space", "tokens", "unordered_lines"}});
  set.add("float_absolute", float_absolute,
          {.help = "numbers may differ by this much; negative: the data set's rule (outputs), 1e-6 (results of calls)", .min = -1});
  set.add("float_relative", float_relative,
          {.help = "numbers may differ by this share of the expected one; negative: as above", .min = -1});
  set.add("time_limit", time_limit, {.help = "CPU time of one test, where the row has no time_limit", .unit = "s", .min = 0.1, .max = 600});
  set.add("memory_limit", memory_limit, {.help = "memory of one test, where the row has no memory_limit", .unit = "MB", .min = 16, .max = 1 << 20});
  set.add("compile_time_limit", compile_time_limit, {.help = "CPU time of the compiler", .unit = "s", .min = 1, .max = 600});
  set.add("compile_memory_limit", compile_memory_limit, {.help = "memory of the compiler", .unit = "MB", .min = 256, .max = 1 << 20});
  set.add("cpu_per_answer", cpu_per_answer, {.help = "CPU time of one answer over all its tests; beyond it the answer has timed out", .unit = "s", .min = 1, .max = 86400});
  set.add("scoring", scoring, {.help = "all: 1 when every test passes, else 0; fraction: the share of tests passed", .choices = {"all", "fraction"}});
  set.add("stop_early", stop_early, {.help = "stop at the first test failed; must be false with scoring = \"fraction\""});
  set.add("assert_mode", assert_mode, {.help = "split: asserts run apart from the answer, and tasks where that cannot be are set aside; "
                                               "weak: those run in the answer's own process, where it can cheat", .choices = {"split", "weak"}});
  set.add("precompiled", precompiled, {.help = "folder of precompiled headers; empty: ~/.cache/laconic; none: do without"});
  set.add("python", python, {.help = "command of the Python that runs answers"});
  set.add("python_imports", python_imports, {.help = "modules imported once, before the first answer; a program that imports others waits for them itself"});
  set.add("slots", slots, {.help = "programs run at once; 0: one for each usable core", .min = 0, .max = 1024});
  set.add("level", level, {.help = "sandbox level; empty: the best this machine offers", .choices = {"", "A", "B"}});
}

void CodeOptions::check() const {
  if (scoring == "fraction" && stop_early) {
    throw Error("scoring = \"fraction\" with stop_early = true would score where the first failure stands, not how many tests pass",
                "verifier.code", "set stop_early = false, or scoring = \"all\"");
  }
}

}  // namespace laconic::verifiers::code
