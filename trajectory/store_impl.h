// What the parts of the store share: the connection, the writer's lock, the translation of errors.
// Private to trajectory/.
#pragma once

#include <memory>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/error.h"
#include "trajectory/store.h"

namespace laconic::trajectory {

// Held by the writing process on `laconic.db.writer`; the kernel drops it when the process dies.
class WriterLock {
 public:
  explicit WriterLock(const fs::path& database);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  int fd_ = -1;
};

struct Store::Impl {
  fs::path file;
  StoreOptions options;
  std::unique_ptr<WriterLock> lock;  // null in a reader
  std::unique_ptr<SQLite::Database> db;
};

Error store_error(const SQLite::Exception& error, const fs::path& file);

// Runs f; a failure of SQLite leaves as an Error that names the file.
template <class F>
auto guarded(const fs::path& file, F&& f) {
  try {
    return f();
  } catch (const SQLite::Exception& error) {
    throw store_error(error, file);
  }
}

// One write transaction, begun IMMEDIATE so that it cannot fail halfway for a lock.
template <class F>
void write_transaction(Store::Impl& impl, F&& f) {
  guarded(impl.file, [&] {
    if (!impl.lock) throw Error("this store was opened for reading", impl.file.string());
    SQLite::Transaction transaction(*impl.db, SQLite::TransactionBehavior::IMMEDIATE);
    f(*impl.db);
    transaction.commit();
  });
}

void create_schema(SQLite::Database& db);
void check_schema(SQLite::Database& db, const fs::path& file);  // throws Error for a foreign or newer file

const char* kind_name(WorkKind kind);
WorkKind kind_named(const std::string& name);

}  // namespace laconic::trajectory
