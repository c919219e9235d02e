// Reward functions as their frameworks have them, run unchanged by the Python adapter.
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/verifiers_custom/support.h"

namespace laconic::verifiers::custom {
namespace {

constexpr const char* kVerlRow = R"({"data_source":"openai/gsm8k","prompt":[{"role":"user","content":"2+2?"}],"ability":"math",
  "reward_model":{"style":"rule","ground_truth":"4"},"extra_info":{"split":"train","index":7}})";

// One file and what its function's result is worth.
struct FunctionCase {
  const char *file, *columns, *response;
  Outcome outcome;
  double score;
  const char* says = "";
};

class Adapter : public ::testing::Test {
 protected:
  std::unique_ptr<Verifier> make(const std::string& content, const std::string& function = "", const std::string& kind = "auto", double pass_at = 1, double deadline = 20) {
    PythonOptions python;
    python.file = scratch_.file("reward" + std::to_string(++count_) + ".py", content);
    python.function = function;
    python.kind = kind;
    python.pass_at = pass_at;
    return make_python(python, process_options({}, deadline), Reasoning::kOpened);
  }
  void check(const FunctionCase& c) {
    const Verdict verdict = run(*make(c.file), {request(c.response, c.columns)}).at(0);
    EXPECT_EQ(verdict.outcome, c.outcome) << c.file << ": " << verdict.explanation;
    EXPECT_EQ(verdict.score, c.score) << c.file;
    EXPECT_TRUE(says(verdict, c.says)) << verdict.explanation;
  }
  Scratch scratch_;
  int count_ = 0;
};

TEST_F(Adapter, VerlResults) {
  const std::string head = "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n    ";
  const std::vector<FunctionCase> cases = {
      {"return 1.0 if solution_str == ground_truth else 0.0", kVerlRow, "4", Outcome::kPass, 1},
      {"return 1.0 if solution_str == ground_truth else 0.0", kVerlRow, "5", Outcome::kFail, 0},
      {"return 1.0 if solution_str == ground_truth else 0.0", kVerlRow, "4<\xEF\xBD\x9C" "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>", Outcome::kPass, 1},
      {"return 1.0 if solution_str == ground_truth else 0.0", R"({"answer":"4"})", "4<|im_end|>\n", Outcome::kPass, 1},
      {"return solution_str == ground_truth", kVerlRow, "4", Outcome::kPass, 1},
      {"return 0.9", kVerlRow, "4", Outcome::kFail, 0.9},
      {"return (1.0, 'first counts')", kVerlRow, "4", Outcome::kPass, 1},
      {"return {'score': -1.0, 'acc': True, 'pred': 'four', 'parts': 3, 'note': 'text'}", kVerlRow, "4", Outcome::kPass, -1},
      {"return {'score': 1.0, 'acc': False}", kVerlRow, "4", Outcome::kFail, 1},
      {"return {'outcome': 'no_answer', 'explanation': 'silent'}", kVerlRow, "4", Outcome::kNoAnswer, 0, "silent"},
      {"return float(data_source == 'openai/gsm8k' and extra_info['index'] == 7)", kVerlRow, "4", Outcome::kPass, 1},
      {"print('to the log'); import os; os.write(1, b'this too'); return 1", kVerlRow, "4", Outcome::kPass, 1},
      {"return input()", kVerlRow, "4", Outcome::kInfraError, 0, "EOFError"},
      {"return float('nan')", kVerlRow, "4", Outcome::kInfraError, 0, "not a finite number"},
      {"return {'score': float('inf')}", kVerlRow, "4", Outcome::kInfraError, 0, "not a finite number"},
      {"return None", kVerlRow, "4", Outcome::kInfraError, 0, "None, not a number"},
      {"return '1'", kVerlRow, "4", Outcome::kInfraError, 0, "not a number"},
      {"return {'acc': 1}", kVerlRow, "4", Outcome::kInfraError, 0, "no `score`"},
      {"return 1 / 0", kVerlRow, "4", Outcome::kInfraError, 0, "ZeroDivisionError: division by zero (reward"},
      {"raise SystemExit(0)", kVerlRow, "4", Outcome::kInfraError, 0, "SystemExit"},
      {"import os; os._exit(0)", kVerlRow, "4", Outcome::kInfraError, 0, "exit code 0"},
      {"import ctypes; ctypes.string_at(0)", kVerlRow, "4", Outcome::kInfraError, 0, "signal 11"},
  };
  for (const FunctionCase& c : cases) {
    const std::string file = head + c.file + "\n";
    FunctionCase whole = c;
    whole.file = file.c_str();
    check(whole);
  }
}

