// Reading rows: the parts that several shapes share. Inside verifiers/code only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "verifiers/code/task.h"

namespace laconic::verifiers::code {

// Thrown by readers of rows and caught in read_task: why the row cannot be judged.
struct BadRow {
  std::string problem;
};

// row_fields.cc: JSON whose integers keep all their digits: one that no 64-bit type holds is a binary
// value of its digits, which dump_exact() writes as they were. Not JSON: a discarded value.
nlohmann::json parse_exact(std::string_view text);
std::string dump_exact(const nlohmann::json& value);

// Columns with their types. Absent and null are the same.
const nlohmann::json* column(const nlohmann::json& row, const char* name);
std::string text_column(const nlohmann::json& row, const char* name);  // "" when absent; throws when not text
nlohmann::json unpacked(const nlohmann::json& value, const char* what);  // a JSON text is parsed; throws when it is none
std::string lines_joined(const nlohmann::json& value, const char* what);  // text, or a list of lines

// row_limits.cc: time_limit, memory_limit (numbers, "2.0 seconds", "256 megabytes", {seconds, nanos}),
// memory_limit_bytes, comparison, validator_flags, checker.
void read_limits(const nlohmann::json& row, CodeTask& task);
void read_comparison(const nlohmann::json& row, CodeTask& task);
void read_checker(const nlohmann::json& row, CodeTask& task);

// The shapes. Each fills what is its own; throws BadRow.
void read_humaneval(const nlohmann::json& row, CodeTask& task);      // row_assert.cc
void read_humaneval_x(const nlohmann::json& row, CodeTask& task);
void read_mbpp(const nlohmann::json& row, CodeTask& task);
void read_inputs_outputs(const nlohmann::json& row, CodeTask& task);  // row_lists.cc: APPS, TACO, verl
void read_verification_info(const nlohmann::json& row, CodeTask& task);
void read_livecodebench(const nlohmann::json& row, CodeTask& task);
void read_code_contests(const nlohmann::json& row, CodeTask& task);
void read_test_list(const nlohmann::json& row, CodeTask& task);

// Kattis' validator flags, "case_sensitive float_tolerance 1e-6 …", over its default rule: words,
// case ignored. Throws BadRow for an unknown flag.
Comparison kattis_comparison(const std::string& flags);

}  // namespace laconic::verifiers::code
