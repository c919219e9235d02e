#include "pipeline/data/generator.h"

namespace laconic::pipeline {

const std::vector<Generator>& generators() {
  static const std::vector<Generator> all = {
      {"arithmetic", "integer", [](const DataOptions& o) { check(o.arithmetic); },
       [](const DataOptions& o, std::uint64_t key, std::uint32_t draw) { return arithmetic_problem(o.arithmetic, key, draw); },
       [](const DataOptions& o, int count) { return arithmetic_heldout(o.arithmetic, count); },
       [](const DataOptions& o) { return o.arithmetic.heldout_fraction; }},
      {"countdown", "countdown", [](const DataOptions& o) { check(o.countdown); },
       [](const DataOptions& o, std::uint64_t key, std::uint32_t draw) { return countdown_problem(o.countdown, key, draw); },
       [](const DataOptions& o, int count) { return countdown_heldout(o.countdown, count); },
       [](const DataOptions& o) { return o.countdown.heldout_fraction; }},
      {"code_small", "code", [](const DataOptions&) {},
       [](const DataOptions& o, std::uint64_t key, std::uint32_t draw) { return code_small_problem(o.code_small, key, draw); },
       [](const DataOptions& o, int count) { return code_small_heldout(o.code_small, count); },
       [](const DataOptions& o) { return o.code_small.heldout_fraction; }},
  };
  return all;
}

const Generator* find_generator(const std::string& name) {
  for (const Generator& generator : generators())
    if (generator.name == name) return &generator;
  return nullptr;
}

std::vector<std::string> generator_names() {
  std::vector<std::string> names;
  for (const Generator& generator : generators()) names.push_back(generator.name);
  return names;
}

std::vector<std::pair<std::string, double>> heldout_fractions(const DataOptions& options) {
  std::vector<std::pair<std::string, double>> out;
  const auto add = [&](const DataOptions& own) {
    if (const Generator* generator = find_generator(own.source)) out.emplace_back(own.source, generator->heldout_fraction(own));
  };
  if (options.mixture.empty()) add(options);
  for (const MixtureEntry& entry : mixture_of(options)) add(entry.options);
  return out;
}

}  // namespace laconic::pipeline
