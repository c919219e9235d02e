// The whole hub with scripted roles: what it samples, judges, learns and keeps; and that a run ends in
// the same weights wherever it was cut.
#include <cstdio>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/metric_names.h"
#include "pipeline/metrics_log.h"
#include "pipeline/run_checkpoint.h"
#include "pipeline/run_folder.h"
#include "pipeline/train.h"
#include "tests/pipeline/fake_roles.h"
#include "tests/pipeline/scratch.h"
#include "trajectory/store.h"

namespace laconic::pipeline {
namespace {

const char* const kRecipe = R"(seed = 5
[model]
hidden_size = 32
layers = 2
intermediate_size = 64
heads = 2
kv_lora_rank = 16
qk_nope_head_dim = 8
qk_rope_head_dim = 8
v_head_dim = 8
experts = 4
experts_per_token = 2
moe_intermediate_size = 16
positions = 200
vocab_size = 300
tokenizer_chains = 60
[rollout]
kv_mb = 8
[run]
checkpoint_every = 2
checkpoint_keep = 2
[run.eval]
every = 3
problems = 5
[[stage]]
type = "sft"
steps = 3
batch = 4
[[stage]]
type = "rl"
steps = 5
sampling.max_tokens = 48
objective.group_size = 4
objective.prompts_per_step = 3
objective.max_rounds = 3
)";

struct HubDied {};  // not an Error: the run unwinds as it stands

// Keeps what it is told; dies or interrupts where the test says.
class Watcher : public Observer {
 public:
  std::vector<std::string> steps, warnings, notes;
  std::vector<EvalResult> evals;
  std::vector<WaitLine> waits;
  std::string resumed;
  std::function<void(const std::string& event)> hook;

  void run_started(const std::string&, const std::string&, const std::string& from) override { resumed = from; }
  void phase_started(const PhaseLine& p) override { say(fmt::format("start {} {} {}", p.phase, p.stage, p.step)); }
  void groups_done(const std::string&, int step, int judged, int sampled, int) override { say(fmt::format("groups {} {} {}", step, judged, sampled)); }
  void step_finished(const StepLine& s) override {
    steps.push_back(fmt::format("{} {}/{}", s.stage, s.step, s.steps));
    say("step " + steps.back());
  }
  void evaluated(const EvalResult& r) override {
    evals.push_back(r);
    say(fmt::format("eval {} {}", r.stage, r.step));
  }
  void waiting(const WaitLine& w) override { waits.push_back(w); }
  void warning(const std::string& text) override { warnings.push_back(text); }
  void note(const std::string& text) override { notes.push_back(text); }

 private:
  void say(const std::string& event) {
    if (hook) hook(event);
  }
};

class HubTest : public ::testing::TestWithParam<int> {  // the lag
 protected:
  Scratch scratch;
  Script script;
  ThreadLauncher launcher{script};
  fs::path runs = scratch.path() / "runs";

  HubTest() { write_file_durably(scratch.path() / "tiny.toml", kRecipe); }

