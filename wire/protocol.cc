#include "wire/protocol.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "wire/checks.h"
#include "wire/fields.h"

namespace laconic::wire {
namespace {

using Json = nlohmann::json;
using trajectory::Span;

Fields fields_of(const Message& message, Kind kind, const std::string& what) {
  if (message.kind != kind)
    throw Error("a " + std::string(name_of(message.kind)) + " message cannot be read as a " + what, "wire");
  return Fields(message.json, what);
}

Json metrics_json(const std::vector<std::pair<std::string, double>>& metrics) {
  Json object = Json::object();
  for (const auto& [name, value] : metrics) object[name] = value;
  return object;
}

Message make(Kind kind, std::uint64_t id, const Json& body) {
  try {
    return {kind, id, body.dump(), {}};
  } catch (const Json::exception& error) {
    throw Error(std::string("text is not valid UTF-8: ") + error.what(), std::string(name_of(kind)));
  }
}

template <class T>
void add(Message& message, const std::string& name, const std::vector<T>& values) {
  message.arrays.push_back(Array::of(name, values));
}

Json spans_json(const std::vector<Span>& spans) {
  Json list = Json::array();
  for (const Span& s : spans)
    list.push_back({{"source", static_cast<int>(s.source)}, {"version", s.weight_version}, {"start", s.start}, {"length", s.length}});
  return list;
}

std::vector<Span> spans_of(const Fields& fields) {
  std::vector<Span> spans;
  for (const Fields& item : fields.objects("spans")) {
    const auto source = static_cast<trajectory::Source>(item.integer("source", 0, 3));
    spans.push_back({source, item.int32("version", -1), item.int32("start", 0), item.int32("length", 1)});
  }
  return spans;
}

Ticket ticket_of(const Fields& fields) { return ticket_from_text(fields.text("ticket")); }

double deadline_of(const Fields& fields) {
  const double seconds = fields.number("deadline_s");
  if (seconds <= 0) throw Error("deadline of " + std::to_string(seconds) + " s: every lease has one", "lease");
  return seconds;
}

}  // namespace

Message encode_hello(const Hello& hello) {
  return make(Kind::kHello, 0, {{"role", hello.role}, {"index", hello.index}, {"pid", hello.pid}});
}

Hello decode_hello(const Message& message) {
  const Fields f = fields_of(message, Kind::kHello, "hello");
  return {f.text("role"), f.int32("index", 0), f.integer("pid", 1)};
}

Message encode_rollout_lease(std::uint64_t lease, const RolloutLease& r) {
  check(r);
  Message message = make(Kind::kLease, lease, {{"ticket", to_text(r.ticket)}, {"philox_key", r.philox_key}, {"version", r.weight_version},
                                               {"think", {{"tokens", r.think.tokens}, {"open", r.think.open_id}, {"close", r.think.close_id}}},
                                               {"samples", r.samples}, {"temperature", r.sampling.temperature}, {"top_p", r.sampling.top_p},
                                               {"top_k", r.sampling.top_k}, {"max_tokens", r.sampling.max_tokens},
                                               {"spans", spans_json(r.spans)}, {"deadline_s", r.deadline_seconds}});
  add(message, "prompt", r.prompt);
  add(message, "stop_ids", r.stop_ids);
  add(message, "forced", r.think.forced);
  return message;
}

RolloutLease decode_rollout_lease(const Message& message) {
  const Fields f = fields_of(message, Kind::kLease, "rollout lease");
  RolloutLease r;
  r.ticket = ticket_of(f);
  r.philox_key = f.natural64("philox_key");
  r.weight_version = f.int32("version", 0);
  r.samples = f.int32("samples", 1);
  r.sampling = {f.number("temperature"), f.number("top_p"), f.int32("top_k", 0), f.int32("max_tokens", 1)};
  r.spans = spans_of(f);
  r.deadline_seconds = deadline_of(f);
  r.prompt = message.array<std::int32_t>("prompt");
  r.stop_ids = message.array<std::int32_t>("stop_ids");
  const Fields think = f.object("think");
  r.think = {think.int32("tokens", -1), think.int32("open", -1), think.int32("close", -1), message.array<std::int32_t>("forced")};
  check(r);
  return r;
}

Message encode_verify_lease(std::uint64_t lease, const VerifyLease& v) {
  Json items = Json::array();
  std::vector<std::int32_t> lengths, tokens;
  for (const auto& item : v.items) {
    items.push_back({{"sample", item.sample}, {"response", item.response}, {"finished", item.finished}});
    lengths.push_back(static_cast<std::int32_t>(item.tokens.size()));
    tokens.insert(tokens.end(), item.tokens.begin(), item.tokens.end());
  }
  Message message = make(Kind::kLease, lease, {{"ticket", to_text(v.ticket)}, {"verifier", v.verifier}, {"prompt", v.prompt}, {"columns", v.columns},
                                               {"items", std::move(items)}, {"deadline_s", v.deadline_seconds}});
  add(message, "lengths", lengths);
  add(message, "tokens", tokens);
  return message;
}

VerifyLease decode_verify_lease(const Message& message) {
  const Fields f = fields_of(message, Kind::kLease, "verify lease");
  VerifyLease v;
  v.ticket = ticket_of(f);
  v.verifier = f.text("verifier");
  v.prompt = f.text("prompt");
  v.columns = f.text("columns");
  for (const Fields& item : f.objects("items")) v.items.push_back({item.int32("sample", 0), item.text("response"), item.flag("finished")});
  const auto lengths = message.array<std::int32_t>("lengths"), tokens = message.array<std::int32_t>("tokens");
  if (lengths.size() != v.items.size()) throw Error("`lengths` has " + std::to_string(lengths.size()) + " elements for " + std::to_string(v.items.size()) + " items", "verify lease");
  auto next = tokens.begin();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 0 || lengths[i] > tokens.end() - next) throw Error("`lengths` does not fit the " + std::to_string(tokens.size()) + " tokens", "verify lease");
    v.items[i].tokens.assign(next, next + lengths[i]);
    next += lengths[i];
  }
  if (next != tokens.end()) throw Error("`lengths` does not cover the " + std::to_string(tokens.size()) + " tokens", "verify lease");
  v.deadline_seconds = deadline_of(f);
  return v;
}

