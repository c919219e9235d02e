// Generated programming tasks: the programs to imitate are run by a real Python on the row's own tests.
#include "pipeline/data/code_small.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

using nlohmann::json;

std::string program_of(const Problem& p) {
  const std::string open = "```python\n", close = "```";
  return p.solution.substr(open.size(), p.solution.size() - open.size() - close.size());
}

// One Python process for all: prints, a line a task, how many of its tests the program passes.
const char* const kJudge = R"(
import io, json, sys
for line in open(sys.argv[1]):
    task = json.loads(line)
    passed = 0
    for test in task["tests"]:
        sys.stdin, out = io.StringIO(test["input"]), io.StringIO()
        real, sys.stdout = sys.stdout, out
        exec(task["program"], {})
        sys.stdout = real
        passed += out.getvalue() == test["output"]
    print(passed)
)";

TEST(CodeSmall, RightProgramsPassTheirTestsAndWrongOnesMostlyFail) {
  if (std::system("python3 -c pass") != 0) GTEST_SKIP() << "python3 runs the programs of this test";
  Scratch scratch;
  std::string tasks;
  for (const double wrong : {0.0, 1.0}) {
    CodeSmallOptions options;
    options.wrong_step_rate = wrong;
    for (std::uint32_t draw = 0; draw < 200; ++draw) {
      const Problem p = code_small_problem(options, 3, draw);
      const json row = json::parse(p.columns);
      ASSERT_EQ(row["tests"].size(), 5u);
      ASSERT_FALSE(p.chain.empty());
      tasks += json{{"program", program_of(p)}, {"tests", row["tests"]}}.dump() + "\n";
    }
  }
  write_file_durably(scratch.path() / "judge.py", kJudge);
  write_file_durably(scratch.path() / "tasks.jsonl", tasks);
  const std::string command = "python3 " + (scratch.path() / "judge.py").string() + " " + (scratch.path() / "tasks.jsonl").string() + " > " + (scratch.path() / "out").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::istringstream out(read_file(scratch.path() / "out"));
  int right = 0, wrong_passed = 0, passed = 0;
  for (int i = 0; i < 400 && out >> passed; ++i) (i < 200 ? right : wrong_passed) += passed == 5;
  EXPECT_EQ(right, 200);
  EXPECT_LT(wrong_passed, 40);  // a wrong expression is drawn at random and may be the right one
}

TEST(CodeSmall, IsPureAndHeldOutTextsAreNeverDrawn) {
  const CodeSmallOptions options;
  EXPECT_EQ(code_small_problem(options, 1, 4).solution, code_small_problem(options, 1, 4).solution);
  std::set<std::string> heldout;
  for (const Problem& p : code_small_heldout(options, 300)) heldout.insert(p.prompt);
  EXPECT_EQ(heldout.size(), 300u);
  std::set<std::string> drawn;
  for (std::uint32_t draw = 0; draw < 3000; ++draw) {
    const std::string prompt = code_small_problem(options, 2, draw).prompt;
    ASSERT_EQ(heldout.count(prompt), 0u);
    drawn.insert(prompt);
  }
  EXPECT_GT(drawn.size(), 1500u);
}

}  // namespace
}  // namespace laconic::pipeline
