#include "cli/records.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "learner/objective/objective.h"

namespace laconic::cli {

using trajectory::Group;
using trajectory::Judgement;
using trajectory::StepSummary;
using trajectory::StopReason;
using trajectory::Trajectory;
using trajectory::TrajectoryRow;

namespace {

// The part that a listing and a full sample share.
template <class Sample>
Json common(const Sample& s, int prompt_tokens, int response_tokens, const std::string& text) {
  Json json;
  json["ticket"] = to_text(s.ticket);
  json["stage"] = s.ticket.stage;
  json["kind"] = s.ticket.kind == WorkKind::kTrain ? "train" : "eval";
  json["step"] = s.ticket.step;
  json["round"] = s.ticket.round;
  json["draw"] = s.ticket.draw;
  json["sample"] = s.ticket.sample;
  json["prompt_tokens"] = prompt_tokens;
  json["response_tokens"] = response_tokens;
  json["stop"] = s.stop == StopReason::kEndToken ? "end" : "length";
  const bool counted = s.judged && is_counted(s.judgement.outcome);
  const Judgement& j = s.judgement;
  json["outcome"] = s.judged ? Json(std::string(name_of(j.outcome))) : Json();
  json["counted"] = counted;
  json["score"] = counted ? Json(*counted_score(j.outcome, j.score)) : Json();
  json["reward"] = counted ? Json(s.reward) : Json();
  json["reward_length"] = counted ? Json(s.reward_length) : Json();
  json["in_loss"] = s.in_loss;
  json["advantage"] = s.in_loss ? Json(s.advantage) : Json();
  json["verifier"] = s.judged ? Json(j.verifier) : Json();
  json["extracted"] = s.judged ? Json(j.extracted) : Json();
  json["explanation"] = s.judged ? Json(j.explanation) : Json();
  json["verify_seconds"] = s.judged ? Json(j.seconds) : Json();
  json["attempts"] = s.judged ? Json(j.attempts) : Json();
  json["verdict_metrics"] = Json::object();
  for (const auto& [name, value] : j.metrics) json["verdict_metrics"][name] = value;
  json["seconds"] = s.seconds;
  json["text"] = text;
  return json;
}

}  // namespace

Json sample_json(const TrajectoryRow& row) {
  Json json = common(row, row.prompt_tokens, row.response_tokens, row.text);
  json["weight_version"] = row.weight_version;
  json["problem_id"] = row.problem_id;
  return json;
}

Json sample_json(const Trajectory& sample, const std::string& text) {
  Json json = common(sample, sample.prompt_length(), sample.response_length(), text);
  static constexpr const char* kSources[] = {"template", "user", "model", "environment"};
  Json spans = Json::array();
  for (const trajectory::Span& span : sample.spans)
    spans.push_back({{"source", kSources[static_cast<int>(span.source)]},
                     {"weight_version", span.weight_version >= 0 ? Json(span.weight_version) : Json()},
                     {"start", span.start},
                     {"length", span.length}});
  json["spans"] = spans;
  json["tokens"] = sample.tokens;
  json["logprob"] = sample.logprob;
  json["entropy"] = sample.entropy;
  return json;
}

Json group_json(const Group& group, const std::map<int, std::string>& texts) {
  Json json;
  json["ticket"] = to_text(group.ticket);
  json["weight_version"] = group.weight_version;
  json["problem_id"] = group.problem_id;
  json["prompt"] = group.prompt;
  json["columns"] = Json::parse(group.columns, nullptr, false);
  if (json["columns"].is_discarded()) json["columns"] = group.columns;
  json["signal"] = learner::has_signal(group);
  json["samples"] = Json::array();
  for (const Trajectory& sample : group.samples) {
    Json one = common(sample, sample.prompt_length(), sample.response_length(), texts.at(sample.ticket.sample));
    json["samples"].push_back(one);
  }
  return json;
}

Json step_json(const StepSummary& s) {
  Json json;
  json["stage"] = s.stage;
  json["kind"] = s.kind == WorkKind::kTrain ? "train" : "eval";
  json["step"] = s.step;
  json["weight_versions"] = {s.first_version, s.last_version};
  json["groups"] = s.groups;
  json["samples"] = s.samples;
  json["judged"] = s.judged;
  json["counted"] = s.counted;
  json["correct"] = s.correct;
  json["truncated"] = s.truncated;
  json["in_loss"] = s.in_loss;
  json["accuracy"] = s.counted ? Json(static_cast<double>(s.correct) / static_cast<double>(s.counted)) : Json();
  json["mean_tokens"] = s.samples ? Json(static_cast<double>(s.tokens) / static_cast<double>(s.samples)) : Json();
  json["mean_tokens_correct"] = s.correct ? Json(static_cast<double>(s.tokens_correct) / static_cast<double>(s.correct)) : Json();
  return json;
}

void print_json(const Json& value) {
  std::puts(value.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace laconic::cli
