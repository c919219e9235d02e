#include "pipeline/hub/lease_book.h"

#include <gtest/gtest.h>

#include <random>

namespace laconic::pipeline {
namespace {

class LeaseBookTest : public ::testing::Test {
 protected:
  ManualClock clock;
  LeaseBook book{clock};

  std::uint64_t add(const std::string& name, int attempts = 3, const std::string& requirement = "", const std::string& pool = "rollout") {
    return book.add({pool, name, 10, attempts, requirement});
  }
};

TEST_F(LeaseBookTest, IssuesInOrderWithinCredits) {
  const auto a = add("a"), b = add("b"), c = add("c");
  EXPECT_FALSE(book.issue()) << "nobody is there";
  book.owner_ready("rollout-0", "rollout", 2);
  EXPECT_EQ(book.issue()->work, a);
  const auto second = book.issue();
  EXPECT_EQ(second->work, b);
  EXPECT_EQ(second->attempt, 1);
  EXPECT_FALSE(book.issue()) << "two credits are used up";
  std::uint64_t work = 0;
  EXPECT_EQ(book.finish(second->lease, work), LeaseBook::Answer::kAccepted);
  EXPECT_EQ(work, b);
  EXPECT_EQ(book.issue()->work, c);
}

TEST_F(LeaseBookTest, SharesAmongOwnersEvenly) {
  for (int i = 0; i < 6; ++i) add("w");
  book.owner_ready("rollout-0", "rollout", 100);
  book.owner_ready("rollout-1", "rollout", 100);
  std::map<std::string, int> count;
  while (const auto issue = book.issue()) ++count[issue->owner];
  EXPECT_EQ(count["rollout-0"], 3);
  EXPECT_EQ(count["rollout-1"], 3);
}

TEST_F(LeaseBookTest, PoolsDoNotMix) {
  add("v", 3, "", "verifier");
  book.owner_ready("rollout-0", "rollout", 1);
  EXPECT_FALSE(book.issue());
  book.owner_ready("verifier-0", "verifier", 1);
  EXPECT_EQ(book.issue()->owner, "verifier-0");
}

TEST_F(LeaseBookTest, ExpiredWorkReturnsToItsPlaceAndEndsAtTheCap) {
  const auto a = add("a", 2);
  add("b");
  book.owner_ready("rollout-0", "rollout", 1);
  const auto first = book.issue();
  clock.advance(9.9);
  EXPECT_TRUE(book.expire().empty());
  clock.advance(0.1);
  auto expired = book.expire();
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].lease, first->lease);
  EXPECT_EQ(expired[0].owner, "rollout-0");
  EXPECT_FALSE(expired[0].exhausted);
  const auto again = book.issue();
  EXPECT_EQ(again->work, a) << "before b, where it stood";
  EXPECT_EQ(again->attempt, 2);
  EXPECT_NE(again->lease, first->lease);
  clock.advance(10);
  expired = book.expire();
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_TRUE(expired[0].exhausted);
  EXPECT_EQ(book.spec(a), nullptr);
}

TEST_F(LeaseBookTest, LateResultOfAnExpiredLeaseCountsOnceAndDuplicatesAreDropped) {
  add("a");
  book.owner_ready("rollout-0", "rollout", 1);
  const auto first = book.issue();
  clock.advance(10);
  book.expire();
  const auto second = book.issue();
  std::uint64_t work = 0;
  EXPECT_EQ(book.finish(first->lease, work), LeaseBook::Answer::kAccepted) << "the same work gives the same result";
  EXPECT_EQ(book.finish(second->lease, work), LeaseBook::Answer::kDuplicate);
  EXPECT_EQ(book.duplicates(), 1);
  EXPECT_EQ(book.finish(12345678, work), LeaseBook::Answer::kUnknown);
  EXPECT_EQ(book.open(), 0u);
}

TEST_F(LeaseBookTest, FailureOfAnOldLeaseDoesNotTouchTheNewOne) {
  add("a");
  book.owner_ready("rollout-0", "rollout", 1);
  const auto first = book.issue();
  clock.advance(10);
  book.expire();
  const auto second = book.issue();
  EXPECT_FALSE(book.fail(first->lease));
  EXPECT_TRUE(book.fail(second->lease));
}

TEST_F(LeaseBookTest, DeadOwnerGivesEverythingBack) {
  const auto a = add("a"), b = add("b");
  book.owner_ready("rollout-0", "rollout", 5);
  book.issue();
  book.issue();
  const auto back = book.owner_gone("rollout-0");
  ASSERT_EQ(back.size(), 2u);
  EXPECT_FALSE(book.issue());
  book.owner_ready("rollout-0", "rollout", 5);
  EXPECT_EQ(book.issue()->work, a);
  EXPECT_EQ(book.issue()->work, b);
}

