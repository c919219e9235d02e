#include "rollout/scheduler.h"

#include <algorithm>

namespace laconic::rollout {

Scheduler::Scheduler(PagePool& pool, std::int32_t prefill_tokens, std::int32_t max_batch)
    : pool_(pool), prefill_tokens_(prefill_tokens), max_batch_(max_batch) {}

void Scheduler::add(Sequence& sequence) { waiting_.insert(&sequence); }

void Scheduler::hold(Sequence& prompt) {
  running_.erase(&prompt);
  held_.insert(&prompt);
}

void Scheduler::remove(Sequence& sequence) {
  waiting_.erase(&sequence);
  running_.erase(&sequence);
  held_.erase(&sequence);
  release_pages(sequence);
}

std::vector<Feed> Scheduler::plan() {
  std::vector<Feed> feeds;
  budget_ = prefill_tokens_;
  feed_running(feeds);
  admit(feeds);
  return feeds;
}

// Preemption takes from the youngest, so it only meets sequences that were not planned yet.
void Scheduler::feed_running(std::vector<Feed>& feeds) {
  for (auto at = running_.begin(); at != running_.end();) {
    Sequence& sequence = **at;
    const std::int32_t count = chunk(sequence);
    if (count > 0 && !grow(sequence, sequence.fed + count)) break;  // it was the youngest, and waits now
    if (count > 0) feeds.push_back({&sequence, count});
    at = running_.upper_bound(&sequence);
  }
}

void Scheduler::admit(std::vector<Feed>& feeds) {
  while (!waiting_.empty() && static_cast<std::int32_t>(running_.size()) < max_batch_) {
    Sequence& next = **waiting_.begin();
    // One page of air for each running sequence, or a start would soon be a preemption.
    const auto air = static_cast<std::int64_t>(running_.size());
    while (pool_.free() < pages_to_start(next) + air) {
      if (!running_.empty() || !reclaim_held(&next.group->prompt)) break;
    }
    if (pool_.free() < pages_to_start(next) + air && running_.empty()) reclaim_held(nullptr);
    if (pool_.free() < pages_to_start(next) + air) return;
    if (budget_ == 0 && static_cast<std::int64_t>(next.tokens.size()) - inherited(next) > 1) return;
    start(next);
    feeds.push_back({&next, chunk(next)});
  }
}

std::int32_t Scheduler::chunk(const Sequence& sequence) {
  if (sequence.unfed() == 1) return 1;
  const auto count = static_cast<std::int32_t>(std::min<std::int64_t>(sequence.unfed(), budget_));
  budget_ -= count;
  return count;
}

// Tokens a waiting sequence need not be fed: a sample starts from its prompt's pages while they are
// held, full pages shared, the last copied.
std::int64_t Scheduler::inherited(const Sequence& sequence) const {
  return !sequence.is_prompt() && held_.contains(&sequence.group->prompt) ? sequence.group->prompt_tokens() : 0;
}

std::int64_t Scheduler::pages_to_start(const Sequence& sequence) const {
  return PagePool::pages_for(static_cast<std::int64_t>(sequence.tokens.size())) - inherited(sequence) / kernels::kPageTokens;
}

void Scheduler::start(Sequence& sequence) {
  waiting_.erase(&sequence);
  running_.insert(&sequence);
  sequence.fed = inherited(sequence);
  const std::vector<std::int32_t>& prompt_pages = sequence.group->prompt.pages;
  for (std::int64_t p = 0; p < sequence.fed / kernels::kPageTokens; ++p) {
    pool_.share(prompt_pages[static_cast<std::size_t>(p)]);
    sequence.pages.push_back(prompt_pages[static_cast<std::size_t>(p)]);
  }
  if (sequence.fed % kernels::kPageTokens != 0) sequence.pages.push_back(pool_.copy_of(prompt_pages.back()));
  while (static_cast<std::int64_t>(sequence.pages.size()) < PagePool::pages_for(static_cast<std::int64_t>(sequence.tokens.size())))
    sequence.pages.push_back(pool_.take());
}

bool Scheduler::grow(Sequence& sequence, std::int64_t tokens) {
  while (static_cast<std::int64_t>(sequence.pages.size()) < PagePool::pages_for(tokens)) {
    while (pool_.free() == 0) {
      if (reclaim_from_younger(sequence)) continue;
      // The oldest must go on: what is left is held for samples that wait.
      if (*running_.begin() == &sequence && reclaim_held(nullptr)) continue;
      preempt(sequence);
      return false;
    }
    sequence.pages.push_back(pool_.take());
  }
  return true;
}

bool Scheduler::reclaim_from_younger(const Sequence& sequence) {
  Sequence* running = *running_.rbegin();
  Sequence* held = held_.empty() ? nullptr : *held_.rbegin();
  if (held && held->age > sequence.age && held->age > running->age) return reclaim_held(nullptr);
  if (running->age <= sequence.age) return false;
  preempt(*running);
  return true;
}

bool Scheduler::reclaim_held(const Sequence* other_than) {
  for (auto at = held_.rbegin(); at != held_.rend(); ++at) {
    if (*at == other_than) continue;
    Sequence& prompt = **at;
    held_.erase(&prompt);
    release_pages(prompt);
    return true;
  }
  return false;
}

void Scheduler::preempt(Sequence& sequence) {
  running_.erase(&sequence);
  release_pages(sequence);
  waiting_.insert(&sequence);
  ++preemptions_;
}

void Scheduler::release_pages(Sequence& sequence) {
  for (const std::int32_t page : sequence.pages) pool_.release(page);
  sequence.pages.clear();
  sequence.fed = 0;
}

}  // namespace laconic::rollout
