#include "trajectory/store.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "trajectory/store_impl.h"

namespace laconic::trajectory {

WriterLock::WriterLock(const fs::path& database) {
  const fs::path path = database.string() + ".writer";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw Error(fmt::format("cannot write beside the store: {}", std::strerror(errno)), path.string());
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) {
      // The number only helps a reader of the error below; the lock itself holds.
    }
    return;
  }
  char text[32] = {};
  const ssize_t got = ::pread(fd_, text, sizeof text - 1, 0);
  ::close(fd_);
  const std::string owner = got > 1 ? " (process " + std::string(text, static_cast<std::size_t>(got) - 1) + ")" : "";
  throw Error("another process is writing this run" + owner, database.string(),
              "wait for it or stop it; reading it is always possible");
}

WriterLock::~WriterLock() { ::close(fd_); }

Error store_error(const SQLite::Exception& error, const fs::path& file) {
  const std::string what = error.what(), where = file.string();
  const double free_mb = fs::exists(file.parent_path()) ? static_cast<double>(free_bytes(file)) / 1e6 : 0;
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      return Error(fmt::format("the disk is full: {:.0f} MB free, the last save was not made", free_mb), where,
                   "free some space, then continue the run with `laconic train --resume`");
    case SQLITE_IOERR:
      return Error(fmt::format("reading or writing the store failed ({}; {:.0f} MB free)", what, free_mb), where,
                   "check the disk with `laconic doctor`, then continue the run with `laconic train --resume`");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error("the store is damaged or not an SQLite file (" + what + ")", where,
                   fmt::format("copy the run folder away, then try `sqlite3 {} .recover`", where));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error("the store is locked by another program", where, "close the program that holds it open for writing");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return Error("the store cannot be opened (" + what + ")", where, "check the owner and mode of the file and its folder");
    default:
      return Error("the store failed: " + what, where);
  }
}

namespace {

std::unique_ptr<SQLite::Database> connect(const fs::path& file, int flags, const StoreOptions& options) {
  auto db = std::make_unique<SQLite::Database>(file.string(), flags, static_cast<int>(options.busy_seconds * 1000));
  db->exec("PRAGMA foreign_keys = ON");
  return db;
}

void make_durable(SQLite::Database& db, const StoreOptions& options) {
  db.execAndGet("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  if (options.max_bytes > 0) {
    const int page = db.execAndGet("PRAGMA page_size").getInt();
    db.execAndGet(fmt::format("PRAGMA max_page_count = {}", options.max_bytes / page));
  }
}

void require_file(const fs::path& file) {
  if (!fs::exists(file)) throw Error("there is no store here", file.string(), "`laconic runs list` shows the runs here");
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

const fs::path& Store::file() const { return impl_->file; }

Store Store::create(const fs::path& file, const StoreOptions& options) {
  if (fs::exists(file)) throw Error("a store is already here", file.string(), "choose another run name, or resume this run");
  auto impl = std::make_unique<Impl>(Impl{file, options, std::make_unique<WriterLock>(file), nullptr});
  guarded(file, [&] {
    impl->db = connect(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, options);
    make_durable(*impl->db, options);
    create_schema(*impl->db);
  });
  sync_file(fs::absolute(file).parent_path());
  return Store(std::move(impl));
}

Store Store::open_writer(const fs::path& file, const StoreOptions& options) {
  require_file(file);
  auto impl = std::make_unique<Impl>(Impl{file, options, std::make_unique<WriterLock>(file), nullptr});
  guarded(file, [&] {
    impl->db = connect(file, SQLite::OPEN_READWRITE, options);
    check_schema(*impl->db, file);
    make_durable(*impl->db, options);
  });
  return Store(std::move(impl));
}

Store Store::open_reader(const fs::path& file, const StoreOptions& options) {
  require_file(file);
  auto impl = std::make_unique<Impl>(Impl{file, options, nullptr, nullptr});
  guarded(file, [&] {
    impl->db = connect(file, SQLite::OPEN_READONLY, options);
    check_schema(*impl->db, file);
  });
  return Store(std::move(impl));
}

// ---- steps, versions, evaluations, state ------------------------------------------------------

void Store::save_step(const StepRecord& record) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "INSERT OR REPLACE INTO steps(stage, step, kind, metrics, committed) VALUES (?, ?, ?, ?, ?)");
    q.bind(1, record.stage);
    q.bind(2, record.step);
    q.bind(3, record.kind);
    q.bind(4, record.metrics);
    q.bind(5, Clock::system().unix_time());
    q.exec();
  });
}

std::vector<StepRecord> Store::steps() const {
  return guarded(impl_->file, [&] {
    SQLite::Statement q(*impl_->db, "SELECT stage, step, kind, metrics, committed FROM steps ORDER BY stage, step");
    std::vector<StepRecord> records;
    while (q.executeStep())
      records.push_back({q.getColumn(0).getInt(), q.getColumn(1).getInt(), q.getColumn(2).getString(), q.getColumn(3).getString(),
                         q.getColumn(4).getDouble()});
    return records;
  });
}

