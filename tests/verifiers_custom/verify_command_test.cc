// `laconic verify` as typed: the scaffolds, what the documentation shows, and how faults are named.
#include <gmock/gmock.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/verifiers_custom/shell.h"
#include "tests/verifiers_custom/support.h"

namespace laconic::verifiers::custom {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<json> rows_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<json> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(json::parse(line));
  return rows;
}

// The lines of every ```sh block.
std::vector<std::string> commands_of(const fs::path& page) {
  std::istringstream in(read_file(page));
  std::vector<std::string> commands;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("```", 0) == 0) inside = line == "```sh";
    else if (inside && !line.empty()) commands.push_back(line);
  }
  return commands;
}

TEST(VerifyCommand, EveryCommandOfTheDocumentationRuns) {
  Scratch scratch;
  const char* root = std::getenv("LACONIC_SOURCE");
  const auto commands = commands_of((root ? fs::path(root) : fs::current_path()) / "docs/verifiers.md");
  EXPECT_GE(commands.size(), 7u);
  for (const std::string& command : commands) {
    const Said said = shell(scratch.at(""), command);
    EXPECT_EQ(said.code, 0) << command << "\n" << said.out << said.err;
  }
}

TEST(VerifyCommand, ScaffoldsPassTheirCases) {
  Scratch scratch;
  for (const std::string language : {"python", "cpp"}) {
    const Said made = shell(scratch.at(""), "laconic verify new deep/" + language + " --lang " + language);
    ASSERT_EQ(made.code, 0) << made.err;
    std::istringstream hints(made.err);  // "try it:" and the commands
    std::string command;
    std::getline(hints, command);
    Said said;
    while (std::getline(hints, command)) {
      said = shell(scratch.at(""), command);
      ASSERT_EQ(said.code, 0) << command << "\n" << said.out << said.err;
    }
    EXPECT_THAT(said.out, HasSubstr("3 of 3 as expected"));
  }
}

TEST(VerifyCommand, JsonLinesAndTotals) {
  Scratch scratch;
  scratch.file("cases.jsonl", R"({"gold":"4","pred":"</think>\\boxed{4}","expected":"pass"})" "\n\n" R"({"gold":"4","pred":"</think>\\boxed{5}","expected":true})" "\n"
                              R"({"gold":"4","pred":"</think>5","expected":false})" "\n" R"({"gold":"4","pred":"</think>\\boxed{4}","expected":1})" "\n");
  const Said said = shell(scratch.at(""), "laconic verify run exact cases.jsonl --json");
  EXPECT_EQ(said.code, 1) << said.err;
  const auto rows = rows_of(said.out);
  ASSERT_EQ(rows.size(), 5u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(rows[i].at("index"), i);
    for (const char* key : {"outcome", "score", "extracted", "explanation", "micros"}) EXPECT_TRUE(rows[i].contains(key)) << key;
  }
  EXPECT_EQ(rows[1].at("as_expected"), false);
  EXPECT_EQ(rows[2].at("outcome"), "no_answer");
  EXPECT_EQ(rows[4].at("cases"), 4);
  EXPECT_EQ(rows[4].at("unexpected"), json::array({1}));
  EXPECT_EQ(rows[4].at("outcomes"), (json{{"pass", 2}, {"fail", 1}, {"no_answer", 1}}));
  const Said wrong = shell(scratch.at(""), "laconic verify run exact cases.jsonl --wrong");
  EXPECT_THAT(wrong.out, HasSubstr("NOT pass"));
  EXPECT_EQ(std::count(wrong.out.begin(), wrong.out.end(), '\n'), 3) << wrong.out;  // title, the one case, totals
}

