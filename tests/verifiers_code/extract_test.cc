#include "verifiers/code/extract.h"

#include "tests/verifiers_code/cases.h"
#include "verifiers/answer.h"

namespace laconic::verifiers::code {
namespace {

TEST(Extract, Cases) {
  const auto languages = load_languages("");
  for (const auto& test : cases("extract.jsonl")) {
    const Language* language = find_language(languages, test["language"].get<std::string>());
    ASSERT_NE(language, nullptr);
    const auto program = last_program(answer_part(test["response"].get<std::string>(), Reasoning::kNone).value(), *language);
    const auto expected = test["expected"].is_null() ? std::nullopt : std::optional(test["expected"].get<std::string>());
    EXPECT_EQ(program, expected) << test["name"];
  }
}

TEST(Extract, LongTextTakesLinearTime) {
  const auto languages = load_languages("");
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "```python\n";
  EXPECT_FALSE(last_program(text, *find_language(languages, "python")).has_value());  // 2 MB of fences, none closed
  for (int i = 0; i < 200000; ++i) text += "```\n";
  EXPECT_EQ(last_program(text, *find_language(languages, "python")), "");
}

CodeTask humaneval() {
  CodeTask task;
  task.kind = TestKind::kAssert;
  task.header = "from typing import List\n\ndef helper(x):\n    return x\n\ndef f(x: int) -> int:\n    \"\"\" doc \"\"\"\n";
  task.entry_point = "f";
  return task;
}

TEST(WholeProgram, CompletionGoesBehindThePrompt) {
  EXPECT_EQ(whole_program(humaneval(), "    return helper(x)\n"), humaneval().header + "    return helper(x)\n");
}

TEST(WholeProgram, CompletionThatLostItsIndentationGetsItBack) {
  EXPECT_EQ(whole_program(humaneval(), "y = helper(x)\nif y:\n    y += 1\nreturn y\n"),
            humaneval().header + "    y = helper(x)\n    if y:\n        y += 1\n    return y\n");
}

TEST(WholeProgram, WholeFunctionKeepsImportsAndHelpers) {
  EXPECT_EQ(whole_program(humaneval(), "def f(x):\n    return 1\n"),
            "from typing import List\n\ndef helper(x):\n    return x\n\n\ndef f(x):\n    return 1\n");
  EXPECT_EQ(whole_program(humaneval(), "def ff(x):\n    return 1\n").find("def f(x: int)"), humaneval().header.find("def f(x: int)"));
}

TEST(WholeProgram, CppCompletionOrWholeFunction) {
  CodeTask task;
  task.kind = TestKind::kAssert;
  task.assertions.shape = AssertShape::kHumanEvalX;
  task.header = "#include <vector>\nusing namespace std;\nint helper(int x) { return x; }\nint f(vector<int> v, int n){\n";
  EXPECT_EQ(whole_program(task, "    char c = '}'; // }\n    return n;\n}\n"), task.header + "    char c = '}'; // }\n    return n;\n}\n");
  // A helper that the answer repeats would be defined twice.
  EXPECT_EQ(whole_program(task, "int helper(int x)\n{ return x; }\nint f(vector<int> v, int n) { return helper(n); }\n"),
            "#include <vector>\nusing namespace std;\nint helper(int x)\n{ return x; }\nint f(vector<int> v, int n) { return helper(n); }\n");
  EXPECT_EQ(whole_program(task, "int f(vector<int> v, int n) {\n  return \"}\"[0];\n}\n"),
            "#include <vector>\nusing namespace std;\nint helper(int x) { return x; }\nint f(vector<int> v, int n) {\n  return \"}\"[0];\n}\n");
}

}  // namespace
}  // namespace laconic::verifiers::code
