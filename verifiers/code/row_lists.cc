// Rows whose tests are lists of inputs and outputs.
#include <nlohmann/json.hpp>

#include "verifiers/code/base64.h"
#include "verifiers/code/pickled_text.h"
#include "verifiers/code/row_reader.h"

namespace laconic::verifiers::code {
namespace {

using nlohmann::json;

constexpr std::size_t kInflatedLimit = std::size_t{1} << 29;

std::string next_name(const CodeTask& task) { return std::to_string(task.tests.size() + 1); }

// Arguments written as one JSON value a line.
std::string arguments_of_lines(const std::string& text, const std::string& name) {
  json arguments = json::array();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json value = parse_exact(line);
    if (value.is_discarded()) throw BadRow{"test " + name + ": an argument line is not valid JSON: " + shortened(line)};
    arguments.push_back(std::move(value));
  }
  return dump_exact(arguments);
}

void add_stdin(CodeTask& task, const json& input, const json& output) {
  Test test;
  test.name = next_name(task);
  test.input = lines_joined(input, ("the input of test " + test.name).c_str());
  test.output = lines_joined(output, ("the output of test " + test.name).c_str());
  task.tests.push_back(std::move(test));
}

// Arguments as a list, result as a value; or both as text: one JSON value a line, and one.
void add_call(CodeTask& task, const json& input, const json& output, bool may_be_wrapped) {
  Test test;
  test.name = next_name(task);
  if (input.is_array()) {
    test.input = dump_exact(input);
    test.output = dump_exact(output);
    test.may_be_wrapped = may_be_wrapped;
  } else if (input.is_string() && output.is_string()) {
    test.input = arguments_of_lines(input.get<std::string>(), test.name);
    test.output = output.get<std::string>();
  } else {
    throw BadRow{"test " + test.name + ": arguments are neither a list nor lines of JSON"};
  }
  task.tests.push_back(std::move(test));
}

void set_function(CodeTask& task, const std::string& name) {
  if (name.empty()) return;
  task.kind = TestKind::kCall;
  // "Solution.twoSum" and "twoSum" are the same method to the driver.
  const std::size_t dot = name.rfind('.');
  task.entry_point = dot == std::string::npos ? name : name.substr(dot + 1);
}

void read_pairs(const json& packed, CodeTask& task) {
  if (!packed.is_object()) throw BadRow{"the tests are no object with `inputs` and `outputs`"};
  if (const json* asserts = column(packed, "assert_case"); asserts && asserts->is_array() && !asserts->empty()) {
    task.kind = TestKind::kAssert;
    task.language = "python";
    task.assertions.shape = AssertShape::kMbpp;
    for (const json& line : *asserts) {
      if (!line.is_string()) throw BadRow{"`assert_case` has an entry that is not text"};
      task.assertions.lines.push_back(line.get<std::string>());
    }
    return;
  }
  const json* inputs = column(packed, "inputs");
  const json* outputs = column(packed, "outputs");
  if (!inputs || !outputs || !inputs->is_array() || !outputs->is_array()) throw BadRow{"`inputs` and `outputs` are not two lists"};
  if (inputs->size() != outputs->size()) {
    throw BadRow{std::to_string(inputs->size()) + " inputs and " + std::to_string(outputs->size()) + " outputs"};
  }
  set_function(task, text_column(packed, "fn_name"));
  for (std::size_t i = 0; i < inputs->size(); ++i) {
    if (task.kind == TestKind::kCall) add_call(task, (*inputs)[i], (*outputs)[i], true);
    else add_stdin(task, (*inputs)[i], (*outputs)[i]);
  }
}

}  // namespace

void read_inputs_outputs(const json& row, CodeTask& task) {
  task.starter_code = text_column(row, "starter_code");
  if (const json* packed = column(row, "input_output")) return read_pairs(unpacked(*packed, "input_output"), task);
  const json* model = column(row, "reward_model");
  const json* packed = model && model->is_object() ? column(*model, "ground_truth") : column(row, "ground_truth");
  if (!packed) throw BadRow{"the row has no `ground_truth`"};
  read_pairs(unpacked(*packed, "ground_truth"), task);
}

