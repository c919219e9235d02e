// laconic runs: what was trained, and what it brought.
#include <cmath>
#include <cstdio>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/records.h"
#include "cli/run_access.h"
#include "cli/table.h"
#include "pipeline/run_checkpoint.h"
#include "pipeline/run_folder.h"
#include "pipeline/summary.h"

namespace laconic::cli {
namespace {

struct RunsOptions {
  std::string runs = "runs", run;
  bool json = false;
};

struct RunState {
  std::string name;
  fs::path path;
  std::string state;                 // "running", "finished", "stopped", "failed", "interrupted"
  std::optional<int> pid;            // of the hub, while it runs
  std::optional<pipeline::Summary> summary;
  double age = 0;                    // seconds since the run last wrote
};

RunState state_of(const fs::path& path) {
  RunState run;
  run.path = path;
  run.name = path.filename().string();
  run.pid = running_hub(path);
  if (fs::exists(path / "summary.json")) run.summary = pipeline::parse_summary(read_file(path / "summary.json"), (path / "summary.json").string());
  if (run.pid) run.state = "running";
  else if (run.summary && run.summary->state != "running") run.state = run.summary->state;
  else run.state = "interrupted";  // killed before it could say so
  std::error_code none;
  fs::file_time_type newest = fs::last_write_time(path, none);
  for (const char* file : {"metrics.jsonl", "summary.json"})
    if (const auto time = fs::last_write_time(path / file, none); !none) newest = std::max(newest, time);
  run.age = std::chrono::duration<double>(fs::file_time_type::clock::now() - newest).count();
  return run;
}

// The summary's JSON, or its empty form; the state is what is true now.
Json run_json(const RunState& run) {
  pipeline::Summary summary = run.summary.value_or(pipeline::Summary{.run = run.name});
  summary.state = run.state;
  Json json = Json::parse(pipeline::summary_json(summary));
  json["path"] = run.path.string();
  json["pid"] = run.pid ? Json(*run.pid) : Json();
  Json checkpoints = Json::array();
  for (const pipeline::RunCheckpoint& c : pipeline::list_checkpoints(run.path))
    checkpoints.push_back({{"path", c.folder.string()}, {"stage", c.stage_name}, {"step", c.step}, {"stage_done", c.stage_done}});
  json["checkpoints"] = checkpoints;
  return json;
}

int list(const RunsOptions& o) {
  std::vector<RunState> runs;
  for (const std::string& name : pipeline::list_runs(o.runs)) runs.push_back(state_of(fs::path(o.runs) / name));
  if (o.json) {
    Json json = Json::array();
    for (const RunState& run : runs) json.push_back(run_json(run));
    print_json(json);
    return kExitOk;
  }
  if (runs.empty()) {
    fmt::print(stderr, "no run in `{}`; `laconic train recipes/arithmetic.toml` makes one\n", o.runs);
    return kExitOk;
  }
  Table table({{"run"}, {"state"}, {"at"}, {"accuracy"}, {"tokens"}, {"wall time", true}, {"last written", true}});
  for (const RunState& run : runs) {
    const auto change = [&](auto&& value) -> std::string {
      if (!run.summary || !run.summary->before) return "–";
      return value(*run.summary->before) + (run.summary->after ? " → " + value(*run.summary->after) : "");
    };
    table.add({run.name, run.state, run.summary ? fmt::format("{} {}", run.summary->stage, run.summary->step) : "–",
               change([](const pipeline::EvalResult& e) { return e.counted ? percent(e.accuracy) : std::string("–"); }),
               change([](const pipeline::EvalResult& e) { return fixed(e.mean_tokens, 1); }),
               run.summary ? human_seconds(run.summary->wall_s) : "–", ago(run.age) + " ago"});
  }
  print(table);
  return kExitOk;
}

// One metric of the run's RL steps, in order.
std::vector<double> curve(const fs::path& run, const std::string& name) {
  std::vector<double> values;
  if (!fs::exists(run / "metrics.jsonl")) return values;
  std::istringstream lines(read_file(run / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded() || json.value("type", "") != "rl") continue;  // a writer may be in the middle of a line
    const auto found = json.find(name);
    values.push_back(found != json.end() && found->is_number() ? found->get<double>() : NAN);
  }
  return values;
}

int show(const RunsOptions& o) {
  const RunState run = state_of(run_path(o.runs, o.run));
  if (o.json) {
    print_json(run_json(run));
    return kExitOk;
  }
  const Style style = Style::of(STDOUT_FILENO);
  if (run.pid) fmt::print("{} is running (process {})\n", style.bold(run.name), *run.pid);
  if (run.summary) {
    pipeline::Summary summary = *run.summary;
    summary.state = run.state;
    fmt::print("{}\n", pipeline::summary_text(summary));
  } else {
    fmt::print("{}  {}, no evaluation yet\n", style.bold(run.name), run.state);
  }
  for (const auto& [name, metric] : {std::pair{"accuracy", "accuracy"}, {"tokens  ", "completions/mean_length"}, {"reward  ", "reward/shaped"}}) {
    const std::vector<double> values = curve(run.path, metric);
    if (values.size() >= 2) fmt::print("{}  {}  {} → {}\n", name, sparkline(values, 60), fixed(values.front(), 3), fixed(values.back(), 3));
  }
  const auto checkpoints = pipeline::list_checkpoints(run.path);
  for (const pipeline::RunCheckpoint& c : checkpoints) fmt::print("checkpoint  {}\n", c.folder.string());
  if (!run.pid && run.state != "finished") fmt::print("`laconic train --resume {}` continues it\n", run.name);
  else if (!checkpoints.empty()) fmt::print("`laconic generate {}` samples from it\n", checkpoints.back().folder.string());
  return kExitOk;
}

}  // namespace

void add_runs(Command& root) {
  Command& runs = root.sub("runs", "list runs, show what one brought", "read a run");
  {
    auto o = std::make_shared<RunsOptions>();
    Command& c = runs.sub("list", "list the runs, oldest first", "commands");
    c.flag("--json", o->json, "print JSON");
    c.option("--runs", o->runs, "DIR", "where runs are kept");
    c.example("laconic runs list");
    c.action([o] { return list(*o); });
  }
  {
    auto o = std::make_shared<RunsOptions>();
    Command& c = runs.sub("show", "show what a run changed: accuracy and tokens before and after", "commands");
    c.argument("RUN", o->run, "name or path of a run, or `latest`");
    c.flag("--json", o->json, "print JSON: the content of summary.json, the state, the checkpoints");
    c.option("--runs", o->runs, "DIR", "where runs are kept");
    c.example("laconic runs show latest");
    c.example("laconic runs show arithmetic-1 --json");
    c.action([o] { return show(*o); });
  }
}

}  // namespace laconic::cli
