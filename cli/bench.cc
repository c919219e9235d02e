// laconic bench: how fast it is on this machine.
#include "cli/bench.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/thread_team.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/records.h"
#include "cli/table.h"
#include "kernels/isa.h"

namespace laconic::cli {
namespace {

constexpr BenchSubject kSubjects[] = {
    {"sandbox", "runs of untrusted programs: Python, compiled C++, compiling",
     "Each measure is taken several times, in turns, so that the machine's other work falls on all of them; the best and the median are "
     "told. The compile measures need the programs of bench/contest.",
     "", declare_bench_sandbox},
    {"tokenizer", "text to token ids and back, on one core",
     "Besides the texts given, texts made to be slow are encoded: a word of a megabyte, one letter, spaces, emoji, marks to be ordered.",
     " CHECKPOINT --text BOOK.txt", declare_bench_tokenizer},
};

Json machine() {
  utsname kernel{};
  ::uname(&kernel);
  std::string cpu = "unknown";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) {
      cpu = line.substr(line.find(':') + 2);
      break;
    }
  Json isas = Json::array();
  for (const kernels::Isa isa : kernels::executable_isas()) isas.push_back(kernels::name_of(isa));
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return {{"cpu", cpu}, {"cores", usable_cores()}, {"instruction_sets", isas}, {"kernel", std::string(kernel.sysname) + " " + kernel.release}, {"load", load}};
}

// Three digits that matter, and no more.
std::string short_number(double value) {
  if (value >= 1000) return fmt::format("{:.0f}", value);
  if (value >= 100) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.3f}", value);
}

void print_result(const BenchResult& result) {
  const Json m = machine();
  std::string isas;
  for (const auto& isa : m["instruction_sets"]) isas += (isas.empty() ? "" : ", ") + isa.get<std::string>();
  fmt::print("{}, {} cores, {}, {}, load {}\n{}\n\n", m["cpu"].get<std::string>(), m["cores"].get<int>(), isas, m["kernel"].get<std::string>(), m["load"].get<double>(), result.setting);
  Table table({{"measure", false, true}, {"best", true}, {"median", true}, {"unit"}, {"bar", true}, {""}});
  for (const Measure& measure : result.measures) {
    const std::string bar = measure.bar ? fmt::format("{} {}", measure.more_is_better ? "≥" : "≤", short_number(*measure.bar)) : "";
    table.add({measure.name, short_number(measure.best()), short_number(measure.median()), measure.unit, bar,
               measure.reached() ? (*measure.reached() ? "reached" : "missed") : measure.note});
  }
  print(table);
}

Json result_json(const std::string& subject, const BenchResult& result) {
  Json measures = Json::array();
  for (const Measure& m : result.measures) {
    Json json = {{"name", m.name}, {"unit", m.unit}, {"best", m.best()}, {"median", m.median()}, {"samples", m.samples}, {"more_is_better", m.more_is_better}};
    json["bar"] = m.bar ? Json(*m.bar) : Json();
    json["reached"] = m.reached() ? Json(*m.reached()) : Json();
    if (!m.note.empty()) json["note"] = m.note;
    measures.push_back(std::move(json));
  }
  return {{"subject", subject}, {"machine", machine()}, {"setting", result.setting}, {"measures", measures}};
}

}  // namespace

double Measure::best() const { return samples.empty() ? NAN : more_is_better ? *std::max_element(samples.begin(), samples.end()) : *std::min_element(samples.begin(), samples.end()); }

double Measure::median() const {
  if (samples.empty()) return NAN;
  std::vector<double> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

std::optional<bool> Measure::reached() const {
  if (!bar) return std::nullopt;
  const double value = quotient ? median() : best();
  return more_is_better ? value >= *bar : value <= *bar;
}

Measure ratio(const std::string& name, const Measure& above, const Measure& below, std::optional<double> bar, bool more_is_better) {
  Measure m{name, "×", {}, more_is_better, bar, {}, true};
  for (std::size_t i = 0; i < std::min(above.samples.size(), below.samples.size()); ++i) m.samples.push_back(above.samples[i] / below.samples[i]);
  return m;
}

void add_bench(Command& root) {
  Command& bench = root.sub("bench", "measure this machine at one of Laconic's tasks", "the machine");
  for (const BenchSubject& subject : kSubjects) {
    Command& c = bench.sub(subject.name, subject.about, "subjects");
    c.details(subject.details);
    c.example(fmt::format("laconic bench {}{}", subject.name, subject.operands));
    c.example(fmt::format("laconic bench {}{} --json", subject.name, subject.operands));
    const auto work = subject.declare(c);
    auto json = std::make_shared<bool>(false);
    c.flag("--json", *json, "print JSON");
    c.action([&subject, work, json] {
      const bool shown = is_terminal(STDERR_FILENO);
      const BenchResult result = work([shown](const std::string& what) {
        if (shown) fmt::print(stderr, "\r\033[K{}", what);
        if (shown) std::fflush(stderr);
      });
      if (shown) fmt::print(stderr, "\r\033[K");
      if (*json) print_json(result_json(subject.name, result));
      else print_result(result);
      return static_cast<int>(kExitOk);
    });
  }
}

}  // namespace laconic::cli
