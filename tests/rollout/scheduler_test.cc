#include "rollout/scheduler.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/philox.h"
#include "tests/rollout/tiny_model.h"

namespace laconic::rollout {
namespace {

// Drives the scheduler with random groups in place of a model, in pools so small that almost every
// pass preempts, and checks what each plan promises.
class Simulation {
 public:
  Simulation(std::uint64_t seed, std::int64_t pages, std::int32_t prefill, std::int32_t max_batch)
      : random_(seed, 0), pool_(testing_model::config(), static_cast<std::int64_t>(model::kv_bytes(testing_model::config(), pages))),
        scheduler_(pool_, prefill, max_batch), prefill_(prefill), max_batch_(max_batch) {}

  void add_group(std::int32_t prompt, std::int32_t samples, std::int32_t max_tokens) {
    Group& g = groups_.emplace_back();
    g.request.prompt.assign(static_cast<std::size_t>(prompt), 1);
    g.request.samples = samples;
    g.request.sampling.max_tokens = max_tokens;
    g.unfinished = samples;
    g.prompt.group = &g;
    g.prompt.age = {static_cast<std::int64_t>(groups_.size()), Sequence::kPrompt};
    g.prompt.tokens = g.request.prompt;
    scheduler_.add(g.prompt);
    unfinished_ += samples;
  }

  void cancel_any() {
    Group& g = groups_[random_.below(static_cast<std::uint32_t>(groups_.size()))];
    unfinished_ -= g.unfinished;
    g.unfinished = 0;
    for (Sequence& s : g.samples) scheduler_.remove(s);
    scheduler_.remove(g.prompt);
    g.samples.clear();
  }

  // One pass; false when nothing is left.
  bool pass() {
    const auto feeds = scheduler_.plan();
    if (feeds.empty()) return false;
    check(feeds);
    for (const Feed& feed : feeds) {
      Sequence& s = *feed.sequence;
      const bool at_end = feed.to_end();
      s.fed += feed.count;
      if (!at_end) continue;
      Group& g = *s.group;
      if (!s.is_prompt()) {
        draw(s);
        continue;
      }
      g.samples.resize(static_cast<std::size_t>(g.request.samples));
      for (std::int32_t i = 0; i < g.request.samples; ++i) {
        Sequence& sample = g.samples[static_cast<std::size_t>(i)];
        sample.group = &g;
        sample.age = {g.prompt.age.group, i};
        sample.tokens = g.request.prompt;
        draw(sample);
      }
      scheduler_.hold(g.prompt);
      for (Sequence& sample : g.samples)
        if (!sample.done) scheduler_.add(sample);
      if (g.unfinished == 0) scheduler_.remove(g.prompt);
    }
    return true;
  }

  std::int64_t unfinished() const { return unfinished_; }
  const PagePool& pool() const { return pool_; }
  std::int64_t preemptions() const { return scheduler_.preemptions(); }

 private:
  void draw(Sequence& s) {
    s.tokens.push_back(1);
    const auto response = static_cast<std::int64_t>(s.tokens.size()) - s.group->prompt_tokens();
    if (response < s.group->request.sampling.max_tokens && random_.below(40) != 0) return;
    s.done = true;
    --unfinished_;
    scheduler_.remove(s);
    if (--s.group->unfinished == 0) scheduler_.remove(s.group->prompt);
  }

  void check(const std::vector<Feed>& feeds) {
    std::int32_t prefill = 0;
    EXPECT_LE(feeds.size(), static_cast<std::size_t>(max_batch_));
    for (std::size_t i = 0; i < feeds.size(); ++i) {
      const Sequence& s = *feeds[i].sequence;
      EXPECT_GE(feeds[i].count, 1);
      EXPECT_LE(feeds[i].count, s.unfed());
      EXPECT_FALSE(s.done);
      if (s.unfed() > 1) prefill += feeds[i].count;
      for (std::size_t j = 0; j < i; ++j) EXPECT_NE(feeds[j].sequence, &s);
      ASSERT_GE(static_cast<std::int64_t>(s.pages.size()), PagePool::pages_for(s.fed + feeds[i].count));
      for (std::int64_t p = s.fed / kernels::kPageTokens; p < PagePool::pages_for(s.fed + feeds[i].count); ++p)
        EXPECT_EQ(pool_.references(s.pages[static_cast<std::size_t>(p)]), 1) << "a shared page would be written";
    }
    EXPECT_LE(prefill, prefill_);
  }

  PhiloxStream random_;
  PagePool pool_;
  Scheduler scheduler_;
  std::int32_t prefill_, max_batch_;
  std::deque<Group> groups_;
  std::int64_t unfinished_ = 0;
};

TEST(Scheduler, EndsWithEveryPageFreeHoweverSmallThePool) {
  std::int64_t preemptions = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    PhiloxStream random(seed, 1);
    const std::int32_t pages = 4 + static_cast<std::int32_t>(random.below(20));
    Simulation simulation(seed, pages, 1 + static_cast<std::int32_t>(random.below(64)), 1 + static_cast<std::int32_t>(random.below(12)));
    const auto longest = static_cast<std::uint32_t>(pages * kernels::kPageTokens);  // + 1 fits: the last token is never fed
    for (int g = 0; g < 10; ++g) {
      const auto prompt = 1 + random.below(longest - 1);
      simulation.add_group(static_cast<std::int32_t>(prompt), 1 + static_cast<std::int32_t>(random.below(6)),
                           1 + static_cast<std::int32_t>(random.below(longest - prompt + 1)));
    }
    int passes = 0;
    while (simulation.pass()) {
      ASSERT_LT(++passes, 200000) << "no progress, seed " << seed;
      if (seed % 3 == 0 && passes % 50 == 0) simulation.cancel_any();
    }
    EXPECT_EQ(simulation.unfinished(), 0) << "seed " << seed;
    EXPECT_EQ(simulation.pool().used(), 0) << "seed " << seed;
    preemptions += simulation.preemptions();
  }
  EXPECT_GT(preemptions, 400);
}

TEST(Scheduler, SamplesShareTheirPromptsPages) {
  Simulation simulation(1, 64, 512, 64);
  simulation.add_group(100, 8, 20);  // three full pages and a part
  ASSERT_TRUE(simulation.pass());
  EXPECT_EQ(simulation.pool().used(), 4);
  ASSERT_TRUE(simulation.pass());
  EXPECT_LE(simulation.pool().used(), 4 + 8);
  EXPECT_GT(simulation.pool().used(), 4);
  while (simulation.pass()) {
  }
  EXPECT_EQ(simulation.preemptions(), 0);
  EXPECT_EQ(simulation.pool().used(), 0);
}

}  // namespace
}  // namespace laconic::rollout
