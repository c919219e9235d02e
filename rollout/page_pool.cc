#include "rollout/page_pool.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <new>

#include "base/error.h"

namespace laconic::rollout {

PagePool::PagePool(const model::Config& config, std::int64_t bytes)
    : layers_(config.layers()), page_elements_(model::kv_row_elements(config) * kernels::kPageTokens) {
  const auto page_bytes = static_cast<std::int64_t>(model::kv_bytes(config, 1));
  const std::int64_t pages = std::min<std::int64_t>(bytes / page_bytes, std::numeric_limits<std::int32_t>::max() / kernels::kPageTokens);
  if (pages < 1)
    throw Error("a cache of " + std::to_string(bytes) + " bytes holds no page: one of " + std::to_string(kernels::kPageTokens) + " tokens takes " +
                    std::to_string(page_bytes),
                "rollout", "raise `rollout.kv_mb`");
  references_.assign(static_cast<std::size_t>(pages), 0);
  for (std::int64_t p = pages; p-- > 0;) free_.push_back(static_cast<std::int32_t>(p));
  const auto whole_lines = (static_cast<std::size_t>(pages * page_bytes) + 63) / 64 * 64;
  memory_.reset(static_cast<bf16*>(std::aligned_alloc(64, whole_lines)));
  if (!memory_) throw std::bad_alloc();
}

std::int32_t PagePool::take_unwritten() {
  assert(!free_.empty());
  const std::int32_t page = free_.back();
  free_.pop_back();
  references_[static_cast<std::size_t>(page)] = 1;
  peak_ = std::max(peak_, used());
  return page;
}

std::int32_t PagePool::take() {
  const std::int32_t page = take_unwritten();
  for (std::int64_t l = 0; l < layers_; ++l) std::memset(static_cast<void*>(at(l, page)), 0, static_cast<std::size_t>(page_elements_) * sizeof(bf16));
  return page;
}

std::int32_t PagePool::copy_of(std::int32_t page) {
  const std::int32_t copy = take_unwritten();
  for (std::int64_t l = 0; l < layers_; ++l)
    std::memcpy(static_cast<void*>(at(l, copy)), at(l, page), static_cast<std::size_t>(page_elements_) * sizeof(bf16));
  return copy;
}

void PagePool::share(std::int32_t page) {
  assert(references(page) > 0);
  ++references_[static_cast<std::size_t>(page)];
}

void PagePool::release(std::int32_t page) {
  assert(references(page) > 0);
  if (--references_[static_cast<std::size_t>(page)] == 0) free_.push_back(page);
}

}  // namespace laconic::rollout
