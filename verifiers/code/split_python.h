// Which names of an assert-style Python test are the answer's, read from the test's text alone.
//
// A test can be split when it only calls functions of the answer by name: those names become
// proxies. It cannot when its set-up needs the answer (its classes, its variables), or when it uses
// several names of the answer, for then one of them may make objects that are no plain data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::verifiers::code {

struct PythonTest {
  std::vector<std::string> entries;  // names to stand in for
  std::vector<std::string> modules;  // used as NAME.… and imported nowhere: to be imported
  std::string problem;               // why the test cannot be split; empty: it can
};

PythonTest read_python_test(std::string_view setup, std::string_view test);

}  // namespace laconic::verifiers::code
