// What a user meets when the disk, the file or another program is in the way.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "base/error.h"
#include "tests/trajectory/samples.h"
#include "trajectory/query.h"
#include "trajectory/store.h"

namespace laconic::trajectory {
namespace {

using testing::HasSubstr;

Ticket ticket(int step, int draw) { return {0, WorkKind::kTrain, step, 0, draw, Ticket::kGroup}; }

template <class F>
Error error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error("none");
}

void sql(const fs::path& file, const char* text) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST(StoreFaults, MissingForeignDamagedAndNewerFilesAreNamed) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { Store::open_reader(folder.path / "nowhere.db"); }).message(), HasSubstr("no store here"));
  const fs::path text = folder.path / "text.db";
  write_file_durably(text, std::string(5000, 'x'));
  const Error damaged = error_of([&] { Store::open_reader(text); });
  EXPECT_THAT(damaged.message(), HasSubstr("damaged"));
  EXPECT_THAT(damaged.where(), HasSubstr("text.db"));
  const fs::path foreign = folder.path / "foreign.db";
  sql(foreign, "CREATE TABLE x(y)");
  EXPECT_THAT(error_of([&] { Store::open_writer(foreign); }).message(), HasSubstr("not a store"));

  { Store::create(folder.db()); }
  EXPECT_THAT(error_of([&] { Store::create(folder.db()); }).message(), HasSubstr("already here"));
  sql(folder.db(), "PRAGMA user_version = 7");
  EXPECT_THAT(error_of([&] { Store::open_reader(folder.db()); }).message(), HasSubstr("schema version 7"));
}

TEST(StoreFaults, DamagedPagesAreAnErrorNotWrongData) {
  TempFolder folder;
  {
    Store store = Store::create(folder.db());
    for (int i = 0; i < 30; ++i) {
      const Group group = random_group(ticket(0, i), static_cast<std::uint64_t>(i));
      store.save_group(group, texts_of(group));
    }
  }
  std::string bytes = read_file(folder.db());
  for (std::size_t i = 16384; i + 64 < bytes.size(); i += 4096) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(i), 64, '\xA5');
  write_file_durably(folder.db(), bytes);
  const Error error = error_of([&] {
    const Store store = Store::open_reader(folder.db());
    for (int i = 0; i < 30; ++i) store.load_group(ticket(0, i));
  });
  EXPECT_THAT(error.message(), HasSubstr("damaged"));
}

TEST(StoreFaults, AFullDiskIsSaidAndKeepsWhatWasSaved) {
  TempFolder folder;
  int saved = 0;
  {
    Store store = Store::create(folder.db(), {.max_bytes = 300'000});
    const Error error = error_of([&] {
      for (;; ++saved) {
        const Group group = random_group(ticket(0, saved), static_cast<std::uint64_t>(saved), 8);
        store.save_group(group, texts_of(group));
      }
    });
    EXPECT_THAT(error.message(), HasSubstr("disk is full"));
    EXPECT_THAT(error.next(), HasSubstr("--resume"));
  }
  ASSERT_GT(saved, 3);
  Store store = Store::open_writer(folder.db());
  EXPECT_EQ(store.stored_groups(0, WorkKind::kTrain, 0).size(), static_cast<std::size_t>(saved));
  expect_same(random_group(ticket(0, saved - 1), static_cast<std::uint64_t>(saved - 1), 8), *store.load_group(ticket(0, saved - 1)));
}

TEST(StoreFaults, OneWriterOnly) {
  TempFolder folder;
  {
    Store store = Store::create(folder.db());
    const Error error = error_of([&] { Store::open_writer(folder.db()); });
    EXPECT_THAT(error.message(), HasSubstr("another process is writing"));
    EXPECT_THAT(error.message(), HasSubstr(std::to_string(::getpid())));
  }
  EXPECT_NO_THROW(Store::open_writer(folder.db()));
  Store reader = Store::open_reader(folder.db());
  EXPECT_THROW(reader.set_state("a", "b"), Error);
}

TEST(StoreFaults, ALockedFileIsAnErrorAfterTheDeadline) {
  TempFolder folder;
  Store store = Store::create(folder.db(), {.busy_seconds = 0.05});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.db().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_THAT(error_of([&] { store.set_state("a", "b"); }).message(), HasSubstr("locked"));
  sqlite3_close(other);
  EXPECT_NO_THROW(store.set_state("a", "b"));
}

TEST(StoreFaults, ReadersSeeWholeGroupsWhileTheWriterWrites) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  std::atomic<bool> done = false;
  std::atomic<int> seen = 0;
  std::thread reader([&] {
    const Store view = Store::open_reader(folder.db());
    while (!done) {
      for (const StoredGroup& group : view.stored_groups(0, WorkKind::kTrain, 0)) {
        EXPECT_EQ(group.samples, 4);
        EXPECT_EQ(view.load_group(group.ticket)->samples.size(), 4u);
        ++seen;
      }
      EXPECT_EQ(count_trajectories(view, {}) % 4, 0);
    }
  });
  for (int i = 0; i < 40; ++i) {
    const Group group = random_group(ticket(0, i % 10), static_cast<std::uint64_t>(i), 4);
    store.save_group(group, texts_of(group));
  }
  while (seen < 20) std::this_thread::yield();
  done = true;
  reader.join();
}

}  // namespace
}  // namespace laconic::trajectory
