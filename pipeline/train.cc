#include "pipeline/train.h"

#include <signal.h>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "pipeline/fork.h"
#include "pipeline/hub/session.h"
#include "pipeline/hub/stages.h"
#include "pipeline/prepare.h"
#include "pipeline/run_folder.h"

namespace laconic::pipeline {
namespace {

RunFolder open_folder(const Prepared& prepared, const TrainRequest& request) {
  if (prepared.resume) {
    RunFolder folder = RunFolder::open(prepared.runs, prepared.name);
    folder.add_command(request.command);
    return folder;
  }
  RunFolder folder = RunFolder::create(prepared.runs, prepared.name, resolved_toml(prepared.recipe), request.command, fingerprint_json(prepared.fingerprint));
  if (!prepared.fork.empty()) copy_for_fork(prepared.fork, prepared.recipe, folder);
  return folder;
}

// Steps after the checkpoint are computed again: their rows and lines go, their groups stay.
void cut_back(trajectory::Store& store, const RunFolder& folder, const Recipe& recipe, const std::optional<RunCheckpoint>& checkpoint) {
  const int stage = checkpoint ? checkpoint->stage : 0, step = checkpoint ? checkpoint->step : 0;
  store.cut_back(stage, step - 1);
  std::map<std::string, int> index;
  for (std::size_t i = 0; i < recipe.stages.size(); ++i) index[recipe.stages[i].name] = static_cast<int>(i);
  cut_metrics(folder.metrics(), [&](const std::string& name, const std::string& type, int line_step) {
    const auto found = index.find(name);
    if (found == index.end() || found->second > stage) return false;
    return found->second < stage || (type == "eval" ? line_step < step : line_step <= step);
  });
}

void add_pools(Session& session, const Prepared& prepared, const fs::path& model) {
  const Recipe& recipe = session.recipe;
  const CoreBudget cores = prepared.plan.cores;
  const auto environment = role_environment(prepared.fingerprint);
  session.fleet.add_pool({"rollout", recipe.rollout.workers, 4096, environment, [&recipe, cores, model] {
                            return nlohmann::json{{"model", model.string()}, {"threads", cores.rollout}, {"kv_mb", recipe.rollout.kv_mb},
                                                  {"prefill_tokens", recipe.rollout.prefill_tokens}, {"max_batch", recipe.rollout.max_batch}}.dump();
                          }});
  session.fleet.add_pool({"verifier", recipe.verifier.workers, 4, environment, [&prepared] { return R"({"verifier":)" + verifiers::to_json(prepared.verifier) + "}"; }});
  session.fleet.add_pool({"learner", 1, 1, learner_environment(prepared.fingerprint), [&session, &prepared, model] {
                            const bool resume = session.checkpoint.has_value();
                            return nlohmann::json{{"model", (resume ? session.checkpoint->folder : model).string()}, {"resume", resume},
                                                  {"threads", prepared.fingerprint.learner_threads}, {"weights_dir", session.folder.weights().string()}}.dump();
                          }});
}

// False: stopped by Ctrl-C.
bool run_stages(Session& session) {
  int first_stage = 0, first_step = 0;
  if (session.checkpoint) {
    first_stage = session.checkpoint->stage;
    first_step = session.checkpoint->step;
    // The end of a stage still owes its evaluation, except of an SFT stage that others follow.
    if (session.checkpoint->stage_done && session.stage(first_stage).type == StageType::kSft && first_stage + 1 < static_cast<int>(session.recipe.stages.size())) {
      ++first_stage;
      first_step = 0;
    }
  }
  for (int stage = first_stage; stage < static_cast<int>(session.recipe.stages.size()); ++stage, first_step = 0) {
    const bool finished = session.stage(stage).type == StageType::kSft ? run_sft_stage(session, stage, first_step) : run_rl_stage(session, stage, first_step);
    if (!finished) return false;
    session.save_summary("running");
  }
  return true;
}

void check_space(const Prepared& prepared, const RunFolder& folder) {
  if (static_cast<double>(free_bytes(folder.path())) / 1e6 < prepared.plan.checkpoint_mb)
    throw Error("the disk that holds `" + folder.path().string() + "` has no room for one checkpoint", "", "free some space, then `laconic train --resume " + folder.name() + "`");
}

}  // namespace

TrainResult train(const TrainRequest& request, Observer& observer) {
  Prepared prepared = prepare(request);
  const Recipe& recipe = prepared.recipe;
  TrainResult result;
  result.plan = prepared.plan_text;
  result.too_large = prepared.too_large;
  result.resolved = resolved_toml(recipe);
  if (request.dry_run) return result;

  Clock& clock = Clock::system();
  RunFolder folder = open_folder(prepared, request);
  result.folder = folder.path();
  const auto checkpoints = list_checkpoints(folder.path());
  std::optional<RunCheckpoint> newest;
  if (!checkpoints.empty()) newest = checkpoints.back();
  Summary before;
  if (fs::exists(folder.summary())) before = parse_summary(read_file(folder.summary()), folder.summary().string());
  std::string from;
  if (prepared.resume) from = newest ? newest->folder.filename().string() : "the beginning: there is no checkpoint yet";
  observer.run_started(folder.path().string(), prepared.plan_text, from);
  if (prepared.resume && before.state == "finished") {
    observer.note("nothing to do: the run `" + folder.name() + "` is finished");
    result.summary = before;
    return result;
  }
  check_space(prepared, folder);

  const double started = clock.now();
  observer.phase_started({"", 0, "start", 0});
  fs::path model = recipe.model.path.empty() ? folder.initial() : fs::absolute(recipe.model.path);
  if (recipe.model.path.empty() && !fs::exists(model)) make_initial_model(recipe, *prepared.sources.front(), draws_per_step(recipe.stages.front()), model);
  const Prompts prompts(model, recipe.model.chat, recipe.model.positions, {.thinking = recipe.model.thinking});
  set_aside_long(recipe, prepared.sources, prompts);
  report_sources(recipe, prepared.sources, folder.logs(), observer);
  trajectory::Store store = fs::exists(folder.database()) ? trajectory::Store::open_writer(folder.database()) : trajectory::Store::create(folder.database());
  cut_back(store, folder, recipe, newest);
  retain_checkpoints(folder.path(), static_cast<int>(checkpoints.size()) + 1, {});  // only what was left half written
  MetricsLog metrics(folder.metrics(), folder.tensorboard(), clock.unix_time());
  Fleet fleet(*prepared.launcher, folder.path(), folder.logs(), observer, clock);
  Session session{recipe, folder, store, fleet, observer, clock, prompts, metrics, prepared.sources, *prepared.judges, request.interrupts, newest, {}, started, before.wall_s};
  session.summary.peak_rss_mb = before.peak_rss_mb;
  recall_evaluations(session);
  if (newest) {
    session.summary.stage = newest->stage_name;
    session.summary.step = newest->step;
  }
  add_pools(session, prepared, model);
  observer.phase_finished({"", 0, "start", clock.now() - started});
  try {
    const bool finished = run_stages(session);
    fleet.stop(10);
    session.save_summary(finished ? "finished" : "stopped");
    result.interrupted = !finished;
  } catch (const StopAtOnce&) {
    fleet.stop(0);
    session.save_summary("stopped");
    result.interrupted = true;
  } catch (const Error& error) {
    fleet.stop(0.5);
    try {
      session.save_summary("failed");
    } catch (const Error&) {  // a full disk: the first error is the one to show
    }
    throw Error(error.message(), error.where(),
                error.next().empty() ? "mend the cause, then `laconic train --resume " + folder.name() + "`" : error.next());
  }
  result.summary = session.summary;
  return result;
}

namespace {
std::atomic<int> interrupt_count{0};

void on_interrupt(int signal) {
  if (interrupt_count.fetch_add(1) + 1 >= 3) ::signal(signal, SIG_DFL);
}
}  // namespace

const std::atomic<int>& count_interrupts() {
  static_assert(std::atomic<int>::is_always_lock_free);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return interrupt_count;
}

}  // namespace laconic::pipeline
