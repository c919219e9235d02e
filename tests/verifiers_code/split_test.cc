// Which names of a test are the answer's, and what function a C++ prompt declares: two tables of cases.
#include "tests/verifiers_code/cases.h"
#include "verifiers/code/split_cpp.h"
#include "verifiers/code/split_python.h"

#include <gmock/gmock.h>

namespace laconic::verifiers::code {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

TEST(SplitPython, CasesOfTheTable) {
  for (const auto& row : cases("split_python.jsonl")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    const PythonTest read = read_python_test(row.at("setup").get<std::string>(), row.at("test").get<std::string>());
    EXPECT_EQ(read.entries, row.at("entries").get<Texts>());
    EXPECT_EQ(read.modules, row.at("modules").get<Texts>());
    const std::string problem = row.at("problem");
    EXPECT_EQ(read.problem.empty(), problem.empty());
    EXPECT_THAT(read.problem, HasSubstr(problem));
  }
}

// Any cut of a test is read without a crash or an endless loop.
TEST(SplitPython, EveryPrefix) {
  for (const auto& row : cases("split_python.jsonl")) {
    const std::string test = row.at("test");
    for (std::size_t n = 0; n <= test.size(); ++n) {
      const PythonTest read = read_python_test(row.at("setup").get<std::string>(), test.substr(0, n));
      EXPECT_TRUE(!read.problem.empty() || read.entries.size() == 1) << test.substr(0, n);
    }
  }
}

TEST(SplitCpp, CasesOfTheTable) {
  for (const auto& row : cases("split_cpp.jsonl")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    const CppSignature read = read_cpp_signature(row.at("prompt").get<std::string>());
    if (row.contains("problem")) {
      EXPECT_THAT(read.problem, HasSubstr(row.at("problem").get<std::string>()));
      continue;
    }
    EXPECT_EQ(read.problem, "");
    EXPECT_EQ(read.result, row.at("result").get<std::string>());
    EXPECT_EQ(read.name, row.at("function").get<std::string>());
    Texts types, names;
    for (const CppParameter& parameter : read.parameters) types.push_back(parameter.type), names.push_back(parameter.name);
    EXPECT_EQ(types, row.at("types").get<Texts>());
    EXPECT_EQ(names, row.at("names").get<Texts>());
    if (row.contains("prelude")) {
      EXPECT_EQ(read.prelude, row.at("prelude").get<std::string>());
    }
  }
}

TEST(SplitCpp, EveryPrefix) {
  for (const auto& row : cases("split_cpp.jsonl")) {
    const std::string prompt = row.at("prompt");
    for (std::size_t n = 0; n <= prompt.size(); ++n) {
      const CppSignature read = read_cpp_signature(prompt.substr(0, n));
      EXPECT_TRUE(!read.problem.empty() || !read.name.empty()) << prompt.substr(0, n);
    }
  }
}

TEST(SplitCpp, TheTrustedProgramHoldsNoAnswerAndTheAnswersNoTest) {
  const CppSignature signature = read_cpp_signature("#include <string>\nusing namespace std;\nint helper(){ return 1; }\nint f(string s){\n");
  const std::string trusted = trusted_cpp(signature, "#include <cmath>\nint helper(){ return 1; }\nint f(string s){", "int main(){ assert(f(\"SECRET\") == 3); }");
  EXPECT_THAT(trusted, HasSubstr("#include <cmath>\n#include <string>\nusing namespace std;\nint helper(){ return 1; }\n"));
  EXPECT_THAT(trusted, HasSubstr("int f(string s) {\n  return laconic_box::call<int>(\"f\", s);\n}"));
  EXPECT_THAT(trusted, HasSubstr("SECRET"));
  const std::string answer = answer_cpp(signature, "int f(string s){ return 3; }");
  EXPECT_THAT(answer, HasSubstr("#undef main"));
  EXPECT_THAT(answer, HasSubstr("serve<int, string>(\"f\", [](auto&... a) -> int { return f(a...); })"));
}

}  // namespace
}  // namespace laconic::verifiers::code
