// Rows of a JSONL file as problems: GSM8K's shape (question; answer with the worked text, then
// "#### 18") and plain prompt/answer rows.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "pipeline/data/problem.h"

namespace laconic::pipeline {

struct JsonlOptions {
  std::string prompt_column;   // empty: "question", "prompt" or "problem", the first that a row has
  std::string answer_column;   // empty: "answer"
  bool skip_bad_lines = false; // false: the first bad line is an Error
  bool needs_chains = false;   // a row without a worked solution is a bad line
};

struct JsonlRows {
  std::vector<Problem> problems;     // in file order; id = "file:line"
  std::vector<std::string> skipped;  // "file:line: reason"
};

// A bad line is one that is not a JSON object in valid UTF-8, lacks a column, or has an empty
// prompt or a prompt that is no string. Blank lines are no rows. Throws Error naming file:line; also
// when nothing is left. `columns` of a problem keeps the whole row.
JsonlRows load_jsonl(const fs::path& path, const JsonlOptions& options);
JsonlRows parse_jsonl(const std::string& text, const std::string& name, const JsonlOptions& options);

}  // namespace laconic::pipeline
