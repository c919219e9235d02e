// The function under test of a C++ prompt, and the two programs of its split test.
//
// The trusted program holds the test's main() and a stub with the declaration's signature that turns
// each call into a request; the answer's program ends in a main() that serves them. What a value is
// made of is left to the compiler: drivers/assert_cpp_values.h has a template for each kind of type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::verifiers::code {

struct CppParameter {
  std::string type;         // as declared, without a default value
  std::string name;
};

struct CppSignature {
  std::string result, name;
  std::string parameters_text;  // as declared
  std::vector<CppParameter> parameters;
  std::string prelude;   // what stands before the declaration: includes, using, helper functions
  std::string problem;   // why there is none that can be split: one line; empty otherwise
};

// `prompt` ends inside the function under test, or with its declaration. Types that are no plain
// data (pointers, references to change, types of other libraries) are a problem.
CppSignature read_cpp_signature(std::string_view prompt);

// `test` has the main(). `declaration`: the row's includes, taken when the prompt lacks them.
std::string trusted_cpp(const CppSignature& signature, std::string_view declaration, std::string_view test);
std::string answer_cpp(const CppSignature& signature, std::string_view answer);

// Both in one program: the answer can tamper with the test.
std::string weak_cpp(std::string_view answer, std::string_view test);

}  // namespace laconic::verifiers::code
