// The `data` keys of a stage: which problems, how a file's rows are read, what judges them.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/options.h"
#include "pipeline/data/arithmetic.h"
#include "pipeline/data/code_small.h"
#include "pipeline/data/countdown.h"

namespace laconic::pipeline {

struct DataOptions {
  std::string source = "arithmetic";    // a generator's name, or the path of a JSONL file
  std::vector<std::string> mixture;     // instead of `source`: "WEIGHT SOURCE [key=value …]"
  std::string eval_source;              // a JSONL file to evaluate on; empty: held-out rows of `source`
  std::string prompt_column, answer_column;  // empty: by the row's shape
  std::string instruction = "auto";     // paragraph after a file's prompts; "auto": by the kind of the row
  std::string verifier;                 // of these problems; empty: the recipe's
  std::vector<std::string> verifiers;   // "VALUE=NAME": by the row's data_source, task or source_dataset
  std::string on_bad_line = "refuse";   // | "skip"
  double heldout_fraction = 0.1;        // of a file's rows, by a hash of the prompt; generated problems have their own
  ArithmeticOptions arithmetic;
  CountdownOptions countdown;
  CodeSmallOptions code_small;
  void declare(OptionSet& set);
};

// One source of a mixture: its share of the draws and options of its own.
struct MixtureEntry {
  double weight = 0;
  DataOptions options;                  // mixture is empty
};

// Entries of `options.mixture`: the weight, the source (in '…' if it has blanks), then any of the
// keys above for this entry alone ("0.3 rows.jsonl answer_column=gold"); other keys are the stage's.
// With an `eval_source` of the stage, entries hold nothing out unless they say so. Empty without a
// mixture. Throws Error naming the entry.
std::vector<MixtureEntry> mixture_of(const DataOptions& options);

// A relative path made absolute: as seen from the working directory if such a file exists, otherwise
// from `folder` (the recipe's). One found in neither stays.
std::string resolved_path(const std::string& path, const fs::path& folder);

// The same for every path in `options`; names of generators stay.
void resolve_paths(DataOptions& options, const fs::path& folder);

}  // namespace laconic::pipeline
