#include "pipeline/summary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"

namespace laconic::pipeline {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const EvalResult& r) {
  return {{"stage", r.stage}, {"step", r.step}, {"problems", r.problems}, {"samples", r.samples}, {"counted", r.counted}, {"absent", r.absent},
          {"accuracy", r.accuracy}, {"accuracy_low", r.accuracy_low}, {"accuracy_high", r.accuracy_high}, {"pass_at_k", r.pass_at_k},
          {"mean_tokens", r.mean_tokens}, {"tokens_per_correct", r.tokens_per_correct > 0 ? Json(r.tokens_per_correct) : Json()},  // null: nothing correct
          {"truncated", r.truncated}, {"tokens_correct", r.tokens_correct > 0 ? Json(r.tokens_correct) : Json()},
          {"tokens_wrong", r.tokens_wrong > 0 ? Json(r.tokens_wrong) : Json()}};
}

std::optional<EvalResult> eval_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  EvalResult r;
  r.stage = json.at("stage");
  r.step = json.at("step");
  r.problems = json.at("problems");
  r.samples = json.at("samples");
  r.counted = json.at("counted");
  r.absent = json.at("absent");
  r.accuracy = json.at("accuracy");
  r.accuracy_low = json.at("accuracy_low");
  r.accuracy_high = json.at("accuracy_high");
  r.pass_at_k = json.at("pass_at_k");
  r.mean_tokens = json.at("mean_tokens");
  if (const Json& value = json.at("tokens_per_correct"); value.is_number()) r.tokens_per_correct = value;
  r.truncated = json.at("truncated");
  // Runs of earlier builds have none of these.
  if (const auto value = json.find("tokens_correct"); value != json.end() && value->is_number()) r.tokens_correct = *value;
  if (const auto value = json.find("tokens_wrong"); value != json.end() && value->is_number()) r.tokens_wrong = *value;
  return r;
}

std::string accuracy_text(const EvalResult& r) {
  return fmt::format("{:.1f} % ({:.1f} … {:.1f})", 100 * r.accuracy, 100 * r.accuracy_low, 100 * r.accuracy_high);
}

std::string per_correct_text(const EvalResult& r) { return r.tokens_per_correct > 0 ? fmt::format("{:.1f}", r.tokens_per_correct) : "nothing correct"; }

// "fewer tokens an answer (−31 %)".
std::string tokens_change(double before, double after) {
  if (before <= 0) return "";
  const double percent = 100 * (after - before) / before;
  if (percent > -0.5 && percent < 0.5) return "as many tokens an answer";
  return fmt::format("{:+.0f} % tokens an answer", percent);
}

std::string verdict(const EvalResult& before, const EvalResult& after) {
  const double points = 100 * (after.accuracy - before.accuracy);
  const bool apart = after.accuracy_low > before.accuracy_high || after.accuracy_high < before.accuracy_low;
  std::string text = points > 0.05 ? fmt::format("more accurate by {:.1f} points", points)
                     : points < -0.05 ? fmt::format("less accurate by {:.1f} points", -points) : std::string("as accurate as before");
  if (!apart && (points > 0.05 || points < -0.05)) text += " (the intervals overlap)";
  return text + ", " + tokens_change(before.mean_tokens, after.mean_tokens);
}

}  // namespace

std::string eval_json(const EvalResult& result) { return json_of(result).dump(); }

EvalResult parse_eval(const std::string& text, const std::string& where) {
  try {
    if (auto result = eval_of(Json::parse(text))) return *result;
  } catch (const nlohmann::json::exception&) {
  }
  throw Error("an evaluation's record cannot be read", where);
}

std::string summary_json(const Summary& s) {
  Json json = {{"run", s.run}, {"state", s.state}, {"stage", s.stage}, {"step", s.step}};
  json["before"] = s.before ? json_of(*s.before) : Json();
  json["after"] = s.after ? json_of(*s.after) : Json();
  json["best"] = s.best ? json_of(*s.best) : Json();
  json["best_checkpoint"] = s.best_checkpoint;
  json["wall_s"] = s.wall_s;
  json["peak_rss_mb"] = s.peak_rss_mb;
  json["max_abs_logprob_diff"] = s.max_abs_logprob_diff ? Json(*s.max_abs_logprob_diff) : Json();
  json["weights_sha256"] = s.weights_sha256;
  json["earned"] = s.earned;
  json["has_rl"] = s.has_rl;
  return json.dump(1) + "\n";
}

Summary parse_summary(const std::string& text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    Summary s;
    s.run = json.at("run");
    s.state = json.at("state");
    s.stage = json.at("stage");
    s.step = json.at("step");
    s.before = eval_of(json.at("before"));
    s.after = eval_of(json.at("after"));
    s.best = eval_of(json.at("best"));
    s.best_checkpoint = json.at("best_checkpoint");
    s.wall_s = json.at("wall_s");
    s.peak_rss_mb = json.at("peak_rss_mb");
    if (const Json& diff = json.at("max_abs_logprob_diff"); diff.is_number()) s.max_abs_logprob_diff = diff.get<double>();
    s.weights_sha256 = json.at("weights_sha256");
    s.earned = json.at("earned");
    s.has_rl = json.at("has_rl");
    return s;
  } catch (const nlohmann::json::exception& error) {
    throw Error("a run's summary cannot be read: " + std::string(error.what()), where);
  }
}

std::string summary_text(const Summary& s) {
  std::string out = fmt::format("run {} {} after {}, at step {} of stage {}\n", s.run, s.state, human_seconds(s.wall_s), s.step, s.stage);
  if (s.before && s.after) {
    const EvalResult &b = *s.before, &a = *s.after;
    out += fmt::format("  {} held-out problems × {}   {:>24}   {:>24}\n", b.problems, b.samples, "before RL", "after");
    const auto row = [&](const char* name, const std::string& before, const std::string& after) {
      out += fmt::format("  {:<26}{:>24}   {:>24}\n", name, before, after);
    };
    row("accuracy (95 %)", accuracy_text(b), accuracy_text(a));
    row("mean tokens", fmt::format("{:.1f}", b.mean_tokens), fmt::format("{:.1f}", a.mean_tokens));
    row("tokens per correct answer", per_correct_text(b), per_correct_text(a));
    row("cut at the limit", fmt::format("{:.1f} %", 100 * b.truncated), fmt::format("{:.1f} %", 100 * a.truncated));
    if (a.absent + b.absent > 0) row("without a verdict", std::to_string(b.absent), std::to_string(a.absent));
    out += "  what changed: " + verdict(b, a) + "\n";
  } else if (s.after) {
    out += fmt::format("  {} held-out problems: accuracy {}, {:.1f} tokens an answer\n", s.after->problems, accuracy_text(*s.after), s.after->mean_tokens);
  }
  if (s.has_rl && s.earned == 0 && s.state == "finished")
    out += "  this model earns nothing on this data: not one answer of any RL step was right, so there was nothing to\n"
           "  reinforce. Start from a model that solves some of these problems (an SFT stage, model.path), or take easier ones.\n";
  if (s.max_abs_logprob_diff) out += fmt::format("  sampler against learner: largest |Δ log-prob| {:g}\n", *s.max_abs_logprob_diff);
  if (!s.best_checkpoint.empty() && s.best) out += fmt::format("  best evaluation: {} ({:.1f} %)\n", s.best_checkpoint, 100 * s.best->accuracy);
  if (!s.weights_sha256.empty()) out += "  weights sha256 " + s.weights_sha256 + fmt::format(", peak memory {:.0f} MB\n", s.peak_rss_mb);
  return out;
}

}  // namespace laconic::pipeline
