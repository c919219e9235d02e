// An evaluation for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/records.h"
#include "cli/terminal.h"
#include "pipeline/evaluation.h"

namespace laconic::cli {

// What was found at one think budget.
struct EvalRow {
  std::optional<int> think_budget;              // nullopt: thinking as long as it likes
  pipeline::EvalResult result;
  std::vector<std::pair<int, double>> within;   // (tokens, accuracy_within): of `--budget`, the same in every row
};

// One row a line under another; several: a table, one row each, and accuracy over tokens below it. A terminal
// too narrow for the table gets the rows one under another. `width` 0: as wide as it likes.
std::string eval_view(const std::vector<EvalRow>& rows, int width, const Style& style);

Json eval_row_json(const EvalRow& row);

}  // namespace laconic::cli
