// Rows whose tests are assertions.
#include <nlohmann/json.hpp>

#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

std::vector<std::string> texts(const json& row, const char* name) {
  std::vector<std::string> list;
  const json* value = column(row, name);
  if (!value) return list;
  if (!value->is_array()) throw BadRow{std::string("`") + name + "` is no list"};
  for (const json& item : *value) {
    if (!item.is_string()) throw BadRow{std::string("`") + name + "` has an entry that is not text"};
    list.push_back(item.get<std::string>());
  }
  return list;
}

}  // namespace

void read_humaneval(const json& row, CodeTask& task) {
  task.kind = TestKind::kAssert;
  task.language = "python";
  task.header = text_column(row, "prompt");
  task.entry_point = text_column(row, "entry_point");
  task.assertions.shape = AssertShape::kHumanEval;
  task.assertions.program = text_column(row, "test");
  task.reference = text_column(row, "canonical_solution");
  if (task.entry_point.empty()) throw BadRow{"`entry_point` is empty"};
  if (task.assertions.program.find("def check(") == std::string::npos) throw BadRow{"`test` defines no check(candidate)"};
}

void read_humaneval_x(const json& row, CodeTask& task) {
  if (task.id.rfind("CPP/", 0) != 0) throw BadRow{"of HumanEval-X the C++ tasks are judged, not \"" + task.id + "\""};
  task.kind = TestKind::kAssert;
  task.language = "cpp17";
  task.header = text_column(row, "prompt");
  task.assertions.shape = AssertShape::kHumanEvalX;
  task.assertions.program = text_column(row, "test");
  task.assertions.declaration = text_column(row, "declaration");
  task.reference = text_column(row, "canonical_solution");
  if (task.assertions.program.find("main") == std::string::npos) throw BadRow{"`test` has no main()"};
}

void read_mbpp(const json& row, CodeTask& task) {
  task.kind = TestKind::kAssert;
  task.language = "python";
  task.assertions.shape = AssertShape::kMbpp;
  task.assertions.lines = texts(row, "test_list");
  task.assertions.setup = text_column(row, "test_setup_code");
  for (const std::string& line : texts(row, "test_imports")) task.assertions.setup += (task.assertions.setup.empty() ? "" : "\n") + line;
  task.reference = text_column(row, "code");
  if (task.assertions.lines.empty()) throw BadRow{"`test_list` is empty: with no tests nothing can pass"};
}

}  // namespace laconic::verifiers::code