TEST_F(LeaseBookTest, OwnerChangesWhatItHoldsOnlyWhenDrained) {
  add("old", 3, "v1");
  const auto fresh = add("new", 3, "v2");
  book.owner_ready("rollout-0", "rollout", 10);
  EXPECT_FALSE(book.issue()) << "it holds nothing yet";
  auto loads = book.loads();
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].what, "v1");
  EXPECT_TRUE(book.loads().empty()) << "reported once";
  EXPECT_FALSE(book.issue()) << "still loading";
  book.owner_holds("rollout-0", "v1");
  const auto lease = book.issue();
  EXPECT_FALSE(book.issue()) << "v2 has to wait";
  EXPECT_TRUE(book.loads().empty()) << "v1 is not drained";
  std::uint64_t work = 0;
  book.finish(lease->lease, work);
  loads = book.loads();
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].what, "v2");
  book.owner_holds("rollout-0", "v2");
  EXPECT_EQ(book.issue()->work, fresh);
  EXPECT_TRUE(book.is_required("v2"));
  EXPECT_FALSE(book.is_required("v1"));
}

TEST_F(LeaseBookTest, PendingSaysWhatFromWhomSinceWhen) {
  add("a");
  clock.advance(1);
  add("b");
  book.owner_ready("rollout-0", "rollout", 1);
  clock.advance(2);
  book.issue();
  const auto pending = book.pending();
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].name, "a");
  EXPECT_EQ(pending[0].owner, "rollout-0");
  EXPECT_EQ(pending[0].since, 3);
  EXPECT_EQ(pending[0].attempts, 1);
  EXPECT_EQ(pending[1].owner, "");
  EXPECT_EQ(pending[1].since, 1);
}

// Random events: whatever happens, each piece of work is finished or given up exactly once, an owner
// never holds more than its credits, and nothing is lost.
TEST(LeaseBookProperty, EveryWorkEndsExactlyOnce) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    ManualClock clock;
    LeaseBook book(clock);
    std::map<std::uint64_t, int> ends;
    std::map<std::string, std::set<std::uint64_t>> held;  // owner → leases it believes to have
    std::set<std::uint64_t> open;
    const auto note_returned = [&](const LeaseBook::Returned& back) {
      held[back.owner].erase(back.lease);
      if (back.exhausted) {
        ++ends[back.work];
        open.erase(back.work);
      }
    };
    std::set<std::string> alive;
    for (int turn = 0; turn < 400; ++turn) {
      if (turn < 200 && chance(30)) {
        const auto key = book.add({"rollout", "w", 5, 3, chance(50) ? "v" + std::to_string(turn / 50) : ""});
        open.insert(key);
      }
      for (const std::string owner : {"rollout-0", "rollout-1"}) {
        if (!alive.count(owner)) {
          if (turn >= 200 || chance(30)) book.owner_ready(owner, "rollout", 3), alive.insert(owner), held[owner].clear();
        } else if (turn < 200 && chance(3)) {
          alive.erase(owner);
          for (const auto& back : book.owner_gone(owner)) note_returned(back);
        }
      }
      for (const auto& load : book.loads()) book.owner_holds(load.owner, load.what);
      while (const auto issue = book.issue()) {
        held[issue->owner].insert(issue->lease);
        ASSERT_LE(held[issue->owner].size(), 3u) << "seed " << seed;
      }
      for (auto& [owner, leases] : held) {
        if (leases.empty() || !alive.count(owner)) continue;
        const std::uint64_t lease = *leases.begin();
        if (turn < 200 && chance(40)) continue;  // slow
        if (turn < 200 && chance(10)) {
          if (const auto back = book.fail(lease)) note_returned(*back);
        } else {
          std::uint64_t work = 0;
          if (book.finish(lease, work) == LeaseBook::Answer::kAccepted) ++ends[work], open.erase(work);
          leases.erase(lease);
          ASSERT_EQ(book.finish(lease, work), LeaseBook::Answer::kDuplicate) << "seed " << seed;
        }
      }
      clock.advance(1);
      for (const auto& back : book.expire()) note_returned(back);
    }
    EXPECT_EQ(book.open(), 0u) << "seed " << seed;
    EXPECT_TRUE(open.empty()) << "seed " << seed;
    for (const auto& [work, times] : ends) EXPECT_EQ(times, 1) << "work " << work << ", seed " << seed;
  }
}

}  // namespace
}  // namespace laconic::pipeline