// Faults of the verifier are named with their case.
TEST(VerifyCommand, FaultsAreNamedWithTheirCase) {
  Scratch scratch;
  scratch.file("single.py",
               "import time\n"
               "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n"
               "    if solution_str == 'nan': return float('nan')\n"
               "    if solution_str == 'raise': raise KeyError('colour')\n"
               "    if solution_str == 'hang': time.sleep(600)\n"
               "    return 1.0\n");
  scratch.file("single.jsonl", R"({"gold":"4","pred":"good"})" "\n" R"({"gold":"4","pred":"nan"})" "\n" R"({"gold":"4","pred":"raise"})" "\n"
                               R"({"gold":"4","pred":"hang"})" "\n" R"({"gold":"4","pred":"good"})" "\n");
  const Said said = shell(scratch.at(""), "laconic verify run single.py single.jsonl --json --set process.request_deadline_s=2");
  EXPECT_EQ(said.code, 1);
  const auto rows = rows_of(said.out);
  ASSERT_EQ(rows.size(), 6u) << said.err;
  EXPECT_EQ(rows[0].at("outcome"), "pass");
  EXPECT_EQ(rows[4].at("outcome"), "pass");
  const char* named[] = {"", "nan, not a finite number", "KeyError: 'colour' (single.py:4)", "twice on case 3: it gave no reply within 2 s"};
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(rows[i].at("outcome"), "infra_error");
    EXPECT_TRUE(rows[i].at("score").is_null());
    EXPECT_THAT(rows[i].at("explanation").get<std::string>(), HasSubstr(named[i]));
  }
  scratch.file("batch.py", "def reward(completions, **kwargs):\n    return [1.0] * (len(completions) - 1)\n");
  const Said batch = shell(scratch.at(""), "laconic verify run batch.py single.jsonl");
  EXPECT_EQ(batch.code, 1);
  EXPECT_THAT(batch.out, HasSubstr("it gave 4 rewards for 5 completions"));
}

TEST(VerifyCommand, WrongWordsStartNothing) {
  Scratch scratch;
  scratch.file("cases.jsonl", R"({"gold":"4","pred":"4"})" "\n");
  scratch.file("bad.jsonl", R"({"gold":"4","pred":"4"})" "\n" R"({"gold":"4"})" "\n");
  scratch.file("worse.jsonl", R"({"gold":"4","pred":"4","expected":"good"})" "\n");
  scratch.file("bad.toml", "[verifier]\nname = \"python\"\npython.fil = \"x.py\"\n");
  scratch.file("plain.txt", "");
  struct Case { const char *words, *says; };
  for (const Case& c : {Case{"run exakt cases.jsonl", "did you mean \"exact\"?"}, Case{"run exact none.jsonl", "there is no file `none.jsonl`"},
                        Case{"run exact bad.jsonl", "bad.jsonl:2"}, Case{"run exact worse.jsonl", "must be an outcome"},
                        Case{"run bad.toml cases.jsonl", "bad.toml:3"}, Case{"run plain.txt cases.jsonl", "nor a program"},
                        Case{"run exact cases.jsonl --set exact.ignore_cas=true", "exact.ignore_case"}, Case{"run exact cases.jsonl --set x", "is not a setting"},
                        Case{"run python cases.jsonl", "verifier.python.file"}, Case{"run none.py cases.jsonl", "there is no file `none.py`"},
                        Case{"run rubric cases.jsonl", "no part with a weight"}, Case{"run auto cases.jsonl", "name one"},
                        Case{"new plain.txt", "is there already"}, Case{"new 'a b'", "no name for a verifier"}, Case{"new x --lang rust", "cpp"}}) {
    const Said said = shell(scratch.at(""), std::string("laconic verify ") + c.words);
    EXPECT_EQ(said.code, 2) << c.words << "\n" << said.out << said.err;
    EXPECT_THAT(said.err, HasSubstr(c.says)) << c.words;
  }
}

TEST(VerifyCommand, ARubricOfBuiltInAndPythonFunctions) {
  Scratch scratch;
  scratch.file("rewards.py", "def short(completions, **kwargs):\n    return [1.0 if len(c) < 30 else 0.0 for c in completions]\n"
                             "def polite(completions, **kwargs):\n    return [None if 'please' in c else 0.5 for c in completions]\n");
  scratch.file("rubric.toml", "[verifier]\nname = \"rubric\"\npython.file = \"rewards.py\"\nrubric.parts = [\"exact*0.5\", \"python:short*0.25\", \"python:polite*0.5\", \"format*0\"]\n");
  scratch.file("cases.jsonl", R"({"gold":"4","pred":"<think>x</think>\\boxed{4}","expected":1.0})" "\n" R"({"gold":"4","pred":"x</think>\\boxed{4} please","expected":0.75})" "\n"
                              R"({"gold":"4","pred":"x</think>\\boxed{5} and more text than is wanted","expected":0.25})" "\n");
  const Said said = shell(scratch.at(""), "laconic verify run rubric.toml cases.jsonl --json");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_EQ(rows_of(said.out).at(0).at("metrics"), (json{{"exact", 1}, {"python:short", 1}, {"python:polite", 0.5}, {"format", 1}}));
}