void Store::save_version(const VersionRecord& record) {
  if (const auto old = version(record.stage, record.version)) {
    if (old->weights_hash == record.weights_hash && old->step == record.step) return;
    throw Error(fmt::format("stage {} step {} published version {} with weights {}, but the run recorded step {} and weights {}",
                            record.stage, record.step, record.version, record.weights_hash, old->step, old->weights_hash),
                impl_->file.string(),
                "the run was not reproduced: compare environment.json with this machine (`laconic doctor`), or fork the run");
  }
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "INSERT INTO versions(stage, version, step, weights_hash) VALUES (?, ?, ?, ?)");
    q.bind(1, record.stage);
    q.bind(2, record.version);
    q.bind(3, record.step);
    q.bind(4, record.weights_hash);
    q.exec();
  });
}

std::optional<VersionRecord> Store::version(std::int32_t stage, std::int32_t version) const {
  return guarded(impl_->file, [&]() -> std::optional<VersionRecord> {
    SQLite::Statement q(*impl_->db, "SELECT step, weights_hash FROM versions WHERE stage = ? AND version = ?");
    q.bind(1, stage);
    q.bind(2, version);
    if (!q.executeStep()) return std::nullopt;
    return VersionRecord{stage, version, q.getColumn(0).getInt(), q.getColumn(1).getString()};
  });
}

std::vector<VersionRecord> Store::versions() const {
  return guarded(impl_->file, [&] {
    SQLite::Statement q(*impl_->db, "SELECT stage, version, step, weights_hash FROM versions ORDER BY stage, version");
    std::vector<VersionRecord> records;
    while (q.executeStep())
      records.push_back({q.getColumn(0).getInt(), q.getColumn(1).getInt(), q.getColumn(2).getInt(), q.getColumn(3).getString()});
    return records;
  });
}

void Store::save_eval(const EvalRecord& record) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "INSERT OR REPLACE INTO evals(stage, step, name, metrics, committed) VALUES (?, ?, ?, ?, ?)");
    q.bind(1, record.stage);
    q.bind(2, record.step);
    q.bind(3, record.name);
    q.bind(4, record.metrics);
    q.bind(5, Clock::system().unix_time());
    q.exec();
  });
}

std::vector<EvalRecord> Store::evals() const {
  return guarded(impl_->file, [&] {
    SQLite::Statement q(*impl_->db, "SELECT stage, step, name, metrics, committed FROM evals ORDER BY stage, step, name");
    std::vector<EvalRecord> records;
    while (q.executeStep())
      records.push_back({q.getColumn(0).getInt(), q.getColumn(1).getInt(), q.getColumn(2).getString(), q.getColumn(3).getString(),
                         q.getColumn(4).getDouble()});
    return records;
  });
}

void Store::set_state(const std::string& key, const std::string& value) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    SQLite::Statement q(db, "INSERT OR REPLACE INTO state(key, value) VALUES (?, ?)");
    q.bind(1, key);
    q.bind(2, value);
    q.exec();
  });
}

std::optional<std::string> Store::state(const std::string& key) const {
  return guarded(impl_->file, [&]() -> std::optional<std::string> {
    SQLite::Statement q(*impl_->db, "SELECT value FROM state WHERE key = ?");
    q.bind(1, key);
    if (!q.executeStep()) return std::nullopt;
    return q.getColumn(0).getString();
  });
}

// ---- cutting back ---------------------------------------------------------------------------------

namespace {

void execute_at(SQLite::Database& db, const std::string& sql, std::int32_t stage, std::int32_t step) {
  SQLite::Statement q(db, sql);
  q.bind(1, stage);
  q.bind(2, step);
  q.exec();
}

}  // namespace

void Store::cut_back(std::int32_t stage, std::int32_t step) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    for (const char* table : {"steps", "evals"})
      execute_at(db, fmt::format("DELETE FROM {} WHERE (stage, step) > (?, ?)", table), stage, step);
  });
}

void Store::drop_after(std::int32_t stage, std::int32_t step) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    for (const char* table : {"steps", "evals", "versions", "groups"})
      execute_at(db, fmt::format("DELETE FROM {} WHERE (stage, step) > (?, ?)", table), stage, step);
  });
}

void Store::prune(std::int32_t stage, std::int32_t step) {
  write_transaction(*impl_, [&](SQLite::Database& db) {
    execute_at(db,
               "UPDATE trajectories SET expert_ids = NULL, kept_offsets = NULL, kept_ids = NULL WHERE "
               "(expert_ids IS NOT NULL OR kept_offsets IS NOT NULL) AND "
               "group_id IN (SELECT id FROM groups WHERE (stage, step) <= (?, ?))",
               stage, step);
    execute_at(db, "UPDATE groups SET prompt_expert_ids = NULL WHERE prompt_expert_ids IS NOT NULL AND (stage, step) <= (?, ?)",
               stage, step);
  });
}

}  // namespace laconic::trajectory
