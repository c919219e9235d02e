// Where a stage's problems come from: generated arithmetic or the rows of a JSONL file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/ticket.h"
#include "pipeline/data/arithmetic.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct DataOptions {
  std::string source = "arithmetic";    // "arithmetic", or the path of a .jsonl file
  std::string eval_source;              // a .jsonl file to evaluate on; empty: held-out rows of `source`
  std::string prompt_column;            // empty: "question", "prompt" or "problem", whichever a row has
  std::string answer_column;            // empty: "answer"
  std::string on_bad_line = "refuse";   // | "skip"
  double heldout_fraction = 0.1;        // of a file's rows, by a hash of the prompt; generated problems have their own
  ArithmeticOptions arithmetic;
  void declare(OptionSet& set);
};

// Immutable after make_source: safe from any thread.
class ProblemSource {
 public:
  virtual ~ProblemSource() = default;

  // The problem of a group's ticket (stage, step, round, draw; `sample` is ignored): a pure function
  // of (options, seed, ticket). A file is walked epoch by epoch in an order shuffled anew each
  // time; a refill round has its own order.
  virtual Problem train(std::uint64_t seed, const Ticket& group) const = 0;

  // At most `count` problems that training never draws, the same for every seed. Generated: exactly
  // `count`, or Error. A file: as many as it holds out.
  virtual std::vector<Problem> eval(int count) const = 0;

  // One line each for what loading left out: "rows.jsonl:12: not valid JSON …".
  virtual const std::vector<std::string>& skipped() const = 0;
};

// `draws_per_step`: a step's prompts (or chains), so that a file is walked without gaps.
// `needs_chains`: refuse (or skip) rows that have no worked solution to imitate.
// Throws Error naming the file, or file:line and what is wrong with it.
std::unique_ptr<ProblemSource> make_source(const DataOptions& options, int draws_per_step, bool needs_chains = false);

}  // namespace laconic::pipeline
