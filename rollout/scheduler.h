// Who is fed in the next forward pass, and who holds pages. Continuous batching, oldest first: each
// pass decodes every running sequence and spends a budget of tokens on prompts; a sequence that
// needs a page takes it from the youngest. So the oldest always progresses, and all end.
//
// Nothing here changes a sample: a token's value does not depend on its company, and a preempted
// sequence is fed again from its own tokens, with the same bits.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "rollout/page_pool.h"
#include "rollout/sequence.h"

namespace laconic::rollout {

struct Feed {
  Sequence* sequence = nullptr;
  std::int32_t count = 0;  // tokens [fed, fed + count)
  bool to_end() const { return sequence->unfed() == count; }
};

class Scheduler {
 public:
  // prefill_tokens: tokens of sequences with more than one unfed token, per pass. max_batch:
  // sequences running at once.
  Scheduler(PagePool& pool, std::int32_t prefill_tokens, std::int32_t max_batch);

  void add(Sequence& sequence);     // to the waiting ones, in order of age
  void hold(Sequence& prompt);      // a prompt that was fed: keep its pages for the samples
  void remove(Sequence& sequence);  // wherever it is; frees its pages

  // The next pass: the running sequences by age, then those that start; pages are present for every
  // token fed. Empty only when nothing waits or runs.
  std::vector<Feed> plan();

  std::int64_t preemptions() const { return preemptions_; }

 private:
  struct Older {
    bool operator()(const Sequence* a, const Sequence* b) const { return a->age < b->age; }
  };
  using ByAge = std::set<Sequence*, Older>;

  void feed_running(std::vector<Feed>& feeds);
  void admit(std::vector<Feed>& feeds);
  std::int32_t chunk(const Sequence& sequence);
  std::int64_t inherited(const Sequence& sequence) const;
  std::int64_t pages_to_start(const Sequence& sequence) const;
  void start(Sequence& sequence);
  bool grow(Sequence& sequence, std::int64_t tokens);
  bool reclaim_from_younger(const Sequence& sequence);
  bool reclaim_held(const Sequence* other_than);
  void preempt(Sequence& sequence);
  void release_pages(Sequence& sequence);

  PagePool& pool_;
  std::int32_t prefill_tokens_, max_batch_;
  std::int32_t budget_ = 0;  // what this pass may still spend on prefill
  ByAge waiting_, running_, held_;
  std::int64_t preemptions_ = 0;
};

}  // namespace laconic::rollout
