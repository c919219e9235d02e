#include <fmt/format.h>

#include "trajectory/store_impl.h"

namespace laconic::trajectory {
namespace {

constexpr int kSchemaVersion = 2;  // 2: verdicts carry named numbers
constexpr int kApplicationId = 0x4C41434F;  // "LACO", shown by file(1)

// Blobs: trajectory/codec.h; they and the text come last, so that listings do not read past them.
// Columns of type ANY hold doubles: a REAL column would store −0 as 0.
constexpr const char* kSchema = R"sql(
CREATE TABLE state(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups(
  id INTEGER PRIMARY KEY,
  stage INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('train', 'eval')),
  step INTEGER NOT NULL,
  round INTEGER NOT NULL,
  draw INTEGER NOT NULL,
  weight_version INTEGER NOT NULL,
  problem_id TEXT NOT NULL,
  prompt TEXT NOT NULL,
  columns TEXT NOT NULL,
  prompt_expert_ids BLOB,
  created REAL NOT NULL,
  UNIQUE (stage, kind, step, round, draw)
) STRICT;

CREATE TABLE trajectories(
  id INTEGER PRIMARY KEY,
  group_id INTEGER NOT NULL REFERENCES groups(id) ON DELETE CASCADE,
  sample INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  response_tokens INTEGER NOT NULL,
  stop TEXT NOT NULL CHECK (stop IN ('end', 'length')),
  seconds ANY NOT NULL,
  outcome TEXT,
  score ANY,
  verifier TEXT,
  extracted TEXT,
  explanation TEXT,
  verify_seconds ANY,
  attempts INTEGER,
  verdict_metrics TEXT,
  reward ANY NOT NULL,
  reward_length ANY NOT NULL,
  advantage ANY NOT NULL,
  in_loss INTEGER NOT NULL CHECK (in_loss IN (0, 1)),
  text TEXT NOT NULL,
  tokens BLOB NOT NULL,
  spans BLOB NOT NULL,
  logprob BLOB NOT NULL,
  entropy BLOB NOT NULL,
  expert_ids BLOB,
  kept_offsets BLOB,
  kept_ids BLOB,
  UNIQUE (group_id, sample)
) STRICT;

CREATE TABLE steps(
  stage INTEGER NOT NULL,
  step INTEGER NOT NULL,
  kind TEXT NOT NULL,
  metrics TEXT NOT NULL,
  committed REAL NOT NULL,
  PRIMARY KEY (stage, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions(
  stage INTEGER NOT NULL,
  version INTEGER NOT NULL,
  step INTEGER NOT NULL,
  weights_hash TEXT NOT NULL,
  PRIMARY KEY (stage, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE evals(
  stage INTEGER NOT NULL,
  step INTEGER NOT NULL,
  name TEXT NOT NULL,
  metrics TEXT NOT NULL,
  committed REAL NOT NULL,
  PRIMARY KEY (stage, step, name)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace

void create_schema(SQLite::Database& db) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  db.exec(kSchema);
  db.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  db.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

void check_schema(SQLite::Database& db, const fs::path& file) {
  const int application = db.execAndGet("PRAGMA application_id").getInt();
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (application != kApplicationId)
    throw Error("this SQLite file is not a store of Laconic", file.string(), "`laconic runs list` shows the runs here");
  if (version != kSchemaVersion)
    throw Error(fmt::format("this store has schema version {}, but this build reads version {}", version, kSchemaVersion),
                file.string(), version > kSchemaVersion ? "use the build that wrote it, or a newer one" : "use the build that wrote it");
}

const char* kind_name(WorkKind kind) { return kind == WorkKind::kTrain ? "train" : "eval"; }
WorkKind kind_named(const std::string& name) { return name == "train" ? WorkKind::kTrain : WorkKind::kEval; }

}  // namespace laconic::trajectory
