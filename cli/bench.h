// `laconic bench SUBJECT`: measured here, now, several times; ratios within one run. A subject is one row of
// bench_subjects(); printing, `--json` and the machine's description are shared.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace laconic::cli {

// One quantity, measured `samples.size()` times.
struct Measure {
  std::string name, unit;
  std::vector<double> samples;
  bool more_is_better = true;
  std::optional<double> bar;   // what it is to reach; none: told for its own sake
  std::string note;
  bool quotient = false;       // of two measures: noise falls on both, so the median judges it, not the best

  double best() const;
  double median() const;
  std::optional<bool> reached() const;  // by the best sample (the machine's other work only slows), or a quotient's median
};

// One sample of a quotient for each pair of samples, which were taken one after the other.
Measure ratio(const std::string& name, const Measure& above, const Measure& below, std::optional<double> bar, bool more_is_better);

struct BenchResult {
  std::string setting;         // "level A, 2 at once, Python 3.11.2, g++ 12.2.0"
  std::vector<Measure> measures;
};

struct BenchSubject {
  const char* name;
  const char* about;
  const char* details;
  const char* operands;  // of the examples
  // Declares its own options; what it returns does the work. `progress`: one line about what is under way.
  std::function<BenchResult(const std::function<void(const std::string&)>& progress)> (*declare)(Command&);
};

std::function<BenchResult(const std::function<void(const std::string&)>&)> declare_bench_sandbox(Command& command);
std::function<BenchResult(const std::function<void(const std::string&)>&)> declare_bench_tokenizer(Command& command);

}  // namespace laconic::cli
