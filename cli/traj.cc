// laconic traj: read what was sampled.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/group_view.h"
#include "cli/records.h"
#include "cli/run_access.h"
#include "cli/table.h"
#include "learner/objective/objective.h"
#include "model/tokenizer/tokenizer.h"
#include "trajectory/query.h"

namespace laconic::cli {
namespace {

using trajectory::Group;
using trajectory::SortBy;
using trajectory::StopReason;
using trajectory::Store;
using trajectory::Trajectory;
using trajectory::TrajectoryQuery;
using trajectory::TrajectoryRow;

struct Common {
  std::string runs = "runs", run, ticket;
  bool json = false;
};

void add_common(Command& command, Common& common, bool with_ticket) {
  command.argument("RUN", common.run, "name or path of a run, or `latest`");
  if (with_ticket) command.argument("TICKET", common.ticket, "as `traj list` prints it: s1/train/12/0/3 names a group, s1/train/12/0/3/5 a sample");
  command.flag("--json", common.json, "print JSON");
  command.option("--runs", common.runs, "DIR", "where runs are kept");
}

// ---- list -------------------------------------------------------------------------------------

struct ListOptions : Common {
  std::string steps, kind, sort = "ticket";
  std::optional<int> stage, draw, min_tokens, max_tokens;
  std::vector<std::string> outcomes;
  std::string contains;
  bool correct = false, wrong = false, truncated = false, in_loss = false, dropped = false, desc = false, all = false;
  std::int64_t limit = 50;
};

// "12" or "10..20", either end may be missing.
void set_steps(TrajectoryQuery& query, const std::string& text) {
  const auto number = [&](const std::string& part) -> std::optional<std::int32_t> {
    if (part.empty()) return std::nullopt;
    std::int32_t value = 0;
    const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (code != std::errc{} || end != part.data() + part.size())
      throw UsageError("`--step` is `" + text + "`, but must be a step such as 12 or a range such as 10..20", "command line");
    return value;
  };
  const std::size_t dots = text.find("..");
  query.first_step = number(text.substr(0, dots));
  query.last_step = dots == std::string::npos ? query.first_step : number(text.substr(dots + 2));
}

TrajectoryQuery query_of(const ListOptions& o) {
  TrajectoryQuery query;
  query.stage = o.stage;
  if (!o.kind.empty()) query.kind = o.kind == "train" ? WorkKind::kTrain : WorkKind::kEval;
  if (!o.steps.empty()) set_steps(query, o.steps);
  query.draw = o.draw;
  for (const std::string& name : o.outcomes) query.outcomes.push_back(*outcome_named(name));
  if (o.correct && o.wrong) throw UsageError("`--correct` and `--wrong` exclude each other", "command line");
  if (o.in_loss && o.dropped) throw UsageError("`--in-loss` and `--dropped` exclude each other", "command line");
  if (o.correct || o.wrong) query.correct = o.correct;
  if (o.in_loss || o.dropped) query.in_loss = o.in_loss;
  if (o.truncated) query.truncated = true;
  query.min_tokens = o.min_tokens;
  query.max_tokens = o.max_tokens;
  query.text = o.contains;
  query.sort = o.sort == "length" ? SortBy::kLength : o.sort == "reward" ? SortBy::kReward : o.sort == "advantage" ? SortBy::kAdvantage : SortBy::kTicket;
  query.descending = o.desc;
  query.limit = o.all ? -1 : o.limit;
  return query;
}

int list(const ListOptions& o) {
  const TrajectoryQuery query = query_of(o);
  const Store store = open_store(run_path(o.runs, o.run));
  const std::vector<TrajectoryRow> rows = list_trajectories(store, query);
  const std::int64_t matching = count_trajectories(store, query);
  if (o.json) {
    Json json = {{"matching", matching}, {"trajectories", Json::array()}};
    for (const TrajectoryRow& row : rows) json["trajectories"].push_back(sample_json(row));
    print_json(json);
    return kExitOk;
  }
  Table table({{"ticket"}, {"weights", true}, {"reward", true}, {"advantage", true}, {"tokens", true}, {"stop"}, {"outcome"}, {"answer"}, {"response", false, true}});
  for (const TrajectoryRow& row : rows) {
    const bool counted = row.judged && is_counted(row.judgement.outcome);
    table.add({to_text(row.ticket), fmt::format("v{}", row.weight_version), counted ? fixed(row.reward, 3) : "–",
               row.in_loss ? signed_fixed(row.advantage, 3) : "–", std::to_string(row.response_tokens),
               row.stop == StopReason::kEndToken ? "end" : "cut", row.judged ? std::string(name_of(row.judgement.outcome)) : "–",
               shortened(printable(row.judgement.extracted, true), 16), printable(row.text, true)});
  }
  if (!rows.empty()) print(table);
  std::fprintf(stderr, "%zu of %lld matching trajectories%s\n", rows.size(), static_cast<long long>(matching),
               static_cast<std::int64_t>(rows.size()) < matching ? "; --limit N or --all shows more" : "");
  return kExitOk;
}

// ---- group and show ---------------------------------------------------------------------------

Group load_group(const Store& store, const Ticket& ticket) {
  if (auto group = store.load_group(ticket)) return std::move(*group);
  throw UsageError("there is no such group in the store", to_text(ticket.group()), "`laconic traj list` shows what there is");
}

int group(const Common& o) {
  const Ticket ticket = as_usage([&] { return ticket_from_text(o.ticket); });
  const Store store = open_store(run_path(o.runs, o.run));
  const Group group = load_group(store, ticket);
  std::map<int, std::string> texts;
  for (const Trajectory& sample : group.samples) texts[sample.ticket.sample] = store.response_text(sample.ticket);
  if (o.json) {
    print_json(group_json(group, texts));
    return kExitOk;
  }
  const bool terminal = is_terminal(STDOUT_FILENO);
  std::fputs(group_view(group, texts, terminal ? terminal_width(STDOUT_FILENO) : 0, Style::of(STDOUT_FILENO)).c_str(), stdout);
  return kExitOk;
}

void print_tokens(const Trajectory& sample, const fs::path& run) {
  static constexpr const char* kSources[] = {"template", "user", "model", "environment"};
  const fs::path folder = tokenizer_folder(run);
  std::optional<model::Tokenizer> tokenizer;
  if (!folder.empty()) tokenizer = model::Tokenizer::load(folder);
  else std::fputs("warning: the run folder holds no tokenizer.json; token texts are not available\n", stderr);
  Table table({{"position", true}, {"id", true}, {"source"}, {"log-prob", true}, {"entropy", true}, {"token"}});
  std::size_t m = 0;
  for (const trajectory::Span& span : sample.spans)
    for (std::int32_t i = span.start; i < span.start + span.length; ++i) {
      const bool model = span.source == trajectory::Source::kModel;
      const std::int32_t id = sample.tokens.at(static_cast<std::size_t>(i));
      table.add({std::to_string(i), std::to_string(id), kSources[static_cast<int>(span.source)],
                 model ? fixed(sample.logprob.at(m), 4) : "–", model ? fixed(sample.entropy.at(m), 4) : "–",
                 tokenizer ? printable(tokenizer->decode_text({&id, 1}), true) : "–"});
      m += model;
    }
  print(table);
}

struct ShowOptions : Common {
  bool tokens = false;
};

int show(const ShowOptions& o) {
  const Ticket ticket = as_usage([&] { return ticket_from_text(o.ticket); });
  if (ticket.sample == Ticket::kGroup)
    throw UsageError("`" + o.ticket + "` names a group, not a sample", "command line",
                     fmt::format("`laconic traj group {} {}` shows the group; `{}/0` is its first sample", o.run, o.ticket, o.ticket));
  const fs::path run = run_path(o.runs, o.run);
  const Store store = open_store(run);
  const Group group = load_group(store, ticket);
  const auto sample = std::find_if(group.samples.begin(), group.samples.end(), [&](const Trajectory& t) { return t.ticket == ticket; });
  if (sample == group.samples.end())
    throw UsageError(fmt::format("the group has {} samples, but not this one", group.samples.size()), to_text(ticket),
                fmt::format("`laconic traj group {} {}` shows them", o.run, to_text(ticket.group())));
  const std::string text = store.response_text(ticket);
  if (o.json) {
    Json json = sample_json(*sample, text);
    json["problem_id"] = group.problem_id;
    json["prompt"] = group.prompt;
    print_json(json);
    return kExitOk;
  }
  const Style style = Style::of(STDOUT_FILENO);
  const trajectory::Judgement& j = sample->judgement;
  const bool counted = sample->judged && is_counted(j.outcome);
  fmt::print("{}  {}  weights v{}\n", style.bold(to_text(ticket)), printable(group.problem_id, true), group.weight_version);
  if (!sample->judged) fmt::print("verdict    not judged yet\n");
  else
    fmt::print("verdict    {} by {}: {} ({}, attempt {})\n", style.bold(name_of(j.outcome)), printable(j.verifier, true), printable(j.explanation, true),
               fmt::format("{:.1f} ms", j.seconds * 1e3), j.attempts);
  if (sample->judged) fmt::print("answer     {}\n", j.extracted.empty() ? "–" : printable(j.extracted, true));
  for (const auto& [name, value] : j.metrics) fmt::print("           {} {}\n", printable(name, true), fixed(value, 4));
  if (counted)
    fmt::print("reward     {} = score {} {} + length {}\n", fixed(sample->reward, 4), fixed(*counted_score(j.outcome, j.score), 4),
               sample->stop == StopReason::kLength ? "(cut: times the truncation factor)" : "(finished)", signed_fixed(sample->reward_length, 4));
  else if (sample->judged)
    fmt::print("reward     absent: {}\n", row_of(j.outcome).meaning);
  fmt::print("advantage  {}\n", sample->in_loss ? signed_fixed(sample->advantage, 4) : "– (" + why_not_in_loss(*sample, learner::has_signal(group)) + ")");
  const std::string forced = sample->forced_length() > 0 ? fmt::format(" + {} forced", sample->forced_length()) : "";
  fmt::print("tokens     {} prompt + {} response{}, {} in {:.2f} s\n", sample->prompt_length(), sample->response_length(), forced,
             sample->stop == StopReason::kLength ? "cut at the limit" : "ended by itself", sample->seconds);
  fmt::print("\n{}\n{}\n\n{}\n{}\n", style.dim("── prompt ──"), printable(group.prompt), style.dim("── response ──"), printable(text));
  if (o.tokens) {
    fmt::print("\n");
    print_tokens(*sample, run);
  }
  return kExitOk;
}

// ---- steps ------------------------------------------------------------------------------------

int steps(const Common& o) {
  const Store store = open_store(run_path(o.runs, o.run));
  const auto rows = step_summaries(store);
  if (o.json) {
    Json json = Json::array();
    for (const auto& row : rows) json.push_back(step_json(row));
    print_json(json);
    return kExitOk;
  }
  Table table({{"stage", true}, {"kind"}, {"step", true}, {"weights", true}, {"groups", true}, {"samples", true}, {"accuracy", true},
               {"tokens", true}, {"of correct", true}, {"cut", true}, {"absent", true}, {"in loss", true}});
  for (const auto& s : rows) {
    const auto ratio = [](std::int64_t a, std::int64_t b) { return b ? std::optional(static_cast<double>(a) / static_cast<double>(b)) : std::nullopt; };
    table.add({std::to_string(s.stage), s.kind == WorkKind::kTrain ? "train" : "eval", std::to_string(s.step),
               s.first_version == s.last_version ? fmt::format("v{}", s.first_version) : fmt::format("v{}–{}", s.first_version, s.last_version),
               std::to_string(s.groups), std::to_string(s.samples), percent(ratio(s.correct, s.counted)), fixed(ratio(s.tokens, s.samples), 1),
               fixed(ratio(s.tokens_correct, s.correct), 1), percent(ratio(s.truncated, s.samples)), std::to_string(s.judged - s.counted),
               std::to_string(s.in_loss)});
  }
  print(table);
  return kExitOk;
}

}  // namespace

void add_traj(Command& root) {
  Command& traj = root.sub("traj", "read what was sampled: list, group view, single samples", "read a run");
  {
    auto o = std::make_shared<ListOptions>();
    Command& c = traj.sub("list", "list samples, filtered and sorted", "commands");
    add_common(c, *o, false);
    c.option("--step", o->steps, "N|A..B", "only this step, or this range of steps; counted from 0, as in tickets");
    c.option("--stage", o->stage, "N", "only this stage, counted from 0", {0, 1e9});
    c.option("--kind", o->kind, "KIND", "only `train` or only `eval` samples", {"train", "eval"});
    c.option("--draw", o->draw, "N", "only this prompt of each step", {0, 1e9});
    std::vector<std::string> names;
    for (int i = 0; i < kOutcomeCount; ++i) names.emplace_back(outcome_rows()[i].name);
    c.option("--outcome", o->outcomes, "OUTCOME", fmt::format("only this outcome: {}", fmt::join(names, ", ")), names);
    c.flag("--correct", o->correct, "only correct answers");
    c.flag("--wrong", o->wrong, "only counted answers that are not correct");
    c.flag("--truncated", o->truncated, "only answers cut at the token limit");
    c.flag("--in-loss", o->in_loss, "only samples that were learned from");
    c.flag("--dropped", o->dropped, "only samples that were not learned from");
    c.option("--min-tokens", o->min_tokens, "N", "only responses of at least N tokens", {0, 1e9});
    c.option("--max-tokens", o->max_tokens, "N", "only responses of at most N tokens", {0, 1e9});
    c.option("--contains", o->contains, "TEXT", "only responses that contain TEXT, case and all");
    c.option("--sort", o->sort, "BY", "`ticket`, `length`, `reward` or `advantage`", {"ticket", "length", "reward", "advantage"});
    c.flag("--desc", o->desc, "largest first");
    c.option("--limit", o->limit, "N", "most rows printed", {1, 1e15});
    c.flag("--all", o->all, "print all rows");
    c.example("laconic traj list latest --wrong --sort length --desc");
    c.example("laconic traj list arithmetic-1 --step 10..20 --outcome no_answer --json");
    c.action([o] { return list(*o); });
  }
  {
    auto o = std::make_shared<Common>();
    Command& c = traj.sub("group", "show one prompt and its samples side by side", "commands");
    add_common(c, *o, true);
    c.details("Samples are sorted by reward. The badge says whether the group carried a signal: scores, before shaping, that are not all equal.");
    c.example("laconic traj group latest s1/train/12/0/3");
    c.action([o] { return group(*o); });
  }
  {
    auto o = std::make_shared<ShowOptions>();
    Command& c = traj.sub("show", "show one sample: text, verdict, reward parts, tokens", "commands");
    add_common(c, *o, true);
    c.flag("--tokens", o->tokens, "also one line per token: id, source, log-prob, entropy");
    c.example("laconic traj show latest s1/train/12/0/3/5 --tokens");
    c.action([o] { return show(*o); });
  }
  {
    auto o = std::make_shared<Common>();
    Command& c = traj.sub("steps", "summarise the samples of each step", "commands");
    add_common(c, *o, false);
    c.example("laconic traj steps latest");
    c.action([o] { return steps(*o); });
  }
}

}  // namespace laconic::cli
