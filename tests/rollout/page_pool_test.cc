#include "rollout/page_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/error.h"
#include "base/philox.h"
#include "tests/rollout/tiny_model.h"

namespace laconic::rollout {
namespace {

const model::Config kConfig = testing_model::config();

std::int64_t bytes_for(std::int64_t pages) { return static_cast<std::int64_t>(model::kv_bytes(kConfig, pages)); }

bf16* row_of(const PagePool& pool, std::int64_t layer, std::int32_t page, std::int64_t slot) {
  const model::KvCache cache = pool.cache();
  return cache.data + ((layer * cache.pages + page) * kernels::kPageTokens + slot) * model::kv_row_elements(kConfig);
}

// Writes, or checks, a value in the first and last element of a page, in each layer.
void mark(const PagePool& pool, std::int32_t page, std::uint16_t value) {
  for (std::int64_t l = 0; l < kConfig.layers(); ++l) {
    *row_of(pool, l, page, 0) = std::bit_cast<bf16>(value);
    row_of(pool, l, page, kernels::kPageTokens - 1)[model::kv_row_elements(kConfig) - 1] = std::bit_cast<bf16>(value);
  }
}
bool is_marked(const PagePool& pool, std::int32_t page, std::uint16_t value) {
  for (std::int64_t l = 0; l < kConfig.layers(); ++l)
    if (std::bit_cast<std::uint16_t>(*row_of(pool, l, page, 0)) != value ||
        std::bit_cast<std::uint16_t>(row_of(pool, l, page, kernels::kPageTokens - 1)[model::kv_row_elements(kConfig) - 1]) != value)
      return false;
  return true;
}

TEST(PagePool, HoldsWhatTheBudgetAllows) {
  EXPECT_EQ(PagePool(kConfig, bytes_for(5)).total(), 5);
  EXPECT_EQ(PagePool(kConfig, bytes_for(6) - 1).total(), 5);
  EXPECT_THROW(PagePool(kConfig, bytes_for(1) - 1), Error);
  EXPECT_EQ(PagePool::pages_for(0), 0);
  EXPECT_EQ(PagePool::pages_for(32), 1);
  EXPECT_EQ(PagePool::pages_for(33), 2);
}

// A model of owners holding references, against the pool.
TEST(PagePool, RandomTakeShareCopyReleaseKeepsTheBooks) {
  constexpr std::int64_t kPages = 13;
  PagePool pool(kConfig, bytes_for(kPages));
  std::vector<std::int32_t> held;               // one entry a reference
  std::vector<std::uint16_t> mark_of(kPages, 0);
  std::uint16_t next_mark = 1;
  std::int64_t peak = 0;
  PhiloxStream random(3, 0);
  for (int round = 0; round < 20000; ++round) {
    const auto any = held.empty() ? 0 : random.below(static_cast<std::uint32_t>(held.size()));
    const auto action = random.below(5);
    if (action == 0 && pool.free() > 0) {
      const std::int32_t page = pool.take();
      ASSERT_TRUE(std::find(held.begin(), held.end(), page) == held.end());
      ASSERT_TRUE(is_marked(pool, page, 0)) << "not zero when taken";
      mark(pool, page, mark_of[static_cast<std::size_t>(page)] = next_mark++);
      held.push_back(page);
    } else if (action == 1 && pool.free() > 0 && !held.empty()) {
      const std::int32_t copy = pool.copy_of(held[any]);
      ASSERT_TRUE(is_marked(pool, copy, mark_of[static_cast<std::size_t>(held[any])]));
      mark(pool, copy, mark_of[static_cast<std::size_t>(copy)] = next_mark++);
      held.push_back(copy);
    } else if (action == 2 && !held.empty() && held.size() < 60) {
      pool.share(held[any]);
      held.push_back(held[any]);
    } else if (!held.empty()) {
      pool.release(held[any]);
      held.erase(held.begin() + any);
    }
    const std::set<std::int32_t> distinct(held.begin(), held.end());
    peak = std::max(peak, pool.used());
    ASSERT_EQ(pool.used(), static_cast<std::int64_t>(distinct.size()));
    for (std::int32_t p = 0; p < kPages; ++p) ASSERT_EQ(pool.references(p), std::count(held.begin(), held.end(), p));
    for (const std::int32_t p : distinct) ASSERT_TRUE(is_marked(pool, p, mark_of[static_cast<std::size_t>(p)])) << "someone else wrote page " << p;
  }
  EXPECT_EQ(pool.peak(), peak);
  for (const std::int32_t page : held) pool.release(page);
  EXPECT_EQ(pool.free(), kPages);
}

}  // namespace
}  // namespace laconic::rollout
