// Groups and their samples, in and out of the store.
#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "trajectory/codec.h"
#include "trajectory/store_impl.h"
#include "trajectory/verdict_metrics.h"

namespace laconic::trajectory {
namespace {

void bind_blob(SQLite::Statement& q, int index, const std::string& blob) {
  q.bind(index, blob.data(), static_cast<int>(blob.size()));
}

// Absent, not an empty blob: pruned and never recorded look the same.
void bind_optional_blob(SQLite::Statement& q, int index, const std::string& blob) {
  if (blob.empty()) q.bind(index);
  else bind_blob(q, index, blob);
}

// SQLite would store NaN as NULL, and NULL means absent.
void bind_number(SQLite::Statement& q, int index, double value, const char* what, const Ticket& ticket) {
  if (std::isnan(value)) throw Error(fmt::format("the {} of a sample is not a number", what), to_text(ticket));
  q.bind(index, value);
}

std::string_view blob_of(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

void bind_ticket(SQLite::Statement& q, int first, const Ticket& ticket) {
  q.bind(first, ticket.stage);
  q.bind(first + 1, kind_name(ticket.kind));
  q.bind(first + 2, ticket.step);
  q.bind(first + 3, ticket.round);
  q.bind(first + 4, ticket.draw);
}

constexpr const char* kTicketIs = "stage = ? AND kind = ? AND step = ? AND round = ? AND draw = ?";

constexpr int kJudgementColumns = 8;

void bind_judgement(SQLite::Statement& q, int first, const Trajectory& sample) {
  if (!sample.judged) {
    for (int i = 0; i < kJudgementColumns; ++i) q.bind(first + i);
    return;
  }
  const Judgement& j = sample.judgement;
  q.bind(first, std::string(name_of(j.outcome)));
  bind_number(q, first + 1, j.score, "score", sample.ticket);
  q.bind(first + 2, j.verifier);
  q.bind(first + 3, j.extracted);
  q.bind(first + 4, j.explanation);
  bind_number(q, first + 5, j.seconds, "verification time", sample.ticket);
  q.bind(first + 6, j.attempts);
  if (j.metrics.empty()) q.bind(first + 7);
  else q.bind(first + 7, encode_metrics(j.metrics));
}

Outcome outcome_from(const std::string& name, const std::string& where) {
  const auto outcome = outcome_named(name);
  if (!outcome) throw Error("the store holds the unknown outcome `" + name + "`", where, "use the build that wrote it, or a newer one");
  return *outcome;
}

void insert_sample(SQLite::Database& db, std::int64_t group, const Trajectory& sample, const std::string& text) {
  SQLite::Statement q(db,
                      "INSERT INTO trajectories(group_id, sample, prompt_tokens, response_tokens, stop, seconds, outcome, score, "
                      "verifier, extracted, explanation, verify_seconds, attempts, verdict_metrics, reward, reward_length, advantage, in_loss, text, "
                      "tokens, spans, logprob, entropy, expert_ids, kept_offsets, kept_ids) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  q.bind(1, group);
  q.bind(2, sample.ticket.sample);
  q.bind(3, sample.prompt_length());
  q.bind(4, sample.response_length());
  q.bind(5, sample.stop == StopReason::kEndToken ? "end" : "length");
  bind_number(q, 6, sample.seconds, "generation time", sample.ticket);
  bind_judgement(q, 7, sample);
  bind_number(q, 15, sample.reward, "reward", sample.ticket);
  bind_number(q, 16, sample.reward_length, "length reward", sample.ticket);
  bind_number(q, 17, sample.advantage, "advantage", sample.ticket);
  q.bind(18, sample.in_loss ? 1 : 0);
  q.bind(19, text);
  bind_blob(q, 20, encode_array(sample.tokens));
  bind_blob(q, 21, encode_spans(sample.spans));
  bind_blob(q, 22, encode_array(sample.logprob));
  bind_blob(q, 23, encode_array(sample.entropy));
  bind_optional_blob(q, 24, encode_array(sample.expert_ids));
  bind_optional_blob(q, 25, encode_array(sample.kept.offsets));
  bind_optional_blob(q, 26, encode_array(sample.kept.ids));
  q.exec();
}

Trajectory read_sample(const SQLite::Statement& row, const Ticket& group) {
  Trajectory sample;
  auto& q = const_cast<SQLite::Statement&>(row);
  sample.ticket = group.of_sample(q.getColumn(0).getInt());
  const std::string where = to_text(sample.ticket);
  sample.stop = q.getColumn(1).getString() == "end" ? StopReason::kEndToken : StopReason::kLength;
  sample.seconds = q.getColumn(2).getDouble();
  sample.judged = !q.getColumn(3).isNull();
  if (sample.judged) {
    sample.judgement = {outcome_from(q.getColumn(3).getString(), where), q.getColumn(4).getDouble(), q.getColumn(5).getString(),
                        q.getColumn(6).getString(), q.getColumn(7).getString(), q.getColumn(8).getDouble(), q.getColumn(9).getInt(),
                        decode_metrics(q.getColumn(10).isNull() ? std::string() : q.getColumn(10).getString(), where)};
  }
  sample.reward = q.getColumn(11).getDouble();
  sample.reward_length = q.getColumn(12).getDouble();
  sample.advantage = q.getColumn(13).getDouble();
  sample.in_loss = q.getColumn(14).getInt() != 0;
  sample.tokens = decode_int32(blob_of(q.getColumn(15)), where);
  sample.spans = decode_spans(blob_of(q.getColumn(16)), where);
  sample.logprob = decode_float(blob_of(q.getColumn(17)), where);
  sample.entropy = decode_float(blob_of(q.getColumn(18)), where);
  sample.expert_ids = decode_uint16(blob_of(q.getColumn(19)), where);
  sample.kept.offsets = decode_int32(blob_of(q.getColumn(20)), where);
  sample.kept.ids = decode_int32(blob_of(q.getColumn(21)), where);
  return sample;
}

}  // namespace

void Store::save_group(const Group& group, std::span<const std::string> texts) {
  if (texts.size() != group.samples.size())
    throw Error(fmt::format("{} texts for {} samples", texts.size(), group.samples.size()), to_text(group.ticket));
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement drop(db, std::string("DELETE FROM groups WHERE ") + kTicketIs);
    bind_ticket(drop, 1, group.ticket);
    drop.exec();
    SQLite::Statement q(db,
                        "INSERT INTO groups(stage, kind, step, round, draw, weight_version, problem_id, prompt, columns, "
                        "prompt_expert_ids, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_ticket(q, 1, group.ticket);
    q.bind(6, group.weight_version);
    q.bind(7, group.problem_id);
    q.bind(8, group.prompt);
    q.bind(9, group.columns);
    bind_optional_blob(q, 10, encode_array(group.prompt_expert_ids));
    q.bind(11, Clock::system().unix_time());
    q.exec();
    const std::int64_t id = db.getLastInsertRowid();
    for (std::size_t i = 0; i < texts.size(); ++i) insert_sample(db, id, group.samples[i], texts[i]);
  });
}

namespace {

// Updates of one sample must hit one row: a verdict for a sample that is not there is a bug upstream.
void execute_one(SQLite::Statement& q, const Ticket& ticket) {
  if (q.exec() != 1) throw Error("this sample is not in the store", to_text(ticket));
  q.reset();
}

const std::string kSampleIs = std::string(" WHERE sample = ? AND group_id = (SELECT id FROM groups WHERE ") + kTicketIs + ")";

}  // namespace

void Store::save_judgements(std::span<const Trajectory> samples) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "UPDATE trajectories SET outcome = ?, score = ?, verifier = ?, extracted = ?, explanation = ?, "
                            "verify_seconds = ?, attempts = ?, verdict_metrics = ?" + kSampleIs);
    for (const Trajectory& sample : samples) {
      bind_judgement(q, 1, sample);
      q.bind(kJudgementColumns + 1, sample.ticket.sample);
      bind_ticket(q, kJudgementColumns + 2, sample.ticket);
      execute_one(q, sample.ticket);
    }
  });
}

