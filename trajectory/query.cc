#include "trajectory/query.h"

#include <variant>

#include <fmt/format.h>

#include "trajectory/store_impl.h"
#include "trajectory/verdict_metrics.h"

namespace laconic::trajectory {
namespace {

using Value = std::variant<std::int64_t, std::string>;

// SQL with its values beside it: user text is always bound, never pasted.
struct Where {
  std::string sql;
  std::vector<Value> values;

  void add(const std::string& condition) { sql += (sql.empty() ? " WHERE " : " AND ") + condition; }
  void add(const std::string& condition, Value value) {
    add(condition);
    values.push_back(std::move(value));
  }
};

// SQL list of the outcomes that count, from the one table of outcomes.
std::string counted_list() {
  std::string list;
  for (int i = 0; i < kOutcomeCount; ++i)
    if (outcome_rows()[i].counted) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", outcome_rows()[i].name);
  return "(" + list + ")";
}

Where conditions(const TrajectoryQuery& query) {
  Where where;
  if (query.stage) where.add("g.stage = ?", *query.stage);
  if (query.kind) where.add("g.kind = ?", std::string(kind_name(*query.kind)));
  if (query.first_step) where.add("g.step >= ?", *query.first_step);
  if (query.last_step) where.add("g.step <= ?", *query.last_step);
  if (query.draw) where.add("g.draw = ?", *query.draw);
  if (!query.outcomes.empty()) {
    std::string marks;
    for (const Outcome outcome : query.outcomes) {
      marks += marks.empty() ? "?" : ", ?";
      where.values.push_back(std::string(name_of(outcome)));
    }
    where.add("t.outcome IN (" + marks + ")");
  }
  if (query.correct) where.add(*query.correct ? "t.outcome = 'pass'" : "t.outcome <> 'pass' AND t.outcome IN " + counted_list());
  if (query.judged) where.add(*query.judged ? "t.outcome IS NOT NULL" : "t.outcome IS NULL");
  if (query.in_loss) where.add("t.in_loss = ?", std::int64_t{*query.in_loss});
  if (query.truncated) where.add("t.stop = ?", std::string(*query.truncated ? "length" : "end"));
  if (query.min_tokens) where.add("t.response_tokens >= ?", *query.min_tokens);
  if (query.max_tokens) where.add("t.response_tokens <= ?", *query.max_tokens);
  if (!query.text.empty()) where.add("instr(t.text, ?) > 0", query.text);
  return where;
}

void bind_values(SQLite::Statement& q, const std::vector<Value>& values) {
  int index = 0;
  for (const Value& value : values) {
    ++index;
    std::visit([&](const auto& v) { q.bind(index, v); }, value);
  }
}

constexpr const char* kFrom = " FROM trajectories t JOIN groups g ON g.id = t.group_id";

std::string order_of(const TrajectoryQuery& query) {
  const std::string direction = query.descending ? " DESC" : " ASC";
  const std::string ticket = "g.stage, g.kind DESC, g.step, g.round, g.draw, t.sample";  // 'train' before 'eval'
  switch (query.sort) {
    case SortBy::kLength: return "t.response_tokens" + direction + ", " + ticket;
    case SortBy::kReward: return "t.reward" + direction + ", " + ticket;
    case SortBy::kAdvantage: return "t.advantage" + direction + ", " + ticket;
    case SortBy::kTicket: break;
  }
  if (!query.descending) return ticket;
  return "g.stage DESC, g.kind ASC, g.step DESC, g.round DESC, g.draw DESC, t.sample DESC";
}

}  // namespace

std::vector<TrajectoryRow> list_trajectories(const Store& store, const TrajectoryQuery& query) {
  return guarded(store.file(), [&] {
    const Where where = conditions(query);
    SQLite::Statement q(*store.impl().db,
                        std::string("SELECT g.stage, g.kind, g.step, g.round, g.draw, t.sample, g.weight_version, g.problem_id, "
                                    "t.prompt_tokens, t.response_tokens, t.stop, t.outcome, t.score, t.verifier, t.extracted, "
                                    "t.explanation, t.verify_seconds, t.attempts, t.reward, t.reward_length, t.advantage, t.in_loss, "
                                    "t.seconds, t.text, t.verdict_metrics") +
                            kFrom + where.sql + " ORDER BY " + order_of(query) + fmt::format(" LIMIT {} OFFSET {}", query.limit, query.offset));
    bind_values(q, where.values);
    std::vector<TrajectoryRow> rows;
    while (q.executeStep()) {
      TrajectoryRow row;
      row.ticket = {q.getColumn(0).getInt(), kind_named(q.getColumn(1).getString()), q.getColumn(2).getInt(),
                    q.getColumn(3).getInt(), q.getColumn(4).getInt(), q.getColumn(5).getInt()};
      row.weight_version = q.getColumn(6).getInt();
      row.problem_id = q.getColumn(7).getString();
      row.prompt_tokens = q.getColumn(8).getInt();
      row.response_tokens = q.getColumn(9).getInt();
      row.stop = q.getColumn(10).getString() == "end" ? StopReason::kEndToken : StopReason::kLength;
      row.judged = !q.getColumn(11).isNull();
      if (row.judged)
        row.judgement = {outcome_named(q.getColumn(11).getString()).value_or(Outcome::kInfraError), q.getColumn(12).getDouble(),
                         q.getColumn(13).getString(), q.getColumn(14).getString(), q.getColumn(15).getString(),
                         q.getColumn(16).getDouble(), q.getColumn(17).getInt(),
                         decode_metrics(q.getColumn(24).isNull() ? std::string() : q.getColumn(24).getString(), to_text(row.ticket))};
      row.reward = q.getColumn(18).getDouble();
      row.reward_length = q.getColumn(19).getDouble();
      row.advantage = q.getColumn(20).getDouble();
      row.in_loss = q.getColumn(21).getInt() != 0;
      row.seconds = q.getColumn(22).getDouble();
      row.text = q.getColumn(23).getString();
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

std::int64_t count_trajectories(const Store& store, const TrajectoryQuery& query) {
  return guarded(store.file(), [&] {
    const Where where = conditions(query);
    SQLite::Statement q(*store.impl().db, std::string("SELECT count(*)") + kFrom + where.sql);
    bind_values(q, where.values);
    q.executeStep();
    return q.getColumn(0).getInt64();
  });
}

std::vector<StepSummary> step_summaries(const Store& store) {
  return guarded(store.file(), [&] {
    SQLite::Statement q(*store.impl().db,
                        "SELECT g.stage, g.kind, g.step, min(g.weight_version), max(g.weight_version), count(DISTINCT g.id), count(t.id), "
                        "count(t.outcome), sum(t.outcome IN " + counted_list() + "), sum(t.outcome = 'pass'), sum(t.stop = 'length'), "
                        "sum(t.in_loss), sum(t.response_tokens), sum(CASE WHEN t.outcome = 'pass' THEN t.response_tokens ELSE 0 END)" +
                            kFrom + " GROUP BY g.stage, g.kind, g.step ORDER BY g.stage, g.kind DESC, g.step");
    std::vector<StepSummary> rows;
    while (q.executeStep())
      rows.push_back({q.getColumn(0).getInt(), kind_named(q.getColumn(1).getString()), q.getColumn(2).getInt(), q.getColumn(3).getInt(),
                      q.getColumn(4).getInt(), q.getColumn(5).getInt64(), q.getColumn(6).getInt64(), q.getColumn(7).getInt64(),
                      q.getColumn(8).getInt64(), q.getColumn(9).getInt64(), q.getColumn(10).getInt64(), q.getColumn(11).getInt64(),
                      q.getColumn(12).getInt64(), q.getColumn(13).getInt64()});
    return rows;
  });
}

}  // namespace laconic::trajectory
