#include "pipeline/data/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "pipeline/data/jsonl.h"
#include "pipeline/data/shuffle.h"

namespace laconic::pipeline {
namespace {

class ArithmeticSource : public ProblemSource {
 public:
  explicit ArithmeticSource(const ArithmeticOptions& options) : options_(options) { check(options); }

  Problem train(std::uint64_t seed, const Ticket& group) const override {
    return arithmetic_problem(options_, philox_key(seed, group), static_cast<std::uint32_t>(group.draw));
  }
  std::vector<Problem> eval(int count) const override { return heldout_problems(options_, count); }
  const std::vector<std::string>& skipped() const override { return skipped_; }

 private:
  ArithmeticOptions options_;
  std::vector<std::string> skipped_;
};

class FileSource : public ProblemSource {
 public:
  FileSource(const DataOptions& options, int draws_per_step, bool needs_chains) : draws_(static_cast<std::uint64_t>(draws_per_step)) {
    JsonlOptions rows{options.prompt_column, options.answer_column, options.on_bad_line == "skip", needs_chains};
    JsonlRows all = load_jsonl(options.source, rows);
    skipped_ = std::move(all.skipped);
    if (options.eval_source.empty()) {
      hold_out(std::move(all.problems), options.heldout_fraction);
    } else {
      train_ = std::move(all.problems);
      rows.needs_chains = false;
      JsonlRows eval = load_jsonl(options.eval_source, rows);
      eval_ = std::move(eval.problems);
      skipped_.insert(skipped_.end(), eval.skipped.begin(), eval.skipped.end());
    }
    if (train_.empty()) throw Error("every row is held out, none is left to train on", options.source, "lower data.heldout_fraction or add rows");
  }

  Problem train(std::uint64_t seed, const Ticket& group) const override {
    // Walk position → epoch and place; the order of an epoch depends on (seed, stage, round, epoch).
    const std::uint64_t position = static_cast<std::uint64_t>(group.step) * draws_ + static_cast<std::uint64_t>(group.draw);
    const std::uint64_t size = train_.size(), epoch = position / size;
    const std::uint64_t key = philox_key(seed, {.stage = group.stage, .kind = group.kind, .step = static_cast<std::int32_t>(epoch), .round = group.round});
    return train_[permuted_index(key, position % size, size)];
  }

  std::vector<Problem> eval(int count) const override {
    return {eval_.begin(), eval_.begin() + std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(eval_.size()))};
  }
  const std::vector<std::string>& skipped() const override { return skipped_; }

 private:
  // By the prompt's hash, so that two rows with one prompt fall on the same side. At least one row is
  // held out when the fraction is above 0: an evaluation without problems would say nothing.
  void hold_out(std::vector<Problem> problems, double fraction) {
    const auto place = [](const Problem& p) { return static_cast<double>(xxh3(p.prompt) >> 11) * 0x1p-53; };
    double lowest = 1;
    for (const Problem& p : problems) lowest = std::min(lowest, place(p));
    const double threshold = fraction > 0 ? std::max(fraction, std::nextafter(lowest, 2.0)) : 0;
    for (Problem& p : problems) (place(p) < threshold ? eval_ : train_).push_back(std::move(p));
  }

  std::uint64_t draws_;
  std::vector<Problem> train_, eval_;
  std::vector<std::string> skipped_;
};

}  // namespace

void DataOptions::declare(OptionSet& set) {
  set.add("source", source, {.help = "\"arithmetic\" (generated), or the path of a .jsonl file"});
  set.add("eval_source", eval_source, {.help = "a .jsonl file to evaluate on; empty: rows held out of the source"});
  set.add("prompt_column", prompt_column, {.help = "a file's column with the prompt; empty: question, prompt or problem"});
  set.add("answer_column", answer_column, {.help = "a file's column with the gold answer; empty: answer"});
  set.add("on_bad_line", on_bad_line, {.help = "what a malformed line of a file does", .choices = {"refuse", "skip"}});
  set.add("heldout_fraction", heldout_fraction, {.help = "share of a file's rows kept for evaluation, by a hash of the prompt", .min = 0, .max = 0.9});
  set.section("arithmetic", arithmetic);
}

std::unique_ptr<ProblemSource> make_source(const DataOptions& options, int draws_per_step, bool needs_chains) {
  if (options.source == "arithmetic") {
    if (!options.eval_source.empty()) {
      throw Error(fmt::format("data.eval_source is \"{}\", but generated arithmetic brings its own held-out problems", options.eval_source), "data.eval_source", "remove data.eval_source");
    }
    return std::make_unique<ArithmeticSource>(options.arithmetic);
  }
  const std::string near = nearest_name(options.source, std::vector<std::string>{"arithmetic"});
  if (!fs::exists(options.source)) {
    throw Error(fmt::format("data.source \"{}\" is neither \"arithmetic\" nor a file", options.source), options.source,
                near.empty() ? "give the path of a .jsonl file, relative to the working directory" : "did you mean \"" + near + "\"?");
  }
  return std::make_unique<FileSource>(options, draws_per_step, needs_chains);
}

}  // namespace laconic::pipeline
