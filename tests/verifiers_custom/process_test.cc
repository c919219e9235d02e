// The line protocol from outside: what a process may do wrong, and what each fault is worth.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/verifiers_custom/support.h"

namespace laconic::verifiers::custom {
namespace {

// Scores the length of the response; special responses misbehave.
constexpr const char* kBody = R"(say({'id': r['id'], 'score': len(r['response']), 'explanation': r['columns']['answer'], 'metrics': {'length': len(r['response'])}}))";

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(CustomProcess, AnswersEachRequest) {
  Scratch scratch;
  const auto verifier = make_process(process_options({scratch.file("v.py", program(kBody), true)}), Reasoning::kOpened);
  const auto verdicts = run(*verifier, requests({"", "a", "abc"}));
  ASSERT_EQ(verdicts.size(), 3u);
  EXPECT_EQ(verdicts[0].outcome, Outcome::kFail);  // below pass_at, which is 1
  EXPECT_EQ(verdicts[1].outcome, Outcome::kPass);
  EXPECT_EQ(verdicts[2].score, 3);
  EXPECT_EQ(verdicts[2].explanation, "4");
  EXPECT_GT(verdicts[2].seconds, 0);
  ASSERT_EQ(verdicts[2].metrics.size(), 1u);
  EXPECT_EQ(verdicts[2].metrics[0], (std::pair<std::string, double>("length", 3)));
}

TEST(CustomProcess, SeesTheRowTheAnswerAndTheTokens) {
  Scratch scratch;
  const auto verifier = make_process(process_options({scratch.file("v.py", program("sys.stderr.write('')\nsay({'id': r['id'], 'score': 1, 'explanation': json.dumps(r, sort_keys=True)})"), true)}), Reasoning::kOpened);
  VerifyRequest asked = request("<think>x</think>\\boxed{5} \"q\" \xE2\x82\xAC\n", R"({"answer":"4","n":[1,{"a":null}],"u":"\u20ac"})");
  asked.tokens = {7, 8};
  asked.finished = false;
  const Verdict verdict = verifier->verify(asked);
  for (const char* part : {R"("answer": "5")", R"("n": [1, {"a": null}])", R"("tokens": [7, 8])", R"("finished": false)", R"("ticket": "s0/train/0/0/0/0")", R"("prompt": "2+2?")"})
    EXPECT_NE(verdict.explanation.find(part), std::string::npos) << part << " in " << verdict.explanation;
}

TEST(CustomProcess, RepliesInAnyOrderAndOnlyAsManyAsAskedFor) {
  Scratch scratch;
  // Holds requests back until four are there, then replies from the last to the first.
  const std::string body = "held.append(r)\nif len(held) > 4: say({'id': r['id'], 'error': 'too many at once'})\nif len(held) == 4:\n    for h in reversed(held): say({'id': h['id'], 'score': float(h['response'])})\n    held.clear()";
  const auto verifier = make_process(process_options({scratch.file("v.py", program(body, "{'laconic_verifier': 1, 'in_flight': 4}", "held = []"), true)}), Reasoning::kOpened);
  const auto verdicts = run(*verifier, requests({"1", "2", "3", "4", "5", "6", "7", "8"}));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(verdicts[static_cast<std::size_t>(i)].score, i + 1) << verdicts[static_cast<std::size_t>(i)].explanation;
}

TEST(CustomProcess, TakesAGroupInOneRequest) {
  Scratch scratch;
  const std::string body = "say({'id': r['id'], 'verdicts': [{'score': len(r['items']), 'extracted': i['response']} for i in r['items']]})";
  const auto verifier = make_process(process_options({scratch.file("v.py", program(body, "{'laconic_verifier': 1, 'groups': True}"), true)}), Reasoning::kOpened);
  const auto verdicts = run(*verifier, requests({"a", "b", "c"}));
  ASSERT_EQ(verdicts.size(), 3u);
  EXPECT_EQ(verdicts[1].score, 3);
  EXPECT_EQ(verdicts[2].extracted, "c");
  EXPECT_EQ(verifier->verify(request("z")).score, 1);
}

TEST(CustomProcess, AGroupWithTheWrongNumberOfVerdictsIsAbsent) {
  Scratch scratch;
  const auto verifier = make_process(process_options({scratch.file("v.py", program("say({'id': r['id'], 'verdicts': [{'score': 1}]})", "{'laconic_verifier': 1, 'groups': True}"), true)}), Reasoning::kOpened);
  for (const Verdict& verdict : run(*verifier, requests({"a", "b", "c"}))) {
    EXPECT_EQ(verdict.outcome, Outcome::kInfraError);
    EXPECT_TRUE(says(verdict, "1 verdicts for the 3 answers")) << verdict.explanation;
  }
}

// Each reply in a table: what it is worth.
struct ReplyCase {
  const char *reply, *hello;
  Outcome outcome;
  double score;
  const char* says;
};
const ReplyCase kReplies[] = {
    {"{'score': 1}", "{'laconic_verifier': 1}", Outcome::kPass, 1, ""},
    {"{'score': 0.5}", "{'laconic_verifier': 1}", Outcome::kFail, 0.5, ""},
    {"{'score': 0.5}", "{'laconic_verifier': 1, 'pass_at': 0.5}", Outcome::kPass, 0.5, ""},
    {"{'score': -3.5}", "{'laconic_verifier': 1}", Outcome::kFail, -3.5, ""},
    {"{'score': 0.2, 'outcome': 'pass'}", "{'laconic_verifier': 1}", Outcome::kPass, 0.2, ""},
    {"{'outcome': 'pass'}", "{'laconic_verifier': 1}", Outcome::kPass, 1, ""},
    {"{'outcome': 'fail'}", "{'laconic_verifier': 1}", Outcome::kFail, 0, ""},
    {"{'outcome': 'skip', 'explanation': 'not mine'}", "{'laconic_verifier': 1}", Outcome::kSkip, 0, "not mine"},
    {"{'outcome': 'no_answer'}", "{'laconic_verifier': 1}", Outcome::kNoAnswer, 0, ""},
    {"{'outcome': 'undecided'}", "{'laconic_verifier': 1}", Outcome::kUndecided, 0, ""},
    {"{'error': 'no network'}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "no network"},
    {"{'score': '1'}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "not a number"},
    {"{'score': None}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "neither `score` nor `outcome`"},
    {"{}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "neither `score` nor `outcome`"},
    {"{'outcome': 'good'}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "no outcome `good`"},
    {"{'score': 2}", "{'laconic_verifier': 1, 'score_range': [0, 1]}", Outcome::kInfraError, 0, "out of the range [0, 1]"},
    {"{'score': -1}", "{'laconic_verifier': 1, 'score_range': [None, 1]}", Outcome::kFail, -1, ""},
    {"{'score': 1, 'explanation': json.loads('[' * 900 + ']' * 900)}", "{'laconic_verifier': 1}", Outcome::kPass, 1, ""},
    {"{'score': 1, 'metrics': {'x': 'y'}}", "{'laconic_verifier': 1}", Outcome::kInfraError, 0, "metric `x`"},
};

TEST(CustomProcess, WhatAReplyIsWorth) {
  Scratch scratch;
  for (const ReplyCase& c : kReplies) {
    const auto verifier = make_process(process_options({scratch.file("v.py", program(std::string("say(dict(") + c.reply + ", id=r['id']))", c.hello), true)}), Reasoning::kOpened);
    const Verdict verdict = verifier->verify(request("x"));
    EXPECT_EQ(verdict.outcome, c.outcome) << c.reply << ": " << verdict.explanation;
    EXPECT_EQ(verdict.score, c.score) << c.reply;
    EXPECT_TRUE(says(verdict, c.says)) << verdict.explanation;
  }
}

// What breaks the protocol, dies or hangs on one of three answers, every time it is asked: that
// answer alone is absent, with its ticket; the others are judged.
struct Misdeed {
  const char *body, *says;
};
const Misdeed kMisdeeds[] = {
    {"os.kill(os.getpid(), signal.SIGKILL)", "signal 9"},
    {"sys.stderr.write('out of luck\\n'); sys.exit(3)", "exit code 3; its stderr ends: out of luck"},
    {"time.sleep(600)", "no reply within 2 s"},
    {"print('debugging', flush=True)", "no JSON object: `debugging`"},
    {"say({'score': 1})", "no `id`"},
    {"os.write(1, b'\\xff\\xfe\\n')", "no JSON object"},
    {"os.write(2, b'\\xff oops\\n'); os._exit(4)", "oops"},
    {"say({'id': 999999, 'score': 1})", "never sent"},
    {"say({'id': r['id'], 'score': float('nan')})", "no JSON object"},
    {"os.close(1); time.sleep(600)", "closed its stdout"},
    {"os.close(0); time.sleep(600)", "no reply within 2 s"},
};

TEST(CustomProcess, AMisdeedCostsOnlyItsOwnAnswer) {
  Scratch scratch;
  for (const Misdeed& misdeed : kMisdeeds) {
    const std::string body = std::string("if r['response'] == 'bad': ") + misdeed.body + "\nelse: say({'id': r['id'], 'score': 1})";
    const auto verifier = make_process(process_options({scratch.file("v.py", program(body), true)}, 2), Reasoning::kOpened);
    const auto verdicts = run(*verifier, requests({"good", "bad", "good"}));
    EXPECT_EQ(verdicts[0].outcome, Outcome::kPass) << verdicts[0].explanation;
    EXPECT_EQ(verdicts[1].outcome, Outcome::kInfraError) << misdeed.body;
    EXPECT_TRUE(says(verdicts[1], misdeed.says)) << verdicts[1].explanation;
    EXPECT_TRUE(says(verdicts[1], "twice on s0/train/0/0/0/1")) << verdicts[1].explanation;
    EXPECT_NO_THROW((void)nlohmann::json(verdicts[1].explanation).dump()) << "not UTF-8";
    EXPECT_EQ(verdicts[2].outcome, Outcome::kPass) << verdicts[2].explanation;
  }
}

TEST(CustomProcess, AFaultOfTheMomentIsMendedByTheSecondTry) {
  Scratch scratch;
  const std::string flag = scratch.at("died");
  const std::string body = "if r['response'] == 'bad' and not os.path.exists('" + flag + "'):\n    open('" + flag + "', 'w').close()\n    os.kill(os.getpid(), 9)\nsay({'id': r['id'], 'score': 1})";
  const auto verifier = make_process(process_options({scratch.file("v.py", program(body), true)}), Reasoning::kOpened);
  const auto verdicts = run(*verifier, requests({"good", "bad"}));
  EXPECT_EQ(verdicts[1].outcome, Outcome::kPass) << verdicts[1].explanation;
  EXPECT_TRUE(says(verdicts[1], "second try: at the first, it ended with signal 9")) << verdicts[1].explanation;
}

// With several in flight nobody knows whose fault a death is: all are tried again, one at a time.
TEST(CustomProcess, TheInnocentInFlightAreNotBlamed) {
  Scratch scratch;
  const std::string body = "if r['response'] == 'bad': time.sleep(0.1); os._exit(1)\nelse: held.append(r)\nif len(held) == 3 or r['alone' if 'alone' in r else 'response'] == 'x': pass\nfor h in held: h['n'] = h.get('n', 0)\n"
                           "time.sleep(0.05)\nimport select\nif not select.select([sys.stdin], [], [], 0.2)[0]:\n    for h in held: say({'id': h['id'], 'score': 1})\n    held.clear()";
  const auto verifier = make_process(process_options({scratch.file("v.py", program(body, "{'laconic_verifier': 1, 'in_flight': 8}", "held = []"), true)}), Reasoning::kOpened);
  const auto verdicts = run(*verifier, requests({"a", "b", "bad", "c", "d"}));
  for (const std::size_t i : {0, 1, 3, 4}) EXPECT_EQ(verdicts[i].outcome, Outcome::kPass) << i << ": " << verdicts[i].explanation;
  EXPECT_EQ(verdicts[2].outcome, Outcome::kInfraError);
}

TEST(CustomProcess, WhatDoesNotStartFailsWithItsReason) {
  Scratch scratch;
  struct Case { std::string content; const char* says; double start; };
  for (const Case& c : {Case{"#!/usr/bin/env python3\nraise ImportError('no torch here')\n", "no torch here", 60},
                        Case{"#!/bin/sh\nexit 0\n", "exit code 0", 60},
                        Case{"#!/bin/sh\nsleep 600\n", "no hello within 0.5 s", 0.5},
                        Case{"#!/bin/sh\necho ready\nsleep 600\n", "no hello: `ready`", 60},
                        Case{"#!/bin/sh\necho '{\"laconic_verifier\": 2}'\nsleep 600\n", "version 2 of the protocol", 60},
                        Case{"#!/bin/sh\necho '{\"laconic_verifier\": 1, \"in_flight\": 0}'\nsleep 600\n", "in_flight", 60},
                        Case{"not a program\n", "cannot start", 60}}) {
    ProcessOptions options = process_options({scratch.file("v", c.content, true)});
    options.start_deadline_s = c.start;
    const auto verifier = make_process(options, Reasoning::kOpened);
    for (const Verdict& verdict : run(*verifier, requests({"a", "b"}))) {
      EXPECT_EQ(verdict.outcome, Outcome::kInfraError);
      EXPECT_TRUE(says(verdict, c.says)) << verdict.explanation;
    }
  }
}

TEST(CustomProcess, SettingsAreCheckedBeforeAnythingStarts) {
  EXPECT_THROW(make_process(process_options(), Reasoning::kOpened), Error);
  EXPECT_THROW(make_process(process_options({"no-such-program-anywhere"}), Reasoning::kOpened), Error);
  ProcessOptions options = process_options({"cat"});
  options.cwd = "/no/such/folder";
  EXPECT_THROW(make_process(options, Reasoning::kOpened), Error);
}

TEST(CustomProcess, TheLeasesDeadlineIsKeptAndPulsesGoOn) {
  Scratch scratch;
  const auto verifier = make_process(process_options({scratch.file("v.py", program("time.sleep(600 if r['response'] == 'slow' else 0)\nsay({'id': r['id'], 'score': 1})"), true)}), Reasoning::kOpened);
  EXPECT_EQ(verifier->verify(request("quick")).outcome, Outcome::kPass);
  int pulses = 0;
  const auto verdicts = run(*verifier, requests({"quick", "slow", "quick"}), {.pulse = [&] { ++pulses; }, .deadline_seconds = 2.5});
  EXPECT_EQ(verdicts[0].outcome, Outcome::kPass);
  for (const std::size_t i : {1, 2}) {
    EXPECT_EQ(verdicts[i].outcome, Outcome::kInfraError);
    EXPECT_TRUE(says(verdicts[i], "deadline")) << verdicts[i].explanation;
  }
  EXPECT_GE(pulses, 2);
}

TEST(CustomProcess, ASpareTakesOver) {
  Scratch scratch;
  const std::string log = scratch.at("starts");
  const std::string before = "open('" + log + "', 'a').write(str(os.getpid()) + '\\n')";
  const auto verifier = make_process(process_options({scratch.file("v.py", program("say({'id': r['id'], 'score': 1, 'explanation': str(os.getpid())})", "{'laconic_verifier': 1}", before), true)}), Reasoning::kOpened);
  const Verdict first = verifier->verify(request("x"));
  for (int i = 0; i < 500 && lines_of(log).size() < 2; ++i) ::usleep(20000);
  ASSERT_EQ(lines_of(log).size(), 2u) << "no spare was started";
  ::kill(static_cast<pid_t>(std::stol(first.explanation)), SIGKILL);
  const Verdict second = verifier->verify(request("x"));
  EXPECT_EQ(second.outcome, Outcome::kPass);
  EXPECT_EQ(second.explanation.substr(0, second.explanation.find(' ')), lines_of(log)[1]);
}

TEST(CustomProcess, NothingOutlivesTheVerifier) {
  Scratch scratch;
  const std::string body = "import subprocess\np = subprocess.Popen(['sleep', '600'])\nsay({'id': r['id'], 'score': 1, 'explanation': str(p.pid)})";
  const std::string before = "signal.signal(signal.SIGTERM, signal.SIG_IGN)";
  std::vector<pid_t> pids;
  {
    const auto verifier = make_process(process_options({scratch.file("v.py", program(body, "{'laconic_verifier': 1}", before), true)}), Reasoning::kOpened);
    const Verdict verdict = verifier->verify(request("x"));
    ASSERT_EQ(verdict.outcome, Outcome::kPass) << verdict.explanation;
    pids.push_back(static_cast<pid_t>(std::stol(verdict.explanation)));
    EXPECT_EQ(::kill(pids[0], 0), 0);
  }
  const auto gone = [&] {  // killed; a zombie waits for whoever adopted it
    std::ifstream stat("/proc/" + std::to_string(pids[0]) + "/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    return text.empty() || text.find(") Z") != std::string::npos;
  };
  for (int i = 0; i < 250 && !gone(); ++i) ::usleep(20000);
  EXPECT_TRUE(gone());
}

TEST(CustomProcess, LargeRequestsAndRepliesAndFloodsOfLog) {
  Scratch scratch;
  const std::string body = "sys.stderr.write('x' * 3000000)\nsay({'id': r['id'], 'score': len(r['response']), 'explanation': 'e' * 5000000})";
  const auto verifier = make_process(process_options({scratch.file("v.py", program(body), true)}), Reasoning::kOpened);
  ::testing::internal::CaptureStderr();
  const auto verdicts = run(*verifier, requests({std::string(3000000, 'r'), "b"}));
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(verdicts[0].score, 3000000) << verdicts[0].explanation;
  EXPECT_EQ(verdicts[1].score, 1);
  EXPECT_LT(verdicts[0].explanation.size(), 2100u);
}

TEST(CustomProcess, StderrIsPassedOnLineByLine) {
  Scratch scratch;
  const auto verifier = make_process(process_options({scratch.file("v.py", program("sys.stderr.write('first\\nsecond')\nsys.stderr.flush()\nsay({'id': r['id'], 'score': 1})"), true)}), Reasoning::kOpened);
  ::testing::internal::CaptureStderr();
  verifier->verify(request("x"));
  verifier->verify(request("x"));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(": first\n"), std::string::npos) << log;
  EXPECT_NE(log.find(": secondfirst\n"), std::string::npos) << log;
}

}  // namespace
}  // namespace laconic::verifiers::custom