TEST_F(Adapter, VerlMetricsAndNeighbours) {
  scratch_.file("beside.py", "VALUE = 1\n");
  const auto verifier = make("import sys\nfrom beside import VALUE\ndef compute_score(data_source, solution_str, ground_truth, extra_info=None):\n"
                             "    return {'score': VALUE, 'acc': 1, 'hits': 2, 'note': 'x', 'pred': 'four', 'set': hash('a') == hash('a')}\n");
  const Verdict verdict = run(*verifier, {request("4", kVerlRow)}).at(0);
  EXPECT_EQ(verdict.extracted, "four");
  const std::vector<std::pair<std::string, double>> wanted = {{"acc", 1}, {"hits", 2}, {"set", 1}};
  EXPECT_EQ(verdict.metrics, wanted) << verdict.explanation;
}

TEST_F(Adapter, VerlCoroutinesRunConcurrently) {
  // Each call waits until eight are under way: one after the other they would never end.
  const auto verifier = make("import asyncio\nn = 0\nevent = None\nasync def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n"
                             "    global n, event\n    event = event or asyncio.Event()\n    n += 1\n    if n == 8: event.set()\n    await event.wait()\n"
                             "    if solution_str == '3': raise ValueError('three')\n    return float(solution_str)\n");
  const auto verdicts = run(*verifier, requests({"0", "1", "2", "3", "4", "5", "6", "7"}, kVerlRow));
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == 3) EXPECT_TRUE(verdicts[i].outcome == Outcome::kInfraError && says(verdicts[i], "ValueError: three")) << verdicts[i].explanation;
    else EXPECT_EQ(verdicts[i].score, static_cast<double>(i)) << verdicts[i].explanation;
  }
}

TEST_F(Adapter, TrlStandardAndConversational) {
  const std::string file =
      "def reward(prompts, completions, solution, **kwargs):\n"
      "    texts = [c if isinstance(c, str) else c[0]['content'] for c in completions]\n"
      "    assert len(prompts) == len(completions) == len(solution)\n"
      "    assert kwargs['level'] == ['hard'] * len(texts)\n"
      "    assert all(isinstance(p, list) == isinstance(c, list) for p, c in zip(prompts, completions))\n"
      "    return [None if t == 'none' else 1.0 if t == s else 0.25 for t, s in zip(texts, solution)]\n";
  for (const char* row : {R"({"prompt":"2+2?","solution":"4","level":"hard"})", R"({"prompt":[{"role":"user","content":"2+2?"}],"solution":"4","level":"hard"})"}) {
    const auto verdicts = run(*make(file), requests({"4<|im_end|>", "5", "none"}, row));
    EXPECT_EQ(verdicts[0].outcome, Outcome::kPass) << verdicts[0].explanation;
    EXPECT_EQ(verdicts[1].outcome, Outcome::kFail);
    EXPECT_EQ(verdicts[1].score, 0.25);
    EXPECT_EQ(verdicts[2].outcome, Outcome::kSkip);
  }
}

TEST_F(Adapter, TrlSeesTokensAndLogsMetrics) {
  const auto verifier = make("def f(completions, completion_ids, log_metric, **kwargs):\n    log_metric('mean_ids', sum(map(len, completion_ids)) / len(completion_ids))\n"
                             "    return [float(len(ids)) for ids in completion_ids]\n");
  auto asked = requests({"a", "b"});
  asked[0].tokens = {5, 6, 7};
  asked[1].tokens = {5};
  const auto verdicts = run(*verifier, asked);
  EXPECT_EQ(verdicts[0].score, 3) << verdicts[0].explanation;
  EXPECT_EQ(verdicts[1].score, 1);
  ASSERT_EQ(verdicts[0].metrics.size(), 1u);
  EXPECT_EQ(verdicts[0].metrics[0].second, 2);
  // Functions of length alone take nothing else.
  const auto lengths = make("def overlong(completion_ids, **kwargs):\n    return [-float(len(ids)) for ids in completion_ids]\n");
  EXPECT_EQ(run(*lengths, asked).at(0).score, -3);
  const Verdict without = run(*verifier, requests({"a"})).at(0);
  EXPECT_TRUE(says(without, "it needs `completion_ids`")) << without.explanation;
}

TEST_F(Adapter, TrlFaultsAreNamed) {
  struct Case { const char *body, *says; };
  for (const Case& c : {Case{"return [1.0]", "1 rewards for 2 completions"}, Case{"return 1.0", "not a list of 2 rewards"},
                        Case{"return [1.0, float('nan')]", "reward 2 of 2 is nan"}, Case{"return [1.0, 'x']", "reward 2 of 2 is 'x'"},
                        Case{"return [s for s in solution]", "KeyError"}, Case{"raise RuntimeError('judge is down')", "judge is down"}}) {
    std::string body = c.body;
    if (body.find("solution") != std::string::npos) body = "kwargs['solution']";
    const auto verdicts = run(*make("def f(completions, **kwargs):\n    " + body + "\n", "", "trl"), requests({"a", "b"}));
    EXPECT_EQ(verdicts[1].outcome, Outcome::kInfraError) << c.body;
    EXPECT_TRUE(says(verdicts[1], c.says)) << verdicts[1].explanation;
  }
  const auto missing = run(*make("def f(completions, solution):\n    return [1.0] * len(completions)\n"), requests({"a"})).at(0);
  EXPECT_TRUE(says(missing, "it needs `solution`, which the row does not give")) << missing.explanation;
}