void read_verification_info(const json& row, CodeTask& task) {
  const json info = unpacked(*column(row, "verification_info"), "verification_info");
  if (!info.is_object()) throw BadRow{"`verification_info` is no object"};
  task.language = text_column(info, "language");
  const json* packed = column(info, "test_cases");
  const json cases = packed ? unpacked(*packed, "test_cases") : json();
  if (!cases.is_array()) throw BadRow{"`verification_info` has no list `test_cases`"};
  for (const json& test : cases) {
    if (!test.is_object() || !test.contains("input") || !test.contains("output")) throw BadRow{"test " + next_name(task) + " lacks `input` or `output`"};
    const std::string function = text_column(test, "fn_name"), type = text_column(test, "type");
    const bool call = !function.empty() || type == "function_call";
    if (!task.tests.empty() && call != (task.kind == TestKind::kCall)) throw BadRow{"function calls and standard input in one row"};
    if (call) {
      set_function(task, function);
      add_call(task, test["input"], test["output"], true);
    } else {
      add_stdin(task, test["input"], test["output"]);
    }
  }
}

namespace {

// A list of tests as JSON text, or as base64 of zlib of a pickled text of it.
json private_tests(const json& value) {
  if (!value.is_string()) return value;
  const std::string& text = value.get_ref<const std::string&>();
  json plain = parse_exact(text);
  if (!plain.is_discarded()) return plain;
  const auto bytes = base64_decoded(text);
  const auto pickle = bytes ? inflated(*bytes, kInflatedLimit) : std::nullopt;
  const auto inner = pickle ? pickled_text(*pickle) : std::nullopt;
  if (!inner) throw BadRow{"`private_test_cases` is neither JSON nor base64 of zlib of a pickled text"};
  plain = parse_exact(*inner);
  if (plain.is_discarded()) throw BadRow{"`private_test_cases` holds text that is not valid JSON"};
  return plain;
}

}  // namespace

void read_livecodebench(const json& row, CodeTask& task) {
  task.starter_code = text_column(row, "starter_code");
  if (const json* metadata = column(row, "metadata")) {
    const json unpacked_metadata = unpacked(*metadata, "metadata");
    if (unpacked_metadata.is_object()) set_function(task, text_column(unpacked_metadata, "func_name"));
  }
  for (const char* name : {"public_test_cases", "private_test_cases"}) {
    const json* packed = column(row, name);
    if (!packed) continue;
    const json tests = private_tests(*packed);
    if (!tests.is_array()) throw BadRow{std::string("`") + name + "` is no list"};
    for (const json& test : tests) {
      if (!test.is_object() || !test.contains("input") || !test.contains("output")) throw BadRow{"test " + next_name(task) + " lacks `input` or `output`"};
      const bool call = text_column(test, "testtype") == "functional";
      if (call != (task.kind == TestKind::kCall)) {
        throw BadRow{call ? "functional tests without `func_name` in `metadata`" : "a function's name with tests by standard input"};
      }
      if (call) add_call(task, test["input"], test["output"], false);
      else add_stdin(task, test["input"], test["output"]);
    }
  }
}

void read_code_contests(const json& row, CodeTask& task) {
  for (const char* name : {"public_tests", "private_tests", "generated_tests"}) {
    if (const json* tests = column(row, name)) {
      const json packed = {{"inputs", tests->value("input", json::array())}, {"outputs", tests->value("output", json::array())}};
      read_pairs(packed, task);
    }
  }
}

void read_test_list(const json& row, CodeTask& task) {
  const json tests = unpacked(*column(row, "tests"), "tests");
  if (!tests.is_array()) throw BadRow{"`tests` is no list"};
  task.starter_code = text_column(row, "starter_code");
  set_function(task, column(row, "fn_name") ? text_column(row, "fn_name") : text_column(row, "entry_point"));
  for (const json& test : tests) {
    if (!test.is_object() || !test.contains("input") || !test.contains("output")) throw BadRow{"test " + next_name(task) + " lacks `input` or `output`"};
    if (task.kind == TestKind::kCall) add_call(task, test["input"], test["output"], false);
    else add_stdin(task, test["input"], test["output"]);
    if (const std::string name = text_column(test, "name"); !name.empty()) task.tests.back().name = name;
  }
}

}  // namespace laconic::verifiers::code
