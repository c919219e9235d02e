#include "verifiers/custom/protocol.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::verifiers::custom {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostExtracted = 1000, kMostExplanation = 2000;  // bytes that enter the store

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string start_of(const std::string& line) { return line.size() <= 120 ? line : line.substr(0, 120) + "…"; }

// At most `most` bytes, never within a character.
std::string limited(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  return text + "…";
}

Json parsed(const std::string& line) { return Json::parse(line, nullptr, false); }

// What a process wrote. Nothing of the protocol is nested deeply; what is would be written back by a
// recursion as deep.
Json parsed_line(const std::string& line) {
  constexpr int kDeepest = 64;
  return Json::parse(line, [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest; }, false);
}

Json item_json(const VerifyRequest& request, Reasoning reasoning) {
  Json item = {{"ticket", request.id}, {"response", request.response}};
  const auto rest = answer_part(request.response, reasoning);
  const auto found = rest ? find_answer(*rest, request.finished) : std::nullopt;
  item["answer"] = found ? Json(std::string(found->text)) : Json();
  item["finished"] = request.finished;
  if (!request.tokens.empty()) item["tokens"] = request.tokens;
  return item;
}

void add_row(Json& json, const VerifyRequest& request) {
  Json columns = parsed(request.columns);
  json["prompt"] = request.prompt;
  json["columns"] = columns.is_object() ? std::move(columns) : Json::object();
}

Verdict broken(std::string why) {
  Verdict verdict;
  verdict.explanation = limited("the verifier's reply is not valid: " + valid_text(why), kMostExplanation);
  return verdict;
}

std::optional<std::string> optional_text(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  return found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

Verdict read_verdict(const Json& json, const Hello& hello) {
  if (!json.is_object()) return broken("a verdict must be an object");
  Verdict verdict;
  verdict.explanation = limited(optional_text(json, "explanation").value_or(""), kMostExplanation);
  if (const auto error = optional_text(json, "error")) {
    verdict.explanation = limited("the verifier failed: " + *error, kMostExplanation);
    return verdict;
  }
  std::optional<Outcome> outcome;
  if (const auto name = optional_text(json, "outcome")) {
    outcome = outcome_named(*name);
    if (!outcome) return broken("there is no outcome `" + start_of(*name) + "`");
  }
  const auto score = json.find("score");
  if (score != json.end() && score->is_number()) {
    verdict.score = score->get<double>();
    if (!std::isfinite(verdict.score)) return broken("`score` is not finite");
    if (verdict.score < hello.score_min || verdict.score > hello.score_max)
      return broken(fmt::format("`score` is {}, out of the range [{}, {}] that its hello named", verdict.score, hello.score_min, hello.score_max));
  } else if (score != json.end() && !score->is_null()) {
    return broken("`score` is " + start_of(score->dump()) + ", not a number");
  } else if (!outcome) {
    return broken("it has neither `score` nor `outcome`");
  } else if (row_of(*outcome).score == ScoreRule::kVerifierScore) {
    verdict.score = *outcome == Outcome::kPass ? 1 : 0;
    if (verdict.score < hello.score_min || verdict.score > hello.score_max) return broken("it has no `score`, and its range does not hold the default");
  }
  verdict.outcome = outcome ? *outcome : verdict.score >= hello.pass_at ? Outcome::kPass : Outcome::kFail;
  verdict.extracted = limited(optional_text(json, "extracted").value_or(""), kMostExtracted);
  if (const auto metrics = json.find("metrics"); metrics != json.end() && metrics->is_object())
    for (const auto& [name, value] : metrics->items()) {
      if (!value.is_number() || !std::isfinite(value.get<double>())) return broken("the metric `" + start_of(name) + "` is not a finite number");
      verdict.metrics.emplace_back(limited(name, 100), value.get<double>());
    }
  return verdict;
}

double number_or(const Json& json, double fallback) { return json.is_number() ? json.get<double>() : fallback; }

}  // namespace