TEST_F(Adapter, TrlCoroutine) {
  const auto verifier = make("import asyncio\nasync def f(completions, **kwargs):\n    async def one(c):\n        await asyncio.sleep(0)\n        return float(len(c))\n"
                             "    return await asyncio.gather(*[one(c) for c in completions])\n");
  const auto verdicts = run(*verifier, requests({"", "abc"}));
  EXPECT_EQ(verdicts[1].score, 3) << verdicts[1].explanation;
}

TEST_F(Adapter, ReasoningGym) {
  const std::string file = "class Set:\n    def score_answer(self, answer, entry):\n        return 1.0 if answer == entry['answer'] and entry['metadata']['source_dataset'] == 'sums' else 0.01\n"
                           "data = Set()\nscore_answer = data.score_answer\n";
  const char* row = R"({"question":"2+2?","answer":"4","metadata":"{\"source_dataset\":\"sums\"}"})";
  for (const char* function : {"", "data.score_answer"}) {
    const auto verdicts = run(*make(file, function), requests({"</think><answer>4</answer>", "</think><answer>5</answer>", "<answer>4</answer>", "</think>4"}, row));
    EXPECT_EQ(verdicts[0].outcome, Outcome::kPass) << verdicts[0].explanation;
    EXPECT_EQ(verdicts[0].extracted, "4");
    EXPECT_EQ(verdicts[1].score, 0.01);
    EXPECT_EQ(verdicts[1].outcome, Outcome::kFail);
    EXPECT_EQ(verdicts[2].outcome, Outcome::kNoAnswer);  // the reasoning never ends
    EXPECT_EQ(verdicts[3].outcome, Outcome::kNoAnswer);
  }
}

TEST_F(Adapter, PassAtIsASetting) {
  const auto verifier = make("def compute_score(data_source, solution_str, ground_truth, extra_info=None): return 0.5\n", "", "auto", 0.5);
  EXPECT_EQ(run(*verifier, {request("x", kVerlRow)}).at(0).outcome, Outcome::kPass);
}

TEST_F(Adapter, WhatIsWrongWithTheFileIsSaid) {
  struct Case { const char *content, *function, *kind, *says; };
  for (const Case& c : {Case{"import no_such_module\n", "", "auto", "No module named 'no_such_module'"},
                        Case{"def compute_score(:\n", "", "auto", "SyntaxError"},
                        Case{"def other(x): return 1\n", "", "auto", "no function with a known signature"},
                        Case{"def other(x): return 1\n", "other", "auto", "set verifier.python.kind"},
                        Case{"def other(x): return 1\n", "compute_scor", "auto", "has no `compute_scor`"},
                        Case{"def a(completions): return 1\ndef b(completions): return 1\n", "", "auto", "more than one reward function (a, b)"}}) {
    const Verdict verdict = run(*make(c.content, c.function, c.kind), {request("x")}).at(0);
    EXPECT_EQ(verdict.outcome, Outcome::kInfraError);
    EXPECT_TRUE(says(verdict, c.says)) << verdict.explanation;
  }
  PythonOptions python;
  EXPECT_THROW(make_python(python, process_options(), Reasoning::kOpened), Error);
  python.file = scratch_.at("absent.py");
  EXPECT_THROW(make_python(python, process_options(), Reasoning::kOpened), Error);
  python.file = scratch_.file("there.py", "");
  python.interpreter = "python-of-nowhere";
  EXPECT_THROW(make_python(python, process_options(), Reasoning::kOpened), Error);
}

TEST_F(Adapter, AHangIsTimedOutAndTheNextAnswerJudged) {
  const auto verifier = make("import time\ndef compute_score(data_source, solution_str, ground_truth, extra_info=None):\n    while solution_str == 'hang': time.sleep(1)\n    return 1\n", "", "auto", 1, 2);
  const auto verdicts = run(*verifier, requests({"x", "hang", "x"}, kVerlRow));
  EXPECT_EQ(verdicts[0].outcome, Outcome::kPass);
  EXPECT_TRUE(says(verdicts[1], "no reply within 2 s")) << verdicts[1].explanation;
  EXPECT_EQ(verdicts[2].outcome, Outcome::kPass) << verdicts[2].explanation;
}

}  // namespace
}  // namespace laconic::verifiers::custom
