// Problems from the rows of JSONL files.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "pipeline/data/jsonl.h"
#include "pipeline/data/source.h"

namespace laconic::pipeline {

// Rows of one file with what was left out of them.
class RowList {
 public:
  RowList() = default;
  RowList(std::string name, std::vector<Problem> problems) : name_(std::move(name)), problems_(std::move(problems)) {}

  const std::vector<Problem>& problems() const { return problems_; }
  const std::vector<std::string>& left_out() const { return left_out_; }
  void set_aside(const ProblemSource::Reason& reason);  // Error above half

 private:
  std::string name_;
  std::vector<Problem> problems_;
  std::vector<std::string> left_out_;
};

JsonlOptions jsonl_options(const DataOptions& options, bool needs_chains, const std::string& verifier);

// Loads a file; its skipped lines and its note on repeated questions are appended.
std::vector<Problem> load_rows(const std::string& path, const JsonlOptions& options, std::vector<std::string>& skipped, std::vector<std::string>& notes);

class FileSource : public ProblemSource {
 public:
  FileSource(const DataOptions& options, int draws_per_step, bool needs_chains, const std::string& verifier);

  Problem train(std::uint64_t seed, const Ticket& group) const override;
  std::vector<Problem> eval(int count) const override;
  void set_aside(Part part, const Reason& reason) override;
  bool trains_on(std::uint64_t question) const override { return questions_.count(question) > 0; }
  std::vector<std::string> skipped() const override;
  std::vector<std::string> notes() const override { return notes_; }

 private:
  std::uint64_t draws_;
  RowList train_, eval_;
  std::unordered_set<std::uint64_t> questions_;  // of the rows to train on
  std::vector<std::string> skipped_, notes_;
};

}  // namespace laconic::pipeline
