// Many answers through the code verifier, as the pipeline would send them.
#pragma once

#include <string>
#include <vector>

#include "tests/verifiers_code/cases.h"
#include "verifiers/code/code_verifier.h"

namespace laconic::verifiers::code {

struct Answer {
  nlohmann::json row;
  std::string code;
  std::string name;            // for messages
  std::string fence = "python";
};

CodeOptions assert_options(const std::string& assert_mode = "split");

// On two threads; one verdict each, in order.
std::vector<Verdict> judge_all(const CodeVerifier& verifier, const std::vector<Answer>& answers);

bool is_cpp(const nlohmann::json& row);
std::string entry_of(const nlohmann::json& row);      // the function under test
std::string reference_of(const nlohmann::json& row);  // the reference as a model would answer: a completion, or the program
std::string name_of_row(const nlohmann::json& row);

// Text with @ENTRY@ (Python) or @NAME@, @RESULT@, @PARAMETERS@ (C++) replaced by what the row asks for.
std::string filled(std::string text, const nlohmann::json& row);

// A program that calls the reference and returns another value.
std::string wrapped_reference(const nlohmann::json& row);

// Name and text of the files of a folder of attacks on the harness.
std::vector<std::pair<std::string, std::string>> battery(const std::string& folder);

// What the tests of Python rows truly say to these answers: run in one ordinary process, without any
// harness. Only for programs of our own that are not hostile.
std::vector<bool> oracle(const std::vector<Answer>& answers);

}  // namespace laconic::verifiers::code
