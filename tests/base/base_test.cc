#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/outcome.h"
#include "base/philox.h"
#include "base/ticket.h"

namespace laconic {
namespace {

// The known-answer vectors that Random123 ships for philox4x32-10.
TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, 0), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffffull),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822ull),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, UnitOpenStaysInside) {
  EXPECT_GT(unit_open(0), 0.0f);
  EXPECT_LT(unit_open(0xffffffff), 1.0f);
}

TEST(Philox, BelowIsUniform) {
  PhiloxStream stream(7, 0);
  int counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[stream.below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Philox, NormalHasUnitVariance) {
  PhiloxStream stream(7, 1);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) { const double x = stream.normal(); sum += x; squares += x * x; }
  EXPECT_NEAR(sum / 100000, 0, 0.02);
  EXPECT_NEAR(squares / 100000, 1, 0.02);
}

TEST(Ticket, TextRoundTrip) {
  const Ticket group{1, WorkKind::kEval, 12, 0, 3};
  EXPECT_EQ(to_text(group), "s1/eval/12/0/3");
  EXPECT_EQ(ticket_from_text(to_text(group)), group);
  EXPECT_EQ(ticket_from_text("s1/train/12/0/3/5").sample, 5);
  for (const char* bad : {"", "s1", "1/train/1/0/3", "s1/test/1/0/3", "s1/train/1/0/-3", "s1/train/1/0/3/4/5", "s1/train/x/0/3"})
    EXPECT_THROW(ticket_from_text(bad), Error) << bad;
}

TEST(Ticket, KeysDiffer) {
  std::set<std::uint64_t> keys;
  for (int stage = 0; stage < 3; ++stage)
    for (int step = 0; step < 50; ++step)
      for (int round = 0; round < 3; ++round)
        for (WorkKind kind : {WorkKind::kTrain, WorkKind::kEval}) keys.insert(philox_key(5, {stage, kind, step, round, 0}));
  EXPECT_EQ(keys.size(), 3u * 50 * 3 * 2);
  EXPECT_EQ(philox_key(5, {0, WorkKind::kTrain, 1, 0, 7, 3}), philox_key(5, {0, WorkKind::kTrain, 1, 0, 2}))
      << "draw and sample belong to the counter";
}

// Faults of the answer count and score 0; faults of verifier or machine are absent.
TEST(Outcome, AbsentIsNotZero) {
  for (Outcome fault : {Outcome::kNoAnswer, Outcome::kTimeout, Outcome::kCrash, Outcome::kMemory, Outcome::kOutput,
                        Outcome::kDenied, Outcome::kCompileError}) {
    EXPECT_EQ(counted_score(fault, 0.7), 0.0) << name_of(fault);
    EXPECT_TRUE(is_counted(fault)) << name_of(fault);
  }
  for (Outcome absent : {Outcome::kInfraError, Outcome::kUndecided, Outcome::kSkip}) {
    EXPECT_EQ(counted_score(absent, 1.0), std::nullopt) << name_of(absent);
    EXPECT_FALSE(is_counted(absent)) << name_of(absent);
  }
  EXPECT_EQ(counted_score(Outcome::kPass, 1.0), 1.0);
  EXPECT_EQ(counted_score(Outcome::kFail, -0.5), -0.5);
  EXPECT_TRUE(row_of(Outcome::kInfraError).retried);
  for (int i = 0; i < kOutcomeCount; ++i) EXPECT_EQ(outcome_named(outcome_rows()[i].name), static_cast<Outcome>(i));
  EXPECT_EQ(outcome_named("passed"), std::nullopt);
}

TEST(Error, NearestName) {
  const std::vector<std::string> names = {"learner.lr", "rollout.temperature", "seed"};
  EXPECT_EQ(nearest_name(std::string("learner.lrr"), names), "learner.lr");
  EXPECT_EQ(nearest_name(std::string("rolout.temprature"), names), "rollout.temperature");
  EXPECT_EQ(nearest_name(std::string("zzzzz"), names), "");
}

TEST(Error, RenderHasThreeParts) {
  EXPECT_EQ(render(Error("no such run `x`", "runs/x", "`laconic runs list`")),
            "error: no such run `x`\n   at: runs/x\n hint: `laconic runs list`\n");
}

TEST(Hash, Sha256) {
  EXPECT_EQ(sha256_hex(as_byte_span("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class FileTest : public ::testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / ("laconic_file_test_" + std::to_string(::getpid()));
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fail_writes_after(std::size_t(-1)); fs::remove_all(folder_); }
};

TEST_F(FileTest, FullDiskKeepsTheOldFile) {
  const fs::path path = folder_ / "a";
  write_file_durably(path, "old");
  fail_writes_after(2);
  try {
    write_file_durably(path, "new");
    FAIL() << "the write went through";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(path.string()), std::string::npos);
    EXPECT_NE(error.message().find("No space left"), std::string::npos);
    EXPECT_FALSE(error.next().empty());
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_FALSE(fs::exists(path.string() + ".tmp"));
}

TEST_F(FileTest, MissingFileNamesThePath) {
  try {
    read_file(folder_ / "missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("missing"), std::string::npos);
  }
  EXPECT_THROW(read_file(folder_), Error);
  EXPECT_THROW(MappedFile(folder_ / "missing"), Error);
}

TEST_F(FileTest, MapsWholeFiles) {
  append_file(folder_ / "b", "hello ");
  append_file(folder_ / "b", "there");
  MappedFile map(folder_ / "b");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()), "hello there");
  append_file(folder_ / "empty", "");
  EXPECT_TRUE(MappedFile(folder_ / "empty").bytes().empty());
}

}  // namespace
}  // namespace laconic
