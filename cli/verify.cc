// laconic verify: which verifiers there are, one of your own, and a verifier on a file of cases.
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/records.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verify_new.h"
#include "cli/verify_spec.h"
#include "verifiers/custom/library_host.h"

namespace laconic::cli {
namespace {

using verifiers::Verdict;
using verifiers::VerifyRequest;

// ---- list -------------------------------------------------------------------------------------

int list(bool json) {
  if (json) {
    Json out = Json::array();
    for (const verifiers::VerifierEntry& entry : verifiers::registry()) out.push_back({{"name", entry.name}, {"summary", entry.summary}});
    print_json(out);
    return kExitOk;
  }
  Table table({{"verifier"}, {"decides by", false, true}});
  for (const verifiers::VerifierEntry& entry : verifiers::registry()) table.add({entry.name, entry.summary});
  print(table);
  return kExitOk;
}

// ---- new --------------------------------------------------------------------------------------

int scaffold(const std::string& name, const std::string& language) {
  for (const std::string& file : write_verifier_scaffold(name, language)) fmt::print("{}\n", file);
  std::fflush(stdout);
  fmt::print(stderr, "try it:\n");
  for (const std::string& command : scaffold_commands(name, language)) fmt::print(stderr, "  {}\n", command);
  return kExitOk;
}

// ---- run --------------------------------------------------------------------------------------

struct RunOptions {
  std::string spec, cases;
  std::vector<std::string> settings;
  bool json = false, wrong = false;
};

struct Totals {
  std::size_t cases = 0, expected = 0;
  std::vector<std::size_t> unexpected;
  std::map<std::string, std::size_t> outcomes;
  double seconds = 0;
};

std::int64_t micros(double seconds) { return static_cast<std::int64_t>(seconds * 1e6 + 0.5); }

Json case_json(std::size_t index, const VerifyCase& c, const Verdict& verdict) {
  const auto score = counted_score(verdict.outcome, verdict.score);
  Json json = {{"index", index}, {"outcome", name_of(verdict.outcome)}, {"score", score ? Json(*score) : Json()}, {"extracted", verdict.extracted},
               {"explanation", verdict.explanation}, {"micros", micros(verdict.seconds)}};
  if (!verdict.metrics.empty()) {
    Json metrics = Json::object();
    for (const auto& [name, value] : verdict.metrics) metrics[name] = value;
    json["metrics"] = metrics;
  }
  if (!c.expectation().empty()) json["as_expected"] = c.as_expected(verdict);
  return json;
}

void print_line(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

std::string summary(const Totals& totals) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : totals.outcomes) parts.push_back(fmt::format("{} {}", count, name));
  std::string text = fmt::format("{} case{}: {}", totals.cases, totals.cases == 1 ? "" : "s", fmt::join(parts, ", "));
  if (totals.expected > 0) text += fmt::format("; {} of {} as expected", totals.expected - totals.unexpected.size(), totals.expected);
  return text + "; " + human_seconds(totals.seconds);
}

// Neighbours with the same row are judged together, as the samples of a group are in training.
std::size_t end_of_group(const std::vector<VerifyCase>& cases, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < cases.size() && cases[end].request.columns == cases[begin].request.columns && cases[end].request.prompt == cases[begin].request.prompt) ++end;
  return end;
}

