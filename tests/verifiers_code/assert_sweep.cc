#include "tests/verifiers_code/assert_sweep.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "verifiers/code/split_cpp.h"
#include "verifiers/code/split_python.h"

namespace laconic::verifiers::code {
namespace {

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) text.replace(at, what.size(), with);
}

std::string all_lines(const nlohmann::json& row) {
  std::string all;
  for (const auto& line : row.at("test_list")) all += line.get<std::string>() + "\n";
  return all;
}

}  // namespace

CodeOptions assert_options(const std::string& assert_mode) {
  CodeOptions options;
  options.assert_mode = assert_mode;
  options.time_limit = 3;
  options.memory_limit = 512;
  return options;
}

std::vector<Verdict> judge_all(const CodeVerifier& verifier, const std::vector<Answer>& answers) {
  std::vector<Verdict> verdicts(answers.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < answers.size();) {
      const Answer& answer = answers[i];
      VerifyRequest request;
      request.id = answer.name;
      request.response = "```" + answer.fence + "\n" + answer.code + "\n```\n";
      request.columns = answer.row.dump();
      verdicts[i] = run_verifier(verifier, request);
    }
  };
  std::thread other(work);
  work();
  other.join();
  return verdicts;
}

bool is_cpp(const nlohmann::json& row) { return row.contains("declaration"); }

std::string entry_of(const nlohmann::json& row) {
  if (is_cpp(row)) return read_cpp_signature(row.at("prompt").get<std::string>()).name;
  if (row.contains("entry_point")) return row.at("entry_point");
  const PythonTest test = read_python_test(row.at("test_setup_code").get<std::string>(), all_lines(row));
  return test.entries.empty() ? "" : test.entries.front();
}

std::string reference_of(const nlohmann::json& row) { return row.at(row.contains("code") ? "code" : "canonical_solution"); }

std::string name_of_row(const nlohmann::json& row) {
  return row.at("task_id").is_string() ? row.at("task_id").get<std::string>() : "MBPP/" + row.at("task_id").dump();
}

std::string filled(std::string text, const nlohmann::json& row) {
  if (is_cpp(row)) {
    const CppSignature signature = read_cpp_signature(row.at("prompt").get<std::string>());
    replace_all(text, "@NAME@", signature.name);
    replace_all(text, "@RESULT@", signature.result);
    replace_all(text, "@PARAMETERS@", signature.parameters_text);
  }
  replace_all(text, "@ENTRY@", entry_of(row));
  return text;
}

std::string wrapped_reference(const nlohmann::json& row) {
  std::string text = filled(read_file(test_folder() / (is_cpp(row) ? "batteries/wrapped.cc.in" : "batteries/wrapped.py.in")), row);
  if (!is_cpp(row)) {
    const std::string program = row.value("prompt", "") + reference_of(row);
    replace_all(text, "@REFERENCE@", nlohmann::json(program).dump(-1, ' ', true));
    return text;
  }
  const std::string prompt = row.at("prompt");
  const CppSignature signature = read_cpp_signature(prompt);
  std::string arguments;
  for (const CppParameter& parameter : signature.parameters) arguments += (arguments.empty() ? "" : ", ") + parameter.name;
  replace_all(text, "@ARGUMENTS@", arguments);
  replace_all(text, "@REFERENCE@", prompt.substr(signature.prelude.size()) + reference_of(row));
  return text;
}

std::vector<std::pair<std::string, std::string>> battery(const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> programs;
  for (const auto& file : std::filesystem::directory_iterator(test_folder() / "batteries" / folder))
    programs.emplace_back(file.path().filename().string(), read_file(file.path()));
  std::sort(programs.begin(), programs.end());
  EXPECT_FALSE(programs.empty());
  return programs;
}

std::vector<bool> oracle(const std::vector<Answer>& answers) {
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto in = folder / "assert_oracle.jsonl", out = folder / "assert_oracle.out";
  {
    std::ofstream file(in);
    for (const Answer& answer : answers) {
      const auto& row = answer.row;
      nlohmann::json blocks;
      if (row.contains("entry_point"))
        blocks = {row.at("prompt").get<std::string>() + "\n    pass\n", answer.code, row.at("test").get<std::string>() + "\ncheck(" + entry_of(row) + ")\n"};
      else
        blocks = {answer.code, row.at("test_setup_code"), all_lines(row)};
      file << blocks.dump(-1, ' ', true) << "\n";
    }
  }
  const std::string command = "/usr/bin/python3 -I '" + (test_folder() / "assert_oracle.py").string() + "' < '" + in.string() + "' > '" + out.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::vector<bool> accepted;
  for (const char c : read_file(out))
    if (c == '0' || c == '1') accepted.push_back(c == '1');
  EXPECT_EQ(accepted.size(), answers.size());
  return accepted;
}

}  // namespace laconic::verifiers::code
