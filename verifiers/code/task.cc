#include "verifiers/code/task.h"

#include <nlohmann/json.hpp>

#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

bool has(const json& row, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (!column(row, name)) return false;
  return true;
}

bool is_object(const json& row, const char* name) { return column(row, name) && column(row, name)->is_object(); }

// Words; a number with a fraction may differ in the sixth digit, an integer not at all.
constexpr Comparison kWords = {CompareMode::kTokens, false, 1e-6, 1e-6, true};
// LiveCodeBench: line by line, numbers by exact value.
constexpr Comparison kLines = {CompareMode::kTrailingSpace, false, 0, -1, false};
// Kattis' default validator.
constexpr Comparison kKattis = {CompareMode::kTokens, true, -1, -1, false};

struct Shape {
  std::string_view name;
  bool (*fits)(const json& row);
  void (*read)(const json& row, CodeTask& task);
  Comparison comparison;  // where the row has none of its own
};

// The first that fits is taken: those that can be mistaken for a later one stand in front.
const Shape kShapes[] = {
    {"HumanEval-X", [](const json& row) { return has(row, {"declaration", "prompt", "test"}); }, read_humaneval_x, {}},
    {"HumanEval", [](const json& row) { return has(row, {"entry_point", "prompt", "test"}); }, read_humaneval, {}},
    {"MBPP", [](const json& row) { return has(row, {"test_list"}); }, read_mbpp, {}},
    {"LiveCodeBench", [](const json& row) { return has(row, {"public_test_cases"}) || has(row, {"private_test_cases"}); }, read_livecodebench, kLines},
    {"open-r1", [](const json& row) { return has(row, {"verification_info"}); }, read_verification_info, kWords},
    {"APPS", [](const json& row) { return has(row, {"input_output"}); }, read_inputs_outputs, kWords},
    {"verl", [](const json& row) { return has(row, {"ground_truth"}) || (is_object(row, "reward_model") && has(*column(row, "reward_model"), {"ground_truth"})); },
     read_inputs_outputs, kWords},
    {"code_contests", [](const json& row) { return is_object(row, "public_tests") || is_object(row, "private_tests"); }, read_code_contests, kWords},
    {"Kattis", [](const json& row) { return has(row, {"tests"}) && (has(row, {"statement_format"}) || has(row, {"validator_flags"})); }, read_test_list, kKattis},
    {"tests", [](const json& row) { return has(row, {"tests"}); }, read_test_list, kWords},
};

std::string id_of(const json& row) {
  for (const char* name : {"task_id", "question_id", "problem_id", "id"}) {
    const json* value = column(row, name);
    if (value && value->is_string()) return value->get<std::string>();
    if (value && value->is_number_integer()) return value->dump();
  }
  return {};
}

CodeTask read_row(const json& row) {
  if (!row.is_object()) throw BadRow{"the row is not a JSON object"};
  for (const Shape& shape : kShapes) {
    if (!shape.fits(row)) continue;
    CodeTask task;
    task.id = id_of(row);
    task.shape = shape.name;
    shape.read(row, task);
    if (column(row, "language")) task.language = text_column(row, "language");
    read_limits(row, task);
    read_comparison(row, task);
    read_checker(row, task);
    if (!task.comparison) task.comparison = shape.comparison;
    if (task.kind != TestKind::kAssert && task.tests.empty()) throw BadRow{"the row has no tests: with none nothing can pass"};
    return task;
  }
  throw BadRow{"no known shape: none of `tests`, `input_output`, `test_list`, `test`, `public_test_cases`, `verification_info`, `ground_truth`"};
}

}  // namespace

std::string_view name_of(TestKind kind) { return kind == TestKind::kStdin ? "stdin" : kind == TestKind::kCall ? "call" : "assert"; }

ReadTask read_task(const std::string& columns) {
  try {
    return {read_row(parse_exact(columns)), {}};
  } catch (const BadRow& bad) {
    return {std::nullopt, bad.problem};
  } catch (const std::exception& error) {  // the JSON library's own complaints about a type
    return {std::nullopt, error.what()};
  }
}

}  // namespace laconic::verifiers::code