Message encode_verify_result(std::uint64_t lease, const VerifyResult& v) {
  Json list = Json::array();
  for (const trajectory::Judgement& j : v.judgements)
    list.push_back({{"outcome", name_of(j.outcome)}, {"score", j.score}, {"verifier", j.verifier}, {"extracted", j.extracted},
                    {"explanation", j.explanation}, {"seconds", j.seconds}, {"attempts", j.attempts}, {"metrics", metrics_json(j.metrics)}});
  return make(Kind::kResult, lease, {{"ticket", to_text(v.ticket)}, {"judgements", std::move(list)}});
}

VerifyResult decode_verify_result(const Message& message) {
  const Fields f = fields_of(message, Kind::kResult, "verify result");
  VerifyResult v;
  v.ticket = ticket_of(f);
  for (const Fields& item : f.objects("judgements")) {
    const std::string name = item.text("outcome");
    const auto outcome = outcome_named(name);
    if (!outcome) throw Error("`" + name + "` is not an outcome", "verify result", "docs/formats.md lists them");
    v.judgements.push_back({*outcome, item.number("score"), item.text("verifier"), item.text("extracted"), item.text("explanation"),
                            item.number("seconds"), item.int32("attempts", 0), item.numbers("metrics")});
  }
  return v;
}

Message encode_group(std::uint64_t lease, const trajectory::Group& group) {
  check(group);
  Json samples = Json::array();
  std::vector<std::int32_t> lengths, responses, tokens, kept_offsets, kept_ids;
  std::vector<float> logprob, entropy;
  std::vector<std::uint16_t> experts;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  for (const trajectory::Trajectory& t : group.samples) {
    samples.push_back({{"sample", t.ticket.sample}, {"stop", static_cast<int>(t.stop)}, {"seconds", t.seconds},
                       {"truncated", !t.kept.offsets.empty()}, {"spans", spans_json(t.spans)}});
    lengths.push_back(static_cast<std::int32_t>(t.tokens.size()));
    responses.push_back(t.response_length());
    append(tokens, t.tokens);
    append(logprob, t.logprob);
    append(entropy, t.entropy);
    append(experts, t.expert_ids);
    append(kept_offsets, t.kept.offsets);
    append(kept_ids, t.kept.ids);
  }
  Message message = make(Kind::kResult, lease, {{"ticket", to_text(group.ticket)}, {"version", group.weight_version},
                                                {"expert_width", expert_width(group)}, {"samples", std::move(samples)}});
  add(message, "prompt_experts", group.prompt_expert_ids);
  add(message, "lengths", lengths);
  add(message, "responses", responses);
  add(message, "tokens", tokens);
  add(message, "logprob", logprob);
  add(message, "entropy", entropy);
  add(message, "experts", experts);
  add(message, "kept_offsets", kept_offsets);
  add(message, "kept_ids", kept_ids);
  return message;
}

