// One line of a file → a problem, by the table of shapes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/data/problem.h"

namespace laconic::pipeline {

// What a row lacks, without its place: the file's reader adds that.
struct BadRow : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct RowOptions {
  std::string prompt_column, answer_column;  // dotted paths; empty: by shape
  std::string instruction = "auto";
  std::string verifier = "auto";             // "auto": the shape's
  std::vector<std::string> verifiers;        // "VALUE=NAME", by data_source, task, source_dataset or metadata.source_dataset
  bool needs_solution = false;               // a row without anything to imitate is bad
};

// `columns` of the problem is the whole row, plus, where the shape has a gold, `answer`: the gold as a
// string, or a list of strings with `answer_match` ("any" | "all") beside it. A column `answer` of the row
// stays as it is for the verifiers that users write (python, process, library, rubric). JSON text in info, metadata,
// extra_info and verification_info is opened. Throws BadRow when
// the line is no JSON object in valid UTF-8, nests deeper than 256, has no known shape, a prompt that is
// empty, not text or several turns, a gold of a wrong kind, or nothing to imitate where that is needed.
Problem read_row(std::string_view line, const std::string& id, const RowOptions& options);

// The name of the shape that reads the line; throws BadRow.
std::string_view shape_of(std::string_view line);

}  // namespace laconic::pipeline
