// The built-in generators by name: problems without a file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/data/options.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct Generator {
  std::string name, verifier;  // as in data.source; who judges its problems by default
  void (*check)(const DataOptions&);  // throws Error about options that contradict each other
  Problem (*train)(const DataOptions&, std::uint64_t key, std::uint32_t draw);
  std::vector<Problem> (*heldout)(const DataOptions&, int count);
  double (*heldout_fraction)(const DataOptions&);
};

const std::vector<Generator>& generators();
const Generator* find_generator(const std::string& name);  // null when there is none of that name
std::vector<std::string> generator_names();

// (generator, its held-out fraction) of every generator that the options draw from.
std::vector<std::pair<std::string, double>> heldout_fractions(const DataOptions& options);

}  // namespace laconic::pipeline