  TrainRequest request(const std::string& name, std::vector<std::string> overrides = {}) {
    TrainRequest r;
    r.recipe = scratch.path() / "tiny.toml";
    r.overrides = std::move(overrides);
    r.overrides.push_back("rl.lag=" + std::to_string(GetParam()));
    r.name = name;
    r.runs = runs;
    r.command = "test";
    r.launcher = &launcher;
    return r;
  }
  TrainRequest resume(const std::string& name) {
    TrainRequest r;
    r.name = name;
    r.resume = true;
    r.runs = runs;
    r.launcher = &launcher;
    return r;
  }
  std::string undisturbed() {
    Watcher watcher;
    return train(request("undisturbed"), watcher).summary.weights_sha256;
  }
  // The metrics file without what the clock puts in.
  std::vector<std::string> metrics(const std::string& name) {
    std::vector<std::string> lines;
    std::istringstream in(read_file(runs / name / "metrics.jsonl"));
    for (std::string line; std::getline(in, line);) {
      auto json = nlohmann::json::parse(line);
      for (auto at = json.begin(); at != json.end();) at = at.key().rfind("time", 0) == 0 || at.key().rfind("perf/", 0) == 0 ? json.erase(at) : std::next(at);
      lines.push_back(json.dump());
    }
    return lines;
  }
};

TEST_P(HubTest, RunsToTheEndAndKeepsEverything) {
  Watcher watcher;
  const TrainResult result = train(request("whole"), watcher);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(watcher.steps, (std::vector<std::string>{"sft 1/3", "sft 2/3", "sft 3/3", "rl 1/5", "rl 2/5", "rl 3/5", "rl 4/5", "rl 5/5"}));
  EXPECT_EQ(watcher.warnings, std::vector<std::string>{});
  ASSERT_EQ(watcher.evals.size(), 3u);
  EXPECT_EQ(watcher.evals[0].step, 0);
  EXPECT_EQ(watcher.evals[1].step, 3);
  EXPECT_EQ(watcher.evals[2].step, 5);
  EXPECT_EQ(result.summary.state, "finished");
  EXPECT_EQ(result.summary.before->problems, 5);
  EXPECT_EQ(result.summary.after->step, 5);
  EXPECT_EQ(result.summary.weights_sha256.size(), 64u);
  EXPECT_EQ(result.summary.max_abs_logprob_diff, 0.0);
  EXPECT_EQ(summary_json(parse_summary(read_file(runs / "whole/summary.json"), "")), summary_json(result.summary));

  const auto store = trajectory::Store::open_reader(runs / "whole/laconic.db");
  EXPECT_EQ(store.steps().size(), 8u);
  EXPECT_EQ(store.evals().size(), 3u);
  for (int step = 0; step < 5; ++step) {
    const auto groups = store.load_groups(1, WorkKind::kTrain, step);
    ASSERT_GE(groups.size(), 3u);
    for (const auto& group : groups) {
      EXPECT_EQ(group.weight_version, std::max(0, step - GetParam())) << to_text(group.ticket);
      EXPECT_FALSE(group.problem_id.empty());
      EXPECT_EQ(group.samples.size(), 4u);
      for (const auto& sample : group.samples) EXPECT_TRUE(sample.judged);
    }
  }
  for (const auto& step : store.steps())
    for (const auto& [name, value] : parse_metrics(step.metrics)) EXPECT_TRUE(is_documented_metric(name)) << name;
  std::vector<std::string> names;
  for (const auto& c : list_checkpoints(runs / "whole")) names.push_back(c.folder.filename());
  EXPECT_EQ(std::count(names.begin(), names.end(), "sft-000003"), 1) << "the end of a stage is kept";
  EXPECT_EQ(names.back(), "rl-000005");
  EXPECT_EQ(list_checkpoints(runs / "whole").back().versions.size(), static_cast<std::size_t>(GetParam() + 1));
  EXPECT_EQ(metrics("whole").size(), 8u + 3u);
}

TEST_P(HubTest, TwiceTheSame) {
  const std::string hash = undisturbed();
  Watcher watcher;
  script.rollout_delay_ms = 3;
  EXPECT_EQ(train(request("again"), watcher).summary.weights_sha256, hash);
  EXPECT_EQ(metrics("again"), metrics("undisturbed"));
  EXPECT_NE(train(request("other", {"seed=6"}), watcher).summary.weights_sha256, hash);
}

// Is `event` the one named `target`, or, of a step's groups, one that tells of as many verdicts? Groups that
// arrive together are told together: how many events there are is not the same in every run.
bool reached(const std::string& event, const std::string& target) {
  if (event == target) return true;
  int step = 0, judged = 0, target_step = 0, target_judged = 0;
  return std::sscanf(event.c_str(), "groups %d %d", &step, &judged) == 2 &&
         std::sscanf(target.c_str(), "groups %d %d", &target_step, &target_judged) == 2 && step == target_step && judged >= target_judged;
}

// The hub dies at each of its events in turn, once or twice, and the run is resumed.
TEST_P(HubTest, DiesAnywhereAndEndsInTheSameWeights) {
  const std::string hash = undisturbed();
  std::vector<std::string> events;
  {
    Watcher recorder;
    recorder.hook = [&](const std::string& event) { events.push_back(event); };
    train(request("events"), recorder);
  }
  ASSERT_GT(events.size(), 40u);
  int cut = 0;
  for (std::size_t at = 0; at < events.size(); at += 5) {
    const std::string name = "cut" + std::to_string(cut++);
    SCOPED_TRACE(name + " at event " + std::to_string(at) + ": " + events[at]);
    Watcher watcher;
    watcher.hook = [&](const std::string& event) {
      if (reached(event, events[at])) throw HubDied{};
    };
    EXPECT_THROW(train(request(name), watcher), HubDied);
    Watcher second;
    std::size_t seen = 0;
    second.hook = [&](const std::string&) {
      if (at % 2 == 0 && seen++ == 9) throw HubDied{};
    };
    TrainResult result;
    try {
      result = train(resume(name), second);
    } catch (const HubDied&) {
      Watcher third;
      result = train(resume(name), third);
    }
    EXPECT_EQ(result.summary.weights_sha256, hash);
    EXPECT_EQ(metrics(name), metrics("undisturbed")) << "cut back and written again, line for line";
  }
}

TEST_P(HubTest, RolesDieAndTheRunGoesOn) {
  const std::string hash = undisturbed();
  struct Death {
    const char* name;
    std::atomic<int> Script::*count;
    int when;
  };
  for (const Death& death : {Death{"learner", &Script::learner_dies_before_batch, 2}, Death{"learner-rl", &Script::learner_dies_before_batch, 7},
                             Death{"checkpoint", &Script::learner_dies_in_checkpoint, 2}, Death{"rollout", &Script::rollout_dies_before_result, 9},
                             Death{"verifier", &Script::verifier_dies_before_result, 6}}) {
    SCOPED_TRACE(death.name);
    (script.*death.count) = death.when;
    Watcher watcher;
    const TrainResult result = train(request(death.name), watcher);
    EXPECT_EQ((script.*death.count), 0) << "the death did not happen";
    EXPECT_EQ(result.summary.weights_sha256, hash);
    ASSERT_FALSE(watcher.warnings.empty());
    EXPECT_NE(watcher.warnings[0].find("restarting"), std::string::npos);
    EXPECT_EQ(metrics(death.name), metrics("undisturbed"));
  }
  bool restarted = false;
  for (const RoleCommand& command : launcher.commands) restarted = restarted || command.restarted;
  EXPECT_TRUE(restarted) << "fail-points are off in a restarted role";
}

TEST_P(HubTest, InfraErrorsAreTriedAgainAndNeverZero) {
  const std::string hash = undisturbed();
  script.verifier_fails = 5;
  Watcher watcher;
  EXPECT_EQ(train(request("shaky"), watcher).summary.weights_sha256, hash) << "a retried verdict is the verdict";
}

TEST_P(HubTest, TooManyAbsentVerdictsStopTheRun) {
  script.verifier_always_fails = true;
  Watcher watcher;
  expect_error([&] { train(request("absent", {"run.eval.problems=0"}), watcher); }, {"could not be judged", "run.max_absent", "the script says so", "--resume absent"});
  EXPECT_EQ(parse_summary(read_file(runs / "absent/summary.json"), "").state, "failed");
  const auto store = trajectory::Store::open_reader(runs / "absent/laconic.db");
  for (const auto& sample : store.load_groups(1, WorkKind::kTrain, 0).at(0).samples) {
    EXPECT_EQ(sample.judgement.outcome, Outcome::kInfraError);
    EXPECT_EQ(sample.judgement.attempts, 3);
    EXPECT_EQ(sample.reward, 0);
    EXPECT_FALSE(sample.in_loss);
  }
}

TEST_P(HubTest, RefillRoundsDrawWhatIsMissingAndTheRunSaysWhenNothingIsEarned) {
  script.all_wrong = true;
  Watcher watcher;
  const TrainResult result = train(request("wrong"), watcher);
  const auto store = trajectory::Store::open_reader(runs / "wrong/laconic.db");
  EXPECT_EQ(store.stored_groups(1, WorkKind::kTrain, 0).size(), 9u) << "3 prompts in each of 3 rounds";
  EXPECT_EQ(result.summary.earned, 0);
  EXPECT_NE(summary_text(result.summary).find("earns nothing"), std::string::npos);
  EXPECT_FALSE(watcher.warnings.empty());
}

TEST_P(HubTest, InterruptedCleanlyAndResumed) {
  const std::string hash = undisturbed();
  for (const std::string event : {"step sft 2/3", "start rollout rl 3", "start learn rl 4", "start evaluate rl 3", "start evaluate rl 0"}) {
    SCOPED_TRACE(event);
    std::string name = "stopped-" + event;
    for (char& c : name)
      if (c == ' ' || c == '/') c = '-';
    std::atomic<int> interrupts{0};
    Watcher watcher;
    watcher.hook = [&](const std::string& seen) {
      if (seen == event) interrupts = 1;
    };
    TrainRequest first = request(name);
    first.interrupts = &interrupts;
    const TrainResult stopped = train(first, watcher);
    EXPECT_TRUE(stopped.interrupted);
    EXPECT_EQ(stopped.summary.state, "stopped");
    const auto newest = list_checkpoints(runs / name).back();
    EXPECT_EQ(newest.step, newest.stage == 0 ? watcher.steps.size() : watcher.steps.size() - 3) << "nothing learned is lost";
    Watcher second;
    EXPECT_EQ(train(resume(name), second).summary.weights_sha256, hash);
    EXPECT_EQ(second.resumed, newest.folder.filename());
    EXPECT_EQ(metrics(name), metrics("undisturbed"));
  }
}

TEST_P(HubTest, SecondInterruptStopsAtOnce) {
  std::atomic<int> interrupts{0};
  Watcher watcher;
  watcher.hook = [&](const std::string& seen) {
    if (seen == "start rollout rl 2") interrupts = 2;
  };
  TrainRequest first = request("now");
  first.interrupts = &interrupts;
  EXPECT_TRUE(train(first, watcher).interrupted);
  EXPECT_EQ(watcher.steps.back(), "rl 1/5");
}

TEST_P(HubTest, AnotherResultOnReplayIsAnError) {
  script.learner_changes_its_mind = true;
  script.learner_dies_before_batch = 5;  // the second batch of RL: the first must come out as before
  Watcher watcher;
  expect_error([&] { train(request("mind"), watcher); }, {"version"});
}

TEST_P(HubTest, FullDiskLosesNothing) {
  const std::string hash = undisturbed();
  Watcher watcher;
  watcher.hook = [](const std::string& event) {
    if (event == "step rl 2/5") fail_writes_after(20);
  };
  expect_error([&] { train(request("full"), watcher); }, {"No space left"});
  fail_writes_after(std::numeric_limits<std::size_t>::max());
  Watcher second;
  EXPECT_EQ(train(resume("full"), second).summary.weights_sha256, hash);
}

TEST_P(HubTest, NothingToDoIsSaid) {
  Watcher watcher;
  const std::string hash = train(request("done"), watcher).summary.weights_sha256;
  Watcher second;
  EXPECT_EQ(train(resume("done"), second).summary.weights_sha256, hash);
  ASSERT_EQ(second.notes.size(), 1u);
  EXPECT_NE(second.notes[0].find("nothing to do"), std::string::npos);
}

TEST_P(HubTest, ResumeRefusesAnotherRecipeAndForkTakesIt) {
  std::atomic<int> interrupts{0};
  Watcher watcher;
  watcher.hook = [&](const std::string& seen) {
    if (seen == "step rl 3/5") interrupts = 1;
  };
  TrainRequest first = request("origin");
  first.interrupts = &interrupts;
  train(first, watcher);
  TrainRequest changed = resume("origin");
  changed.overrides = {"rl.steps=6"};
  expect_error([&] { train(changed, watcher); }, {"rl.steps: 5 → 6", "--fork origin"});
  TrainRequest fork = request("forked", {"rl.steps=6"});
  fork.fork = "origin";
  Watcher third;
  const TrainResult result = train(fork, third);
  EXPECT_EQ(third.steps, (std::vector<std::string>{"rl 4/6", "rl 5/6", "rl 6/6"}));
  EXPECT_EQ(result.summary.state, "finished");
}

TEST_P(HubTest, SftAloneIsEvaluatedAtItsEnd) {
  const std::string text = kRecipe;
  write_file_durably(scratch.path() / "sft.toml", text.substr(0, text.rfind("[[stage]]")));
  TrainRequest only = request("sft");
  only.recipe = scratch.path() / "sft.toml";
  only.overrides.clear();
  Watcher watcher;
  const TrainResult result = train(only, watcher);
  EXPECT_FALSE(result.summary.before.has_value());
  ASSERT_TRUE(result.summary.after.has_value());
  EXPECT_EQ(result.summary.after->step, 3);
  EXPECT_EQ(result.summary.weights_sha256.size(), 64u);
  EXPECT_EQ(result.summary.state, "finished");
}

TEST_P(HubTest, DryRunWritesNothing) {
  TrainRequest dry = request("dry");
  dry.dry_run = true;
  Watcher watcher;
  const TrainResult result = train(dry, watcher);
  EXPECT_NE(result.plan.find("parameters"), std::string::npos);
  EXPECT_NE(result.resolved.find("[[stage]]"), std::string::npos);
  EXPECT_FALSE(fs::exists(runs));
  EXPECT_EQ(script.starts, 0);
}

INSTANTIATE_TEST_SUITE_P(Lag, HubTest, ::testing::Values(0, 1), [](const auto& info) { return "Lag" + std::to_string(info.param); });

}  // namespace
}  // namespace laconic::pipeline