trajectory::Group decode_group(const Message& message) {
  const Fields f = fields_of(message, Kind::kResult, "group");
  trajectory::Group group;
  group.ticket = ticket_of(f);
  group.weight_version = f.int32("version", 0);
  const std::int64_t width = f.integer("expert_width", 0, 1 << 20);
  group.prompt_expert_ids = message.array<std::uint16_t>("prompt_experts");
  const std::vector<Fields> samples = f.objects("samples");
  const auto lengths = message.array<std::int32_t>("lengths"), responses = message.array<std::int32_t>("responses");
  if (lengths.size() != samples.size() || responses.size() != samples.size())
    throw Error(std::to_string(samples.size()) + " samples, " + std::to_string(lengths.size()) + " lengths", "group " + to_text(group.ticket));

  const auto where = "group " + to_text(group.ticket);
  Cursor tokens(message.array<std::int32_t>("tokens"), "tokens", where), offsets(message.array<std::int32_t>("kept_offsets"), "kept_offsets", where),
      ids(message.array<std::int32_t>("kept_ids"), "kept_ids", where);
  Cursor logprob(message.array<float>("logprob"), "logprob", where), entropy(message.array<float>("entropy"), "entropy", where);
  Cursor experts(message.array<std::uint16_t>("experts"), "experts", where);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    trajectory::Trajectory t;
    t.ticket = group.ticket.of_sample(samples[i].int32("sample", 0));
    t.stop = static_cast<trajectory::StopReason>(samples[i].integer("stop", 0, 1));
    t.seconds = samples[i].number("seconds");
    t.spans = spans_of(samples[i]);
    t.tokens = tokens.take(lengths[i]);
    t.logprob = logprob.take(responses[i]);
    t.entropy = entropy.take(responses[i]);
    t.expert_ids = experts.take((std::int64_t{lengths[i]} - t.prompt_length() - 1) * width);
    if (samples[i].flag("truncated")) {
      t.kept.offsets = offsets.take(std::int64_t{responses[i]} + 1);
      t.kept.ids = ids.take(t.kept.offsets.back());
    }
    group.samples.push_back(std::move(t));
  }
  tokens.end(), offsets.end(), ids.end(), logprob.end(), entropy.end(), experts.end();
  check(group);
  if (expert_width(group) != width) throw Error("expert_width " + std::to_string(width) + " does not fit the expert ids", where);
  return group;
}

Message encode_batch(std::uint64_t lease, const trajectory::Batch& b) {
  check(b);
  Message message = make(Kind::kLease, lease, {{"task", "batch"}, {"stage", b.stage}, {"step", b.step}, {"objective", b.objective},
                                               {"temperature", b.temperature}});
  add(message, "lengths", b.lengths);
  add(message, "tokens", b.tokens);
  add(message, "in_loss", b.in_loss);
  add(message, "logprob", b.logprob);
  add(message, "advantage", b.advantage);
  add(message, "expert_ids", b.expert_ids);
  add(message, "kept_offsets", b.kept_offsets);
  add(message, "kept_ids", b.kept_ids);
  return message;
}

trajectory::Batch decode_batch(const Message& message) {
  const Fields f = fields_of(message, Kind::kLease, "batch");
  if (const std::string task = f.text("task"); task != "batch") throw Error("task `" + task + "` is not a batch", "batch");
  trajectory::Batch b;
  b.stage = f.int32("stage", 0);
  b.step = f.int32("step", 0);
  b.objective = f.text("objective");
  b.temperature = static_cast<float>(f.number("temperature"));
  b.lengths = message.array<std::int32_t>("lengths");
  b.tokens = message.array<std::int32_t>("tokens");
  b.in_loss = message.array<std::uint8_t>("in_loss");
  b.logprob = message.array<float>("logprob");
  b.advantage = message.array<float>("advantage");
  b.expert_ids = message.array<std::uint16_t>("expert_ids");
  b.kept_offsets = message.array<std::int32_t>("kept_offsets");
  b.kept_ids = message.array<std::int32_t>("kept_ids");
  check(b);
  return b;
}

Message encode_step_result(std::uint64_t lease, const StepResult& r) {
  Json metrics = Json::parse(r.metrics.empty() ? "{}" : r.metrics, nullptr, false);
  if (!metrics.is_object()) throw Error("metrics are not a JSON object: " + r.metrics.substr(0, 60), "step result");
  return make(Kind::kResult, lease, {{"stage", r.stage}, {"step", r.step}, {"published", r.published_version}, {"path", r.weights_path},
                                     {"hash", r.weights_hash}, {"metrics", std::move(metrics)}});
}

StepResult decode_step_result(const Message& message) {
  const Fields f = fields_of(message, Kind::kResult, "step result");
  StepResult r{f.int32("stage", 0), f.int32("step", -1), f.int32("published", -1), f.text("path"), f.text("hash"), {}};
  f.object("metrics");
  r.metrics = f.json("metrics");
  if (r.published_version >= 0) check_hash(r.weights_hash, "step result");
  return r;
}

Message encode_weights(const WeightsNotice& w) {
  return make(Kind::kWeights, 0, {{"stage", w.stage}, {"version", w.version}, {"path", w.path}, {"hash", w.hash}});
}

WeightsNotice decode_weights(const Message& message) {
  const Fields f = fields_of(message, Kind::kWeights, "weights");
  WeightsNotice w{f.int32("stage", 0), f.int32("version", 0), f.text("path"), f.text("hash")};
  check_hash(w.hash, "weights");
  return w;
}

}  // namespace laconic::wire