void Store::save_rewards(std::span<const Group* const> groups) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "UPDATE trajectories SET reward = ?, reward_length = ?, advantage = ?, in_loss = ?" + kSampleIs);
    for (const Group* group : groups)
      for (const Trajectory& sample : group->samples) {
        bind_number(q, 1, sample.reward, "reward", sample.ticket);
        bind_number(q, 2, sample.reward_length, "length reward", sample.ticket);
        bind_number(q, 3, sample.advantage, "advantage", sample.ticket);
        q.bind(4, sample.in_loss ? 1 : 0);
        q.bind(5, sample.ticket.sample);
        bind_ticket(q, 6, sample.ticket);
        execute_one(q, sample.ticket);
      }
  });
}

std::vector<StoredGroup> Store::stored_groups(std::int32_t stage, WorkKind kind, std::int32_t step, std::int32_t round) const {
  return guarded(impl_->file, [&] {
    SQLite::Statement q(*impl_->db,
                        "SELECT round, draw, count(t.id), count(t.outcome) FROM groups g LEFT JOIN trajectories t ON t.group_id = g.id "
                        "WHERE stage = ? AND kind = ? AND step = ? AND (? < 0 OR round = ?) GROUP BY g.id ORDER BY round, draw");
    q.bind(1, stage);
    q.bind(2, kind_name(kind));
    q.bind(3, step);
    q.bind(4, round);
    q.bind(5, round);
    std::vector<StoredGroup> groups;
    while (q.executeStep())
      groups.push_back({Ticket{stage, kind, step, q.getColumn(0).getInt(), q.getColumn(1).getInt(), Ticket::kGroup},
                        q.getColumn(2).getInt(), q.getColumn(3).getInt()});
    return groups;
  });
}

