// What generated problems have in common: training draws and held-out lists that cannot meet.
//
// A problem is held out by a hash of what is asked, so that the two are disjoint by construction,
// whatever the seed. Everything is a pure function of (options, key, draw).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/philox.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

// Is what hashes to `question` on the evaluation's side?
bool held_out(std::uint64_t question, double fraction);

// Hash of a text with runs of blanks as one: what two prompts must share to be the same question.
std::uint64_t question_hash(const std::string& text);

// A generator's key of its own: the caller's also counts token samples.
std::uint64_t generator_key(std::uint64_t key);

// What a generator says about itself to the functions below.
template <class Task>
struct TaskFamily {
  std::string name;                                            // "arithmetic": of the options and in errors
  double heldout_fraction = 0.1;
  std::function<std::optional<Task>(PhiloxStream&)> draw;      // nullopt: drawn in vain, draw again
  std::function<std::string(const Task&)> identity;            // what the hold-out hashes
  std::function<Problem(const Task&, bool training, PhiloxStream&)> write;  // the chains to train on may hold mistakes
};

[[noreturn]] void no_such_task(const std::string& name, bool heldout, double fraction);
[[noreturn]] void too_few_tasks(const std::string& name, int wanted, std::size_t found);

// Draws until a task is on the wanted side; a million misses mean that there is none.
template <class Task>
Task draw_side(const TaskFamily<Task>& family, bool heldout, PhiloxStream& random) {
  for (int attempt = 0; attempt < 1'000'000; ++attempt) {
    std::optional<Task> task = family.draw(random);
    if (task && held_out(question_hash(family.identity(*task)), family.heldout_fraction) == heldout) return std::move(*task);
  }
  no_such_task(family.name, heldout, family.heldout_fraction);
}

template <class Task>
Problem training_problem(const TaskFamily<Task>& family, std::uint64_t key, std::uint32_t draw) {
  PhiloxStream random(generator_key(key), draw);
  const Task task = draw_side(family, false, random);
  return family.write(task, true, random);
}

// `count` distinct held-out problems; a shorter list begins a longer one. Independent of seeds and of
// the options that only shape chains. Throws Error when there are fewer.
template <class Task>
std::vector<Problem> heldout_list(const TaskFamily<Task>& family, int count) {
  std::vector<Problem> problems;
  std::set<std::string> seen;
  PhiloxStream random(generator_key(0), 0);
  const int patience = 1000 + 200 * count;
  for (int attempt = 0; attempt < patience && static_cast<int>(problems.size()) < count; ++attempt) {
    const Task task = draw_side(family, true, random);
    const std::string identity = family.identity(task);
    if (!seen.insert(identity).second) continue;
    // The chain draws from a stream of its own: chain options must not move the list.
    PhiloxStream chain_random(generator_key(question_hash(identity)), 0);
    problems.push_back(family.write(task, false, chain_random));
  }
  if (static_cast<int>(problems.size()) < count) too_few_tasks(family.name, count, problems.size());
  return problems;
}

}  // namespace laconic::pipeline
