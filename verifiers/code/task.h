// A data-set row as a typed coding task.
//
// Rows come in the shapes of HumanEval, MBPP, HumanEval-X, APPS, TACO, verl, open-r1, LiveCodeBench,
// code_contests, Kattis, and a plain list `tests` of {input, output}. What cannot be read without
// guessing is refused with a reason: such a row is listed when data is loaded, never scored 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {

enum class TestKind : std::uint8_t {
  kStdin,   // bytes in, bytes out
  kCall,    // arguments in, a value out
  kAssert,  // assertions about the answer's functions
};
std::string_view name_of(TestKind kind);  // "stdin", "call", "assert"

struct Test {
  std::string name;    // as the row has it, or its number from 1
  std::string input;   // kStdin: standard input. kCall: a JSON array of arguments
  std::string output;  // kStdin: expected standard output. kCall: the expected value as JSON
  // kCall, shapes that wrap results in a list: [v] stands for v as well as for itself.
  bool may_be_wrapped = false;
};

enum class AssertShape : std::uint8_t { kHumanEval, kMbpp, kHumanEvalX };

// The texts of an assert-style row, as the row has them.
struct Assertions {
  AssertShape shape = AssertShape::kHumanEval;
  std::string program;              // HumanEval: defines check(candidate). HumanEval-X: a main() of asserts
  std::vector<std::string> lines;   // MBPP: one assert statement each
  std::string setup;                // MBPP: test_setup_code, and test_imports one a line
  std::string declaration;          // HumanEval-X: includes and signature
};

enum class CheckerProtocol : std::uint8_t { kKattis, kTestlib };

// A program that decides about outputs: it runs sandboxed, apart from the answer.
struct Checker {
  CheckerProtocol protocol = CheckerProtocol::kTestlib;
  std::string language;                                     // empty: "cpp17"
  std::string source;
  std::vector<std::string> arguments;                       // Kattis validator flags
  std::vector<std::pair<std::string, std::string>> files;   // beside it, e.g. testlib.h: name, content
};

struct CodeTask {
  std::string id;            // task_id, id, question_id; may be empty
  std::string_view shape;    // the row's shape, for explanations: "HumanEval", "APPS", …
  TestKind kind = TestKind::kStdin;
  std::string language;      // empty: CodeOptions::language
  std::string header;        // code that comes before the answer: the prompt's imports, helpers and signature
  std::string entry_point;   // kCall, HumanEval: the function's or method's name
  std::string starter_code;  // kCall: "class Solution: …"; empty when the row has none
  std::vector<Test> tests;   // kStdin, kCall
  Assertions assertions;     // kAssert
  std::optional<Checker> checker;         // kStdin
  std::optional<Comparison> comparison;   // the row's own, else its data set's; kStdin
  std::optional<double> time_limit;       // s a test
  std::optional<std::int64_t> memory_limit;  // bytes a test
  std::string reference;     // canonical_solution or code: for tests and `laconic verify`; never used in a verdict
};

struct ReadTask {
  std::optional<CodeTask> task;
  std::string problem;  // why there is none: one line
};

// `columns`: the row as a JSON object. Thread-safe, never throws for bad data.
ReadTask read_task(const std::string& columns);

}  // namespace laconic::verifiers::code