TEST(VerifyCommand, InTheSandbox) {
  Scratch scratch;
  fs::permissions(scratch.at(""), fs::perms(0755));  // the sandbox reads as nobody
  scratch.file("boxed.py",
               "import os, socket\n"
               "def refused(f, *args):\n"
               "    try: f(*args)\n"
               "    except OSError: return 1.0\n"
               "    return 0.0\n"
               "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n"
               "    if solution_str == 'network': return refused(socket.create_connection, ('1.1.1.1', 80), 2)\n"
               "    if solution_str == 'write': return refused(open, __file__ + '.new', 'w')\n"
               "    if solution_str == 'read': return refused(open, '/etc/shadow')\n"
               "    if solution_str == 'memory': return float(len(bytearray(500 << 20)))\n"
               "    if solution_str == 'hang':\n"
               "        while True: pass\n"
               "    return 1.0\n");
  scratch.file("cases.jsonl", R"({"gold":"4","pred":"plain","expected":"pass"})" "\n" R"({"gold":"4","pred":"network","expected":"pass"})" "\n"
                              R"({"gold":"4","pred":"write","expected":"pass"})" "\n" R"({"gold":"4","pred":"read","expected":"pass"})" "\n"
                              R"({"gold":"4","pred":"memory","expected":"infra_error"})" "\n" R"({"gold":"4","pred":"hang","expected":"infra_error"})" "\n"
                              R"({"gold":"4","pred":"plain","expected":"pass"})" "\n");
  const Said said = shell(scratch.at(""), "laconic verify run boxed.py cases.jsonl --set python.interpreter=/usr/bin/python3 --set process.sandboxed=true --set process.memory_mb=256 --set process.request_deadline_s=3");
  EXPECT_THAT(said.out, HasSubstr("7 of 7 as expected")) << said.out << said.err;
}

// What a shared object may do wrong.
TEST(VerifyCommand, SharedObjectsThatMisbehave) {
  Scratch scratch;
  ASSERT_EQ(shell(scratch.at(""), "laconic verify new lib --lang cpp").code, 0);
  scratch.file("cases.jsonl", R"({"gold":"4","pred":"one"})" "\n" R"({"gold":"5","pred":"two"})" "\n");
  const std::string version = "LACONIC_VERIFIER int laconic_verifier_version(void) { return LACONIC_VERIFIER_VERSION; }\n";
  const auto verify = [](const std::string& body) { return "LACONIC_VERIFIER int laconic_verify(const laconic_request* r, laconic_verdict* v) { " + body + " }\n"; };
  struct Case { std::string code, says; };
  int number = 0;
  for (const Case& c : {Case{version + verify("std::printf(\"to the log\\n\"); v->score = 1; return 0;"), "2 pass"},
                        Case{version + verify("v->score = 0.0 / std::strlen(\"\"); return 0;"), "not a finite number"},
                        Case{version + verify("v->outcome = 99; return 0;"), "outcome 99"},
                        Case{version + verify("std::strcpy(v->explanation, \"no model\"); return 7;"), "returned 7: no model"},
                        Case{version + verify("return std::strcmp(r->response, \"two\") ? (v->score = 1, 0) : *(volatile int*)nullptr;"), "twice on case 1: it ended with signal 11"},
                        Case{version + verify("std::memset(v->explanation, 'x', sizeof v->explanation); return 0;"), "xxxx"},
                        Case{"LACONIC_VERIFIER int laconic_verifier_version(void) { return 9; }\n" + verify("return 0;"), "version 9 of laconic_verifier.h, not 1"},
                        Case{version, "no `laconic_verify`"},
                        Case{version + verify("return 0;") + "LACONIC_VERIFIER int laconic_verifier_start(void) { return 5; }\n", "laconic_verifier_start returned 5"},
                        Case{version + verify("return undefined_elsewhere();") + "", "undefined symbol"}}) {
    const std::string name = "v" + std::to_string(number++);
    scratch.file(name + ".cc", "#include \"lib/laconic_verifier.h\"\n#include <cstdio>\n#include <cstring>\nint undefined_elsewhere();\n" + c.code);
    const Said built = shell(scratch.at(""), "g++ -std=c++17 -w -shared -fPIC -o " + name + ".so " + name + ".cc");
    ASSERT_EQ(built.code, 0) << built.err;
    const Said said = shell(scratch.at(""), "laconic verify run " + name + ".so cases.jsonl");
    EXPECT_THAT(said.out, HasSubstr(c.says)) << c.code << said.err;
  }
}

}  // namespace
}  // namespace laconic::verifiers::custom
