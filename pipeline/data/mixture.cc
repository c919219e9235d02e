#include "pipeline/data/mixture.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/philox.h"

namespace laconic::pipeline {
namespace {

// ⌊p·a/b⌋ for p beyond what p·a could hold; a ≤ b < 2³².
std::uint64_t share(std::uint64_t p, std::uint64_t a, std::uint64_t b) { return p / b * a + p % b * a / b; }

std::uint64_t entry_seed(std::uint64_t seed, std::size_t entry) {
  const PhiloxBlock block = philox4x32({static_cast<std::uint32_t>(entry), 0x6d697875, 0, 0}, seed);
  return block[0] | std::uint64_t{block[1]} << 32;
}

}  // namespace

std::pair<std::size_t, std::uint64_t> place_in_mixture(std::uint64_t position, const std::vector<std::uint64_t>& weights) {
  std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  for (std::size_t i = 0;; ++i) {
    const std::uint64_t before = share(position, weights[i], total);
    if (i + 1 == weights.size() || share(position + 1, weights[i], total) > before) return {i, i + 1 == weights.size() ? position : before};
    position -= before;  // among the positions that the entries after this one share
    total -= weights[i];
  }
}

MixtureSource::MixtureSource(const DataOptions& options, int draws_per_step, bool needs_chains, const std::string& verifier)
    : draws_(static_cast<std::uint64_t>(draws_per_step)), own_eval_(!options.eval_source.empty()) {
  std::vector<MixtureEntry> entries = mixture_of(options);
  if (entries.empty()) {  // one generator, evaluated on a file
    entries.push_back({1, options});
    entries[0].options.eval_source.clear();
  }
  double largest = 0;
  for (const MixtureEntry& entry : entries) largest = std::max(largest, entry.weight);
  for (const MixtureEntry& entry : entries) {
    entries_.push_back(make_source(entry.options, draws_per_step, needs_chains, verifier));
    weights_.push_back(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(entry.weight / largest * 1e6))));
  }
  if (own_eval_) eval_ = RowList(options.eval_source, load_rows(options.eval_source, jsonl_options(options, false, verifier), skipped_, notes_));
}

Problem MixtureSource::train(std::uint64_t seed, const Ticket& group) const {
  const std::uint64_t position = static_cast<std::uint64_t>(group.step) * draws_ + static_cast<std::uint64_t>(group.draw);
  const auto [entry, place] = place_in_mixture(position, weights_);
  Ticket inner = group;
  inner.step = static_cast<std::int32_t>(place / draws_);
  inner.draw = static_cast<std::int32_t>(place % draws_);
  return entries_[entry]->train(entries_.size() == 1 ? seed : entry_seed(seed, entry), inner);
}

std::vector<Problem> MixtureSource::eval(int count) const {
  if (own_eval_) {
    const std::vector<Problem>& all = eval_.problems();
    return {all.begin(), all.begin() + std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(all.size()))};
  }
  std::vector<int> wanted(entries_.size());
  for (int i = 0; i < count; ++i) ++wanted[place_in_mixture(static_cast<std::uint64_t>(i), weights_).first];
  std::vector<std::vector<Problem>> lists;
  for (std::size_t i = 0; i < entries_.size(); ++i) lists.push_back(wanted[i] > 0 ? entries_[i]->eval(wanted[i]) : std::vector<Problem>());
  std::vector<Problem> problems;
  for (int i = 0; i < count; ++i) {
    const auto [entry, place] = place_in_mixture(static_cast<std::uint64_t>(i), weights_);
    if (place < lists[entry].size()) problems.push_back(lists[entry][place]);  // a file may hold out fewer
  }
  return problems;
}

void MixtureSource::set_aside(Part part, const Reason& reason) {
  if (part == Part::kEval && own_eval_) return eval_.set_aside(reason);
  for (const auto& entry : entries_) entry->set_aside(part, reason);
}

bool MixtureSource::trains_on(std::uint64_t question) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry->trains_on(question); });
}

std::vector<std::string> MixtureSource::skipped() const {
  std::vector<std::string> all = skipped_;
  for (const auto& entry : entries_)
    for (std::string& line : entry->skipped()) all.push_back(std::move(line));
  all.insert(all.end(), eval_.left_out().begin(), eval_.left_out().end());
  return all;
}

std::vector<std::string> MixtureSource::notes() const {
  std::vector<std::string> all = notes_;
  for (const auto& entry : entries_)
    for (std::string& line : entry->notes()) all.push_back(std::move(line));
  return all;
}

}  // namespace laconic::pipeline
