#include "pipeline/data/file_source.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/data/generated.h"
#include "pipeline/data/shuffle.h"

namespace laconic::pipeline {
namespace {

// By the question's hash, so that two rows with one question fall on the same side. At least one row is
// held out when the fraction is above 0: an evaluation without problems would say nothing.
double heldout_threshold(const std::vector<Problem>& problems, double fraction) {
  if (fraction <= 0) return 0;
  double lowest = 1;
  for (const Problem& p : problems) lowest = std::min(lowest, static_cast<double>(p.question >> 11) * 0x1p-53);
  return std::max(fraction, std::nextafter(lowest, 2.0));
}

}  // namespace

void RowList::set_aside(const ProblemSource::Reason& reason) {
  std::vector<Problem> kept;
  std::vector<std::string> left_out;
  for (Problem& problem : problems_) {
    if (const auto why = reason(problem)) left_out.push_back(problem.id + ": " + *why);
    else kept.push_back(std::move(problem));
  }
  if (2 * left_out.size() > left_out.size() + kept.size())
    throw Error(fmt::format("{} of {} rows cannot be used; the first: {}", left_out.size(), left_out.size() + kept.size(), left_out[0]), name_,
                "choose the verifier and the columns for these rows: data.verifier, data.prompt_column, data.answer_column");
  problems_ = std::move(kept);
  left_out_.insert(left_out_.end(), left_out.begin(), left_out.end());
}

JsonlOptions jsonl_options(const DataOptions& options, bool needs_chains, const std::string& verifier) {
  for (const std::string& entry : options.verifiers)
    if (entry.find('=') == std::string::npos)
      throw Error("`data.verifiers` holds \"" + entry + "\"", "data.verifiers", "write VALUE=NAME, such as \"openai/gsm8k=math\"");
  JsonlOptions out;
  out.rows = {options.prompt_column, options.answer_column, options.instruction, options.verifier.empty() ? verifier : options.verifier, options.verifiers, needs_chains};
  out.skip_bad_lines = options.on_bad_line == "skip";
  return out;
}

std::vector<Problem> load_rows(const std::string& path, const JsonlOptions& options, std::vector<std::string>& skipped, std::vector<std::string>& notes) {
  JsonlRows rows = load_jsonl(path, options);
  skipped.insert(skipped.end(), rows.skipped.begin(), rows.skipped.end());
  if (rows.duplicates > 0) notes.push_back(fmt::format("{}: {} of {} rows ask what an earlier row asks", path, rows.duplicates, rows.problems.size()));
  return std::move(rows.problems);
}

FileSource::FileSource(const DataOptions& options, int draws_per_step, bool needs_chains, const std::string& verifier)
    : draws_(static_cast<std::uint64_t>(draws_per_step)) {
  std::vector<Problem> rows = load_rows(options.source, jsonl_options(options, needs_chains, verifier), skipped_, notes_), train, eval;
  const double threshold = options.eval_source.empty() ? heldout_threshold(rows, options.heldout_fraction) : 0;
  for (Problem& p : rows) (held_out(p.question, threshold) ? eval : train).push_back(std::move(p));
  if (!options.eval_source.empty()) eval = load_rows(options.eval_source, jsonl_options(options, false, verifier), skipped_, notes_);
  if (train.empty()) throw Error("every row is held out, none is left to train on", options.source, "lower data.heldout_fraction or add rows");
  for (const Problem& p : train) questions_.insert(p.question);
  train_ = RowList(options.source, std::move(train));
  eval_ = RowList(options.eval_source.empty() ? options.source : options.eval_source, std::move(eval));
}

Problem FileSource::train(std::uint64_t seed, const Ticket& group) const {
  // Walk position → epoch and place; the order of an epoch depends on (seed, stage, round, epoch).
  const std::uint64_t position = static_cast<std::uint64_t>(group.step) * draws_ + static_cast<std::uint64_t>(group.draw);
  const std::uint64_t size = train_.problems().size(), epoch = position / size;
  const std::uint64_t key = philox_key(seed, {.stage = group.stage, .kind = group.kind, .step = static_cast<std::int32_t>(epoch), .round = group.round});
  return train_.problems()[permuted_index(key, position % size, size)];
}

std::vector<Problem> FileSource::eval(int count) const {
  const std::vector<Problem>& all = eval_.problems();
  return {all.begin(), all.begin() + std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(all.size()))};
}

void FileSource::set_aside(Part part, const Reason& reason) {
  (part == Part::kTrain ? train_ : eval_).set_aside(reason);
  questions_.clear();
  for (const Problem& p : train_.problems()) questions_.insert(p.question);
}

std::vector<std::string> FileSource::skipped() const {
  std::vector<std::string> all = skipped_;
  for (const RowList* rows : {&train_, &eval_}) all.insert(all.end(), rows->left_out().begin(), rows->left_out().end());
  return all;
}

}  // namespace laconic::pipeline
