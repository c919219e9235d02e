#include "learner/values.h"

#include <algorithm>
#include <numeric>

namespace laconic::learner {

Scorer::Scorer(const model::Config& config, ThreadTeam& team) : config_(config), team_(team) {}

MicroValues Scorer::score(const model::Model& model, const MicroBatch& micro, bool forced, bool keep_inputs) {
  const std::int64_t rows = micro.rows(), slots = config_.moe_layers() * config_.num_experts_per_tok;
  const std::size_t count = micro.sequences.size();
  // Every sequence gets its own zeroed pages, numbered in order.
  std::vector<std::int32_t> first_page(count + 1, 0);
  for (std::size_t s = 0; s < count; ++s)
    first_page[s + 1] = first_page[s] + static_cast<std::int32_t>((micro.row_starts[s + 1] - micro.row_starts[s] + kernels::kPageTokens - 1) / kernels::kPageTokens);
  std::vector<std::int32_t> pages(static_cast<std::size_t>(first_page.back()));
  std::iota(pages.begin(), pages.end(), 0);
  kv_.assign(model::kv_bytes(config_, first_page.back()) / sizeof(bf16), bf16{});

  std::vector<model::Slice> slices(count);
  for (std::size_t s = 0; s < count; ++s)
    slices[s] = {micro.tokens.data() + micro.row_starts[s], static_cast<std::int32_t>(micro.row_starts[s + 1] - micro.row_starts[s]), 0,
                 pages.data() + first_page[s]};
  const std::vector<kernels::HeadRow> head_rows = micro.head_rows();
  std::vector<kernels::HeadResult> results(head_rows.size());
  MicroValues values;
  values.expert_ids.resize(static_cast<std::size_t>(rows * slots));
  if (keep_inputs) block_inputs_.resize(static_cast<std::size_t>((2 * config_.layers() + 1) * rows * config_.hidden_size));

  std::int64_t longest = 0;
  for (const model::Slice& slice : slices) longest = std::max<std::int64_t>(longest, slice.count);
  if (keep_inputs && config_.is_sparse() && longest > config_.index_topk) {
    values.selected_words = model::selection_words(longest);
    values.selected.resize(static_cast<std::size_t>(config_.layers() * rows * values.selected_words));
  }

  model::ForwardArgs args;
  args.slices = slices;
  args.kv = {kv_.data(), first_page.back()};
  args.head_rows = head_rows;
  args.head_results = results.data();
  args.forced_experts = forced && !micro.forced_experts.empty() ? micro.forced_experts.data() : nullptr;
  args.routed_experts = slots ? values.expert_ids.data() : nullptr;
  args.block_inputs = keep_inputs ? block_inputs_.data() : nullptr;
  args.selected = values.selected.empty() ? nullptr : values.selected.data();
  args.selected_words = values.selected_words;
  model::forward(team_, model, workspace_, args);

  values.logp.reserve(results.size());
  values.entropy.reserve(results.size());
  for (const kernels::HeadResult& result : results) {
    values.logp.push_back(result.logprob);
    values.entropy.push_back(result.entropy);
  }
  return values;
}

}  // namespace laconic::learner
