// Where a stage's problems come from: a generator, the rows of a file, or a weighted mixture of these.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ticket.h"
#include "pipeline/data/options.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

// Immutable once training draws from it: safe from any thread then.
class ProblemSource {
 public:
  virtual ~ProblemSource() = default;

  // The problem of a group's ticket (stage, step, round, draw; `sample` is ignored): a pure function
  // of (options, seed, ticket). A file is walked epoch by epoch in an order shuffled anew each
  // time; a refill round has its own order. A mixture takes its entries in turn, each in proportion
  // to its weight, and walks each without gaps.
  virtual Problem train(std::uint64_t seed, const Ticket& group) const = 0;

  // At most `count` problems that training never draws, the same for every seed. Generated: exactly
  // `count`, or Error. A file: as many as it holds out.
  virtual std::vector<Problem> eval(int count) const = 0;

  // Leaves out the rows to train on, or to evaluate on, for which `reason` gives one (a gold that is not
  // understood, a prompt that is too long): each is listed in skipped(). Generated problems stay.
  // Throws Error when that would be more than half of a file's rows, or leave none to train on.
  enum class Part { kTrain, kEval };
  using Reason = std::function<std::optional<std::string>(const Problem&)>;
  virtual void set_aside(Part part, const Reason& reason) = 0;

  // Is the question among the rows to train on? Generated problems answer no: theirs are held out by hash.
  virtual bool trains_on(std::uint64_t question) const = 0;

  // One line each for what loading left out, "rows.jsonl:12: not valid JSON …", and for what is worth
  // knowing, "rows.jsonl: 4 rows ask what an earlier one asks".
  virtual std::vector<std::string> skipped() const = 0;
  virtual std::vector<std::string> notes() const = 0;
};

// `draws_per_step`: a step's prompts (or chains), so that a file is walked without gaps.
// `needs_chains`: refuse (or skip) rows that have no worked solution to imitate.
// `verifier`: of problems for which `options` name none; "auto": what their kind asks for.
// Throws Error naming the file, or file:line and what is wrong with it.
std::unique_ptr<ProblemSource> make_source(const DataOptions& options, int draws_per_step, bool needs_chains = false,
                                           const std::string& verifier = "auto");

}  // namespace laconic::pipeline
