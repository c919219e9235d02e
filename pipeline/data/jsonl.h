// The rows of a JSONL file (also .gz and .zst) as problems.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/file.h"
#include "pipeline/data/problem.h"
#include "pipeline/data/row.h"

namespace laconic::pipeline {

struct JsonlOptions {
  RowOptions rows;
  bool skip_bad_lines = false;  // false: the first bad line is an Error
};

struct JsonlRows {
  std::vector<Problem> problems;     // in file order; id = "file:line"
  std::vector<std::string> skipped;  // "file:line: reason"
  std::size_t duplicates = 0;        // rows whose question an earlier row asked; they stay
};

// A bad line is one that read_row refuses. Blank lines are no rows. Throws Error naming file:line; also
// when nothing is left, and when the file holds rows in another format.
JsonlRows load_jsonl(const fs::path& path, const JsonlOptions& options);

}  // namespace laconic::pipeline
