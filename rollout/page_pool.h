// The pages of the latent cache: a fixed pool with reference counts, so that the samples of a group
// share their prompt's pages. One owner, one thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "model/forward.h"

namespace laconic::rollout {

class PagePool {
 public:
  // As many pages as fit into `bytes`; memory is committed when a page is first taken. Throws Error
  // when not even one fits.
  PagePool(const model::Config& config, std::int64_t bytes);

  std::int64_t total() const { return static_cast<std::int64_t>(references_.size()); }
  std::int64_t free() const { return static_cast<std::int64_t>(free_.size()); }
  std::int64_t used() const { return total() - free(); }
  std::int64_t peak() const { return peak_; }
  std::int32_t references(std::int32_t page) const { return references_[static_cast<std::size_t>(page)]; }

  // A page with one reference, zero in every layer. Needs free() > 0.
  std::int32_t take();
  // A page with one reference and the contents of `page`. Needs free() > 0.
  std::int32_t copy_of(std::int32_t page);
  void share(std::int32_t page);    // one more reference
  void release(std::int32_t page);  // one less; at none the page is free

  model::KvCache cache() const { return {memory_.get(), total()}; }
  static std::int64_t pages_for(std::int64_t tokens) { return (tokens + kernels::kPageTokens - 1) / kernels::kPageTokens; }

 private:
  struct Free {
    void operator()(bf16* memory) const { std::free(memory); }
  };
  std::int32_t take_unwritten();
  bf16* at(std::int64_t layer, std::int32_t page) const { return memory_.get() + (layer * total() + page) * page_elements_; }

  std::int64_t layers_, page_elements_;  // elements of one page in one layer
  std::int64_t peak_ = 0;
  std::vector<std::int32_t> references_, free_;
  std::unique_ptr<bf16[], Free> memory_;  // [layer][page][kPageTokens][row]
};

}  // namespace laconic::rollout