int run(const RunOptions& o) {
  const std::vector<VerifyCase> cases = read_verify_cases(o.cases);
  const verifiers::VerifierSpec spec = read_verifier_spec(o.spec, o.settings);
  const auto verifier = as_usage([&] { return verifiers::make_verifier(spec); });
  Totals totals;
  Table table({{"case", true}, {"outcome"}, {"score", true}, {"expected"}, {"time", true}, {"extracted"}, {"explanation", false, true}});
  const double start = Clock::system().now();
  bool shown = false;
  for (std::size_t begin = 0; begin < cases.size();) {
    const std::size_t end = end_of_group(cases, begin);
    std::vector<VerifyRequest> requests;
    for (std::size_t i = begin; i < end; ++i) requests.push_back(cases[i].request);
    const std::vector<Verdict> verdicts = run_verifier(*verifier, requests, {}, Clock::system());
    for (std::size_t i = begin; i < end; ++i) {
      const Verdict& verdict = verdicts[i - begin];
      const VerifyCase& c = cases[i];
      const bool right = c.as_expected(verdict), expects = !c.expectation().empty();
      ++totals.cases;
      ++totals.outcomes[std::string(name_of(verdict.outcome))];
      totals.expected += expects;
      if (!right) totals.unexpected.push_back(i);
      if (o.wrong && right && verdict.outcome != Outcome::kInfraError) continue;
      shown = true;
      if (o.json) print_line(case_json(i, c, verdict));
      else
        table.add({std::to_string(i), std::string(name_of(verdict.outcome)), fixed(counted_score(verdict.outcome, verdict.score), 3),
                   !expects ? "" : right ? "as expected" : "NOT " + c.expectation(), fmt::format("{:.1f} ms", verdict.seconds * 1e3),
                   shortened(printable(verdict.extracted, true), 24), printable(verdict.explanation, true)});
    }
    begin = end;
  }
  totals.seconds = Clock::system().now() - start;
  const std::size_t faults = totals.outcomes[std::string(name_of(Outcome::kInfraError))];
  if (faults == 0) totals.outcomes.erase(std::string(name_of(Outcome::kInfraError)));
  if (o.json) {
    print_line({{"cases", totals.cases}, {"outcomes", totals.outcomes}, {"expected", totals.expected}, {"unexpected", totals.unexpected}, {"micros", micros(totals.seconds)}});
  } else {
    if (shown) print(table);
    fmt::print("{}\n", summary(totals));
  }
  return totals.unexpected.empty() && faults == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_verify(Command& root) {
  Command& verify = root.sub("verify", "verifiers: list them, write one, run one on a file of cases", "train and measure");
  {
    auto json = std::make_shared<bool>(false);
    Command& c = verify.sub("list", "list the verifiers", "commands");
    c.flag("--json", *json, "print JSON");
    c.example("laconic verify list");
    c.action([json] { return list(*json); });
  }
  {
    auto name = std::make_shared<std::string>();
    auto language = std::make_shared<std::string>("python");
    Command& c = verify.sub("new", "write a verifier to start from, with cases that pass", "commands");
    c.argument("NAME", *name, "the folder to write");
    c.option("--lang", *language, "LANG", "`python`: a reward function; `cpp`: a shared object", {"python", "cpp"});
    c.details("docs/verifiers.md says what a verifier is given and what it may answer. Any other language: a program that speaks the line protocol described there.");
    c.example("laconic verify new my_verifier");
    c.example("laconic verify new my_verifier --lang cpp");
    c.action([name, language] { return scaffold(*name, *language); });
  }
  {
    auto o = std::make_shared<RunOptions>();
    Command& c = verify.sub("run", "run a verifier on a file of cases", "commands");
    c.argument("SPEC", o->spec, "a name of `verify list`, a TOML file with [verifier], a .py or .so file, or a program");
    c.argument("CASES", o->cases, "JSONL: `gold`, `pred` (the response), maybe `expected`, `prompt` and any column");
    c.option("--set", o->settings, "KEY=VALUE", "a key of [verifier], such as python.function=f");
    c.flag("--wrong", o->wrong, "print only the cases that are not as expected or whose verifier failed");
    c.flag("--json", o->json, "print one JSON line per case and a last one with the totals");
    c.details("`expected` is an outcome (pass, fail, no_answer, …), true, false or a score. Neighbouring cases with the same columns are judged "
              "together, as the samples of a group are. Exit code 1: a case is not as expected, or the verifier failed on it.");
    c.example("laconic verify run my_verifier/verifier.toml my_verifier/cases.jsonl");
    c.example("laconic verify run reward.py cases.jsonl --set python.function=accuracy_reward --wrong");
    c.action([o] { return run(*o); });
  }
  {
    auto path = std::make_shared<std::string>();
    Command& c = verify.sub("serve-library", "the worker process of a shared object; started by laconic itself", "");
    c.argument("PATH", *path, "the shared object");
    c.example("laconic verify serve-library ./libverifier.so");
    c.action([path] {
      verifiers::custom::serve_library(*path);
      return static_cast<int>(kExitOk);
    });
  }
}

}  // namespace laconic::cli
