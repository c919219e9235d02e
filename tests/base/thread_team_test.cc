#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "base/thread_team.h"

namespace laconic {
namespace {

TEST(ThreadTeam, SharesCoverEverythingOnce) {
  for (int count = 1; count <= 5; ++count)
    for (std::int64_t n : {0, 1, 7, 16, 100})
      for (std::int64_t grain : {1, 4, 16}) {
        std::int64_t next = 0;
        for (int tid = 0; tid < count; ++tid) {
          const auto [begin, end] = Ctx{tid, count, nullptr}.share(n, grain);
          EXPECT_EQ(begin, next);
          EXPECT_LE(begin, end);
          EXPECT_TRUE(end == n || end % grain == 0);
          next = end;
        }
        EXPECT_EQ(next, n);
      }
}

// Barriers order memory: each phase reads what the others wrote in the phase before.
TEST(ThreadTeam, BarriersOrderPhases) {
  for (int size : {1, 2, 3, 5})
    for (bool spin : {false, true}) {
      ThreadTeam team(size);
      team.set_spin(spin);
      std::vector<int> cell(size, 0);
      std::atomic<int> errors{0};
      for (int job = 0; job < 50; ++job)
        team.run([&](const Ctx& ctx) {
          for (int phase = 1; phase <= 20; ++phase) {
            cell[ctx.tid] = job * 100 + phase;
            ctx.barrier();
            for (int other = 0; other < ctx.count; ++other)
              if (cell[other] != job * 100 + phase) ++errors;
            ctx.barrier();
          }
        });
      EXPECT_EQ(errors, 0) << size << " threads";
    }
}

}  // namespace
}  // namespace laconic
