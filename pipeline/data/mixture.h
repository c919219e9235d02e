// Several sources in one, each drawn from in proportion to its weight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/data/file_source.h"
#include "pipeline/data/source.h"

namespace laconic::pipeline {

// Position p of an endless walk over entries with these weights → (entry, position in that entry's own
// walk). After any p positions each entry has had its share of them to within one for two entries, and
// to within the number of entries otherwise; no entry's walk has gaps. Pure; constant time.
std::pair<std::size_t, std::uint64_t> place_in_mixture(std::uint64_t position, const std::vector<std::uint64_t>& weights);

// Of `options.mixture`; without one, of the source alone (a generator that is evaluated on a file).
class MixtureSource : public ProblemSource {
 public:
  MixtureSource(const DataOptions& options, int draws_per_step, bool needs_chains, const std::string& verifier);

  Problem train(std::uint64_t seed, const Ticket& group) const override;
  // Held-out problems of all entries in the proportions of training, or of the mixture's `eval_source`.
  std::vector<Problem> eval(int count) const override;
  void set_aside(Part part, const Reason& reason) override;
  bool trains_on(std::uint64_t question) const override;
  std::vector<std::string> skipped() const override;
  std::vector<std::string> notes() const override;

 private:
  std::uint64_t draws_;
  std::vector<std::unique_ptr<ProblemSource>> entries_;
  std::vector<std::uint64_t> weights_;
  bool own_eval_ = false;
  RowList eval_;  // of the mixture's eval_source
  std::vector<std::string> skipped_, notes_;
};

}  // namespace laconic::pipeline