std::optional<Hello> read_hello(const std::string& line, std::string& why) {
  const Json json = parsed_line(line);
  if (!json.is_object() || !json.contains("laconic_verifier")) {
    why = "its first line is no hello: `" + start_of(line) + "` (stdout is the protocol; print to stderr)";
    return std::nullopt;
  }
  const Json& version = json["laconic_verifier"];
  if (!version.is_number_integer() || version.get<std::int64_t>() != kProtocolVersion) {
    why = fmt::format("it speaks version {} of the protocol, not {}", start_of(version.dump()), kProtocolVersion);
    return std::nullopt;
  }
  Hello hello;
  hello.name = optional_text(json, "name").value_or("");
  if (const auto range = json.find("score_range"); range != json.end() && !range->is_null()) {
    if (!range->is_array() || range->size() != 2) {
      why = "its `score_range` is " + start_of(range->dump()) + ", but must be [least, most]; null for no bound";
      return std::nullopt;
    }
    hello.score_min = number_or((*range)[0], hello.score_min);
    hello.score_max = number_or((*range)[1], hello.score_max);
  }
  if (json.contains("pass_at")) hello.pass_at = number_or(json["pass_at"], hello.pass_at);
  if (const auto n = json.find("in_flight"); n != json.end()) {
    if (!n->is_number_integer() || n->get<std::int64_t>() < 1 || n->get<std::int64_t>() > 1024) {
      why = "its `in_flight` is " + start_of(n->dump()) + ", but must be from 1 to 1024";
      return std::nullopt;
    }
    hello.in_flight = n->get<int>();
  }
  if (const auto groups = json.find("groups"); groups != json.end()) hello.groups = groups->is_boolean() && groups->get<bool>();
  return hello;
}

std::string write_hello(const Hello& hello) {
  Json json = {{"laconic_verifier", kProtocolVersion}, {"name", hello.name}, {"pass_at", hello.pass_at}, {"in_flight", hello.in_flight}, {"groups", hello.groups}};
  return text_of(json);
}

std::string write_request(std::uint64_t id, std::span<const VerifyRequest> items, bool group, Reasoning reasoning) {
  Json json = {{"id", id}};
  if (group) {
    add_row(json, items.front());
    Json list = Json::array();
    for (const VerifyRequest& item : items) list.push_back(item_json(item, reasoning));
    json["items"] = std::move(list);
  } else {
    json.update(item_json(items.front(), reasoning));
    add_row(json, items.front());
  }
  return text_of(json);
}

std::optional<std::uint64_t> reply_id(const std::string& line, std::string& why) {
  const Json json = parsed_line(line);
  if (!json.is_object()) {
    why = "it wrote a line that is no JSON object: `" + start_of(line) + "` (stdout is the protocol; print to stderr)";
    return std::nullopt;
  }
  const auto id = json.find("id");
  if (id == json.end() || !id->is_number_unsigned()) {
    why = "its reply has no `id` of a request: `" + start_of(line) + "`";
    return std::nullopt;
  }
  return id->get<std::uint64_t>();
}

std::vector<Verdict> read_verdicts(const std::string& line, const Hello& hello, std::size_t items, bool group) {
  const Json json = parsed_line(line);
  if (!group || json.contains("error")) return std::vector<Verdict>(items, read_verdict(json, hello));
  const auto list = json.find("verdicts");
  if (list == json.end() || !list->is_array()) return std::vector<Verdict>(items, broken("the reply to a group has no list `verdicts`"));
  if (list->size() != items)
    return std::vector<Verdict>(items, broken(fmt::format("it has {} verdicts for the {} answers of a group", list->size(), items)));
  std::vector<Verdict> verdicts;
  for (const Json& one : *list) verdicts.push_back(read_verdict(one, hello));
  return verdicts;
}

std::string valid_text(const std::string& bytes) {
  return Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

HostedRequest read_request(const std::string& line) {
  const Json json = parsed(line);
  if (!json.is_object() || !json.contains("id")) throw Error("not a request: `" + start_of(line) + "`", "verifier protocol");
  HostedRequest request;
  request.id = json["id"].get<std::uint64_t>();
  request.ticket = json.value("ticket", "");
  request.prompt = json.value("prompt", "");
  request.response = json.value("response", "");
  request.finished = json.value("finished", true);
  request.answer = optional_text(json, "answer");
  const Json columns = json.value("columns", Json::object());
  request.columns = columns.dump(-1, ' ', false, Json::error_handler_t::replace);
  request.gold = optional_text(columns, "answer");
  if (!request.gold) request.gold = optional_text(columns, "gold");
  return request;
}

std::string write_reply(std::uint64_t id, const Verdict& verdict) {
  if (!std::isfinite(verdict.score)) return write_failure(id, "the score is not a finite number");
  return text_of({{"id", id}, {"outcome", name_of(verdict.outcome)}, {"score", verdict.score}, {"extracted", verdict.extracted}, {"explanation", verdict.explanation}});
}

std::string write_failure(std::uint64_t id, const std::string& why) { return text_of({{"id", id}, {"error", why}}); }

}  // namespace laconic::verifiers::custom