std::optional<Group> Store::load_group(const Ticket& ticket) const {
  return guarded(impl_->file, [&]() -> std::optional<Group> {
    // One read transaction, so that a group being replaced is seen old or new, never half.
    SQLite::Transaction snapshot(*impl_->db);
    SQLite::Statement q(*impl_->db,
                        std::string("SELECT id, weight_version, problem_id, prompt, columns, prompt_expert_ids FROM groups WHERE ") +
                            kTicketIs);
    bind_ticket(q, 1, ticket);
    if (!q.executeStep()) return std::nullopt;
    Group group;
    group.ticket = ticket.group();
    group.weight_version = q.getColumn(1).getInt();
    group.problem_id = q.getColumn(2).getString();
    group.prompt = q.getColumn(3).getString();
    group.columns = q.getColumn(4).getString();
    group.prompt_expert_ids = decode_uint16(blob_of(q.getColumn(5)), to_text(ticket));
    SQLite::Statement s(*impl_->db,
                        "SELECT sample, stop, seconds, outcome, score, verifier, extracted, explanation, verify_seconds, attempts, verdict_metrics, "
                        "reward, reward_length, advantage, in_loss, tokens, spans, logprob, entropy, expert_ids, kept_offsets, kept_ids "
                        "FROM trajectories WHERE group_id = ? ORDER BY sample");
    s.bind(1, q.getColumn(0).getInt64());
    while (s.executeStep()) group.samples.push_back(read_sample(s, group.ticket));
    return group;
  });
}

std::vector<Group> Store::load_groups(std::int32_t stage, WorkKind kind, std::int32_t step, std::int32_t round) const {
  std::vector<Group> groups;
  for (const StoredGroup& stored : stored_groups(stage, kind, step, round))
    if (auto group = load_group(stored.ticket)) groups.push_back(std::move(*group));
  return groups;
}

std::string Store::response_text(const Ticket& ticket) const {
  return guarded(impl_->file, [&] {
    SQLite::Statement q(*impl_->db, "SELECT text FROM trajectories" + kSampleIs);
    q.bind(1, ticket.sample);
    bind_ticket(q, 2, ticket);
    if (!q.executeStep())
      throw Error("there is no such sample in the store", to_text(ticket), "`laconic traj list` shows what there is");
    return q.getColumn(0).getString();
  });
}

}  // namespace laconic::trajectory
