// Each field of Limits and Report, at both levels, as the user who runs the tests.
#include "sandbox/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/measure.h"

namespace laconic::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

bool level_a_offered() {
  static const bool offered = probe().level == 'A';
  return offered;
}

Spec shell(const std::string& commands) {
  Spec spec;
  spec.argv = {"/bin/sh", "-c", commands};
  return spec;
}

Spec python(const std::string& text) {
  Spec spec;
  spec.interpreter = Interpreter::kPython;
  spec.argv = {"/box/main.py"};
  spec.files = {{"main.py", SealedFile::of(text)}};
  return spec;
}

std::string describe(const Report& r) {
  return std::string(name_of(r.end)) + " exit " + std::to_string(r.exit_code) + " signal " + std::to_string(r.signal) + " cpu " + std::to_string(r.cpu_seconds) +
         " wall " + std::to_string(r.wall_seconds) + " peak " + std::to_string(r.peak_memory_bytes) + " " + r.denied_call + r.fault + "\nout: " + r.out.substr(0, 500) +
         "\nerr: " + r.err.substr(0, 1000);
}

#define EXPECT_END(report, expected)                         \
  do {                                                       \
    const Report& expected_of = report;                      \
    EXPECT_EQ(expected_of.end, End::expected) << describe(expected_of); \
  } while (false)

class AtLevel : public ::testing::TestWithParam<char> {
 protected:
  void SetUp() override {
    if (GetParam() == 'A' && !level_a_offered()) GTEST_SKIP() << "no cgroup here: level A is not offered";
  }
  static Sandbox& sandbox() {
    static Sandbox a({.slots = 2, .level = "A", .python_imports = {"json", "heapq"}}), b({.slots = 2, .level = "B", .python_imports = {"json", "heapq"}});
    return GetParam() == 'A' ? a : b;
  }
  static Report run(const Spec& spec) { return sandbox().run(spec); }
};
INSTANTIATE_TEST_SUITE_P(Sandbox, AtLevel, ::testing::Values('A', 'B'), [](const auto& info) { return std::string(1, info.param); });

TEST_P(AtLevel, ExitCodeAndSignal) {
  Report r = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_END(r, kExited);
  EXPECT_EQ(r.exit_code, 7);
  EXPECT_EQ(r.out, "out\n");
  EXPECT_EQ(r.err, "err\n");
  EXPECT_EQ(r.level, GetParam());
  EXPECT_GT(r.wall_seconds, 0);
  EXPECT_LT(r.cpu_seconds, 1);
  EXPECT_GE(r.peak_memory_bytes, 0);
  r = run(shell("kill -11 $$"));
  EXPECT_END(r, kSignaled);
  EXPECT_EQ(r.signal, SIGSEGV);
}

TEST_P(AtLevel, InputIsReadFromItsStartByEachRun) {
  Spec spec = shell("cat");
  spec.input = SealedFile::of(std::string("a\0b\xff\n", 5));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(spec).out, std::string("a\0b\xff\n", 5));
  EXPECT_EQ(run(shell("cat; echo end")).out, "end\n");
}

TEST_P(AtLevel, EnvironmentIsTheMinimalOneAndTheSpecs) {
  ::setenv("LACONIC_CANARY", "secret", 1);
  Spec spec = shell("env | sort");
  spec.environment = {"WORD=a b", "HOME=/elsewhere"};
  const Report r = run(spec);
  EXPECT_THAT(r.out, HasSubstr("WORD=a b\n"));
  EXPECT_THAT(r.out, HasSubstr("HOME=/elsewhere\n"));
  EXPECT_EQ(r.out.find("LACONIC"), std::string::npos);
}

TEST_P(AtLevel, CpuTimeIsSummedOverProcesses) {
  Spec spec = shell("while :; do :; done & while :; do :; done & wait");
  spec.limits.cpu_seconds = 0.4;
  const Report r = run(spec);
  EXPECT_END(r, kCpuTime);
  EXPECT_GE(r.cpu_seconds, 0.4);
  EXPECT_LT(r.cpu_seconds, 0.8);
}

TEST_P(AtLevel, WallTime) {
  Spec spec = shell("sleep 60");
  spec.limits.wall_seconds = 0.3;
  const Report r = run(spec);
  EXPECT_END(r, kWallTime);
  EXPECT_GE(r.wall_seconds, 0.3);
  EXPECT_EQ(r.repeated, 0);
}

TEST_P(AtLevel, MemoryOfOneProcessAndOfAllTogether) {
  Spec one = python("x = bytearray(200 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('kept')");
  one.limits.memory_bytes = 100 << 20;
  EXPECT_END(run(one), kMemory);
  one.limits.memory_bytes = 400 << 20;
  const Report r = run(one);
  EXPECT_END(r, kExited);
  EXPECT_GT(r.peak_memory_bytes, 150 << 20);
  Spec many = python(
      "import os, time\n"
      "for i in range(8):\n"
      "    if os.fork() == 0:\n"
      "        x = bytearray(b'1') * (30 << 20)\n"
      "        time.sleep(20)\n"
      "        os._exit(0)\n"
      "time.sleep(20)\n");
  many.limits.memory_bytes = 120 << 20;
  EXPECT_END(run(many), kMemory);
}

TEST_P(AtLevel, OutputBeyondItsLimitEndsTheRun) {
  Spec spec = shell("yes");
  spec.limits.stdout_bytes = 100'000;
  const Report r = run(spec);
  EXPECT_END(r, kOutput);
  EXPECT_TRUE(r.out_cut);
  EXPECT_EQ(r.out.size(), 100'000u);
}

TEST_P(AtLevel, ErrorsBeyondTheirLimitAreCut) {
  Spec spec = shell("head -c 300000 /usr/bin/env >&2; head -c 300000 /bin/sh >&2; echo done");
  spec.limits.stderr_bytes = 1000;
  const Report r = run(spec);
  EXPECT_END(r, kExited);
  EXPECT_TRUE(r.err_cut);
  EXPECT_EQ(r.err.size(), 1000u);
  EXPECT_EQ(r.out, "done\n");
}

TEST_P(AtLevel, ResultChannel) {
  Spec spec = shell("echo value >&3; echo shown");
  spec.capture_result = true;
  Report r = run(spec);
  EXPECT_EQ(r.result, "value\n");
  EXPECT_EQ(r.out, "shown\n");
  spec = python("import os\nos.write(3, b'x' * 5000)");
  spec.capture_result = true;
  spec.limits.result_bytes = 1000;
  r = run(spec);
  EXPECT_TRUE(r.result_cut);
  EXPECT_EQ(r.result.size(), 1000u);
  EXPECT_END(r, kOutput);
}

TEST_P(AtLevel, ProcessesAndThreads) {
  Spec spec = python(
      "import os, time\n"
      "n = 0\n"
      "try:\n"
      "    while n < 100:\n"
      "        if os.fork() == 0: time.sleep(60)\n"
      "        n += 1\n"
      "except OSError: pass\n"
      "time.sleep(0.1)\n"
      "print(n)");
  spec.limits.processes = 10;
  const Report r = run(spec);
  EXPECT_END(r, kExited);
  EXPECT_EQ(r.out, "9\n");
  EXPECT_TRUE(r.process_limit_hit);
  EXPECT_FALSE(run(shell("true")).process_limit_hit);
}

TEST_P(AtLevel, FileSizeFileCountOpenFiles) {
  Spec spec = python(
      "import os\n"
      "def tell(name, action):\n"
      "    try: print(name, action())\n"
      "    except OSError as e: print(name, e.errno)\n"
      "def fill():\n"
      "    with open('big', 'wb') as f: f.write(b'x' * (2 << 20))\n"
      "def many():\n"
      "    for i in range(200): open('f%d' % i, 'w').close()\n"
      "def keep():\n"
      "    held = []\n"
      "    while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
      "import signal\n"
      "tell('size', fill); os.path.exists('big') and os.remove('big')\n"
      "tell('count', many)\n"
      "tell('open', keep)\n");
  spec.limits.file_bytes = 1 << 20;
  spec.limits.files = 50;
  spec.limits.open_files = 16;
  const Report r = run(spec);
  EXPECT_EQ(r.out, "size 27\ncount 28\nopen 24\n") << describe(r);  // EFBIG, ENOSPC, EMFILE
}

TEST_P(AtLevel, StackGoesUpToTheMemoryLimit) {
  Spec spec = shell("ulimit -s");
  spec.limits.memory_bytes = 300 << 20;
  EXPECT_EQ(run(spec).out, std::to_string(300 << 10) + "\n");
}

TEST_P(AtLevel, DeniedCallIsNamedAlsoFromAChild) {
  Report r = run(python("import ctypes\nctypes.CDLL(None).ptrace(0, 0, 0, 0)\nprint('went on')"));
  EXPECT_END(r, kDenied);
  EXPECT_EQ(r.denied_call, "ptrace");
  EXPECT_EQ(r.out, "");
  r = run(python("import ctypes, os, time\nif os.fork() == 0:\n    ctypes.CDLL(None).unshare(0x10000000)\ntime.sleep(20)"));
  EXPECT_END(r, kDenied);
  EXPECT_EQ(r.denied_call, "unshare");
}

TEST_P(AtLevel, InternetSocketsBySwitch) {
  Spec spec = python(
      "import socket\n"
      "try:\n"
      "    s = socket.create_server(('127.0.0.1', 0))\n"
      "    c = socket.create_connection(s.getsockname())\n"
      "    c.sendall(b'hi'); print(s.accept()[0].recv(9))\n"
      "except OSError as e: print(e.errno)\n"
      "try: socket.create_connection(('1.1.1.1', 53), 2)\n"
      "except OSError as e: print('unreachable')\n");
  EXPECT_EQ(run(spec).out, "97\nunreachable\n");
  spec.internet_sockets = true;
  EXPECT_EQ(run(spec).out, "b'hi'\nunreachable\n");
}

TEST_P(AtLevel, OnlyRegularFilesAreCollected) {
  Spec spec = shell(
      "echo yes > file; ln -s /etc/passwd link; ln -s file link2; mkfifo pipe; mkdir folder; echo deep > folder/x; head -c 3000000 /usr/bin/env > big; cat /bin/sh >> big");
  spec.collect = {"file", "link", "link2", "pipe", "folder", "absent", "big"};
  spec.limits.file_bytes = 8 << 20;
  const Report r = run(spec);
  ASSERT_EQ(r.collected.size(), 2u) << describe(r);
  EXPECT_EQ(r.collected[0], std::make_pair(std::string("file"), std::string("yes\n")));
  EXPECT_EQ(r.collected[1].first, "big");
  EXPECT_GT(r.collected[1].second.size(), 100'000u);
}

TEST_P(AtLevel, FilesAreCopiesAndTheExecutableIsNot) {
  Spec spec;
  spec.argv = {"/box/shell", "-c", "cat a b; echo more >> a; ls; test -x tool && ./tool"};
  spec.files = {{"shell", SealedFile::of(read_file("/bin/sh")), true},
                {"a", SealedFile::of("first\n")},
                {"b", SealedFile::of("second\n")},
                {"tool", SealedFile::of("#!/bin/sh\necho tool\n"), true}};
  for (int i = 0; i < 2; ++i) {
    const Report r = run(spec);
    EXPECT_EQ(r.out, "first\nsecond\na\nb\ntool\ntool\n") << describe(r);
  }
}

TEST_P(AtLevel, WhatCannotBeExecutedIsTheProgramsFaultNotOurs) {
  Spec spec;
  spec.argv = {"/box/junk"};
  spec.files = {{"junk", SealedFile::of("\x7f" "ELF no more"), true}};
  const Report r = run(spec);
  EXPECT_END(r, kExited);
  EXPECT_EQ(r.exit_code, 126);
  spec.argv = {"/usr/bin/there-is-no-such-program"};
  const Report absent = run(spec);
  EXPECT_END(absent, kFault);
}

TEST_P(AtLevel, ReadOnlyPaths) {
  char folder[] = "/tmp/laconic-path-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  ::chmod(folder, 0755);
  append_file(fs::path(folder) / "word", "given\n");
  Spec spec = shell("cat /extra/deep/word; echo x > /extra/deep/word || echo refused; ls " + std::string(folder));
  spec.paths = {{folder, "/extra/deep"}};
  const Report r = run(spec);
  EXPECT_THAT(r.out, StartsWith("given\nrefused\n")) << describe(r);
  EXPECT_NE(r.exit_code, 0);
  fs::remove_all(folder);
  const Report gone = run(spec);
  EXPECT_END(gone, kFault);
  EXPECT_THAT(gone.fault, HasSubstr(folder));
  EXPECT_END(run(shell("true")), kExited);
}

TEST_P(AtLevel, ADaemonEndsWithTheProgram) {
  const auto before = std::chrono::steady_clock::now();
  const Report r = run(shell("(trap '' HUP TERM; sleep 30; echo late) & echo now"));
  EXPECT_END(r, kExited);
  EXPECT_EQ(r.out, "now\n");
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

TEST_P(AtLevel, WarmPythonRunsAScriptAsPythonDoes) {
  Spec spec = python(
      "import sys, atexit\n"
      "atexit.register(print, 'bye')\n"
      "class Last:\n"
      "    def __del__(self): print('freed')\n"
      "last = Last()\n"
      "print(__name__, __file__, sys.argv, sys.path[0], input(), 'json' in sys.modules)\n"
      "assert sys.modules['__main__'].__dict__ is globals()\n"
      "sys.exit('ended')\n");
  spec.argv.push_back("one argument");
  spec.input = SealedFile::of("typed\n");
  Report r = run(spec);
  EXPECT_EQ(r.out, "__main__ /box/main.py ['/box/main.py', 'one argument'] /box typed True\nbye\nfreed\n");
  EXPECT_EQ(r.err, "ended\n");
  EXPECT_EQ(r.exit_code, 1);
  r = run(python("def f():\n    return 1 / 0\nf()\n"));
  EXPECT_THAT(r.err, StartsWith("Traceback (most recent call last):\n  File \"/box/main.py\", line 3, in <module>\n"));
  EXPECT_EQ(r.exit_code, 1);
  r = run(python("x = = 1\n"));
  EXPECT_THAT(r.err, StartsWith("  File \"/box/main.py\", line 1\n"));
  EXPECT_EQ(run(python("raise SystemExit(300)")).exit_code, 300 & 0xff);
  EXPECT_EQ(run(python("print(hash('word'))")).out, run(python("print(hash('word'))")).out);
  EXPECT_END(run(python("import os\nos.abort()")), kSignaled);
  // Nothing of one run is seen by the next.
  run(python("import json, sys\njson.dumps = None\nsys.mark = 1\nopen('/box/left', 'w').close()"));
  EXPECT_EQ(run(python("import json, sys, os\nprint(json.dumps([1]), hasattr(sys, 'mark'), os.path.exists('/box/left'))")).out, "[1] False False\n");
}

TEST_P(AtLevel, ConversationOverPassedDescriptors) {
  int to[2], from[2];
  ASSERT_EQ(::pipe2(to, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(from, O_CLOEXEC), 0);
  Spec spec = shell("while read line <&7; do echo \"got $line\" >&8; done; echo finished");
  spec.passed = {{7, to[0]}, {8, from[1]}};
  const auto first = sandbox().start(spec);
  ::close(to[0]);
  ::close(from[1]);
  const auto second = sandbox().start(shell("sleep 60"), first.get());
  for (const std::string word : {"one", "two"}) {
    ASSERT_EQ(::write(to[1], (word + "\n").data(), word.size() + 1), static_cast<ssize_t>(word.size() + 1));
    char buffer[64];
    const ssize_t size = ::read(from[0], buffer, sizeof buffer);
    EXPECT_EQ(std::string(buffer, std::max<ssize_t>(0, size)), "got " + word + "\n");
  }
  ::close(to[1]);
  Report r = first->wait();
  EXPECT_END(r, kExited);
  EXPECT_EQ(r.out, "finished\n");
  second->kill();
  r = second->wait();
  EXPECT_END(r, kSignaled);
  EXPECT_EQ(r.signal, SIGKILL);
  ::close(from[0]);
}

TEST_P(AtLevel, SignalsAreAsTheyAreForAFreshProgram) {
  ::signal(SIGPIPE, SIG_IGN);
  Sandbox own({.slots = 1, .level = std::string(1, GetParam())});
  const Report r = own.run(shell("grep -E 'SigBlk|SigIgn' /proc/self/status"));
  EXPECT_EQ(r.out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::signal(SIGPIPE, SIG_DFL);
}

TEST_P(AtLevel, ManyAtOnceDoNotMix) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        const std::string word = std::to_string(t) + "." + std::to_string(i);
        Spec spec = i % 2 ? shell("cat; exit " + std::to_string(t)) : python("import sys\nprint(input(), end='')\nsys.exit(" + std::to_string(t) + ")");
        spec.input = SealedFile::of(word);
        const Report r = run(spec);
        const bool good = r.end == End::kExited && r.exit_code == t && r.out == word;
        EXPECT_TRUE(good) << describe(r);
        right += good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 48);
}

// The launcher of `sandbox` is a child of this process; its keepers and runs are its children.
std::vector<pid_t> children_named(pid_t parent, const std::string& name) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    try {
      const std::string stat = read_file(entry.path() / "stat");
      const std::size_t open = stat.find('('), close = stat.rfind(')');
      if (stat.substr(open + 1, close - open - 1) == name && std::atoi(stat.c_str() + close + 4) == parent) found.push_back(pid);
    } catch (const Error&) {
    }
  }
  return found;
}

TEST_P(AtLevel, ALauncherThatDiesIsAFaultAndTheNextRunHasANewOne) {
  const auto before = children_named(getpid(), "laconic-sandbox");
  Sandbox own({.slots = 2, .level = std::string(1, GetParam())});
  EXPECT_END(own.run(shell("true")), kExited);
  const auto running = own.start(shell("sleep 60"));
  pid_t launcher = 0;
  for (const pid_t pid : children_named(getpid(), "laconic-sandbox"))
    if (std::find(before.begin(), before.end(), pid) == before.end()) launcher = pid;
  ASSERT_GT(launcher, 0);
  ::kill(launcher, SIGKILL);
  const Report lost = running->wait();
  EXPECT_END(lost, kFault);
  EXPECT_THAT(lost.fault, HasSubstr("launcher"));
  EXPECT_END(own.run(shell("true")), kExited);
}

TEST_P(AtLevel, AKeeperThatDiesIsAFaultAndItsPlaceIsMadeAnew) {
  const auto before = children_named(getpid(), "laconic-sandbox");
  Sandbox own({.slots = 1, .level = std::string(1, GetParam())});
  EXPECT_END(own.run(shell("true")), kExited);
  for (const pid_t launcher : children_named(getpid(), "laconic-sandbox"))
    if (std::find(before.begin(), before.end(), launcher) == before.end())
      for (const pid_t keeper : children_named(launcher, "keeper")) ::kill(keeper, SIGKILL);
  Report r;
  for (int i = 0; i < 3 && r.end != End::kExited; ++i) r = own.run(shell("echo again"));
  EXPECT_EQ(r.out, "again\n") << describe(r);
}

TEST_P(AtLevel, NothingIsLeftOpenHere) {
  const auto open_here = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  run(shell("true"));
  const auto before = open_here();
  for (int i = 0; i < 5; ++i) run(shell("head -c 100000 /bin/sh"));
  EXPECT_EQ(open_here(), before);
}

TEST_P(AtLevel, BareForkIsMeasured) { EXPECT_GT(bare_fork_seconds(sandbox(), 20), 0); }

TEST(Sandbox, MalformedSpecsAreRefused) {
  Sandbox sandbox;
  const auto content = SealedFile::of("x");
  const std::vector<std::pair<std::string, std::function<void(Spec&)>>> cases = {
      {"argv is empty", [](Spec& s) { s.argv.clear(); }},
      {"plain file name", [&](Spec& s) { s.files = {{"../up", content}}; }},
      {"plain file name", [&](Spec& s) { s.files = {{"..", content}}; }},
      {"plain file name", [&](Spec& s) { s.files = {{"", content}}; }},
      {"twice", [&](Spec& s) { s.files = {{"a", content}, {"a", content}}; }},
      {"no content", [](Spec& s) { s.files = {{"a", nullptr}}; }},
      {"plain file name", [](Spec& s) { s.collect = {"/etc/passwd"}; }},
      {"NAME=value", [](Spec& s) { s.environment = {"novalue"}; }},
      {"not in 0", [](Spec& s) { s.passed = {{64, 0}}; }},
      {"twice", [](Spec& s) { s.passed = {{5, 0}, {5, 1}}; }},
      {"twice", [](Spec& s) { s.capture_result = true, s.passed = {{3, 0}}; }},
      {"not open", [](Spec& s) { s.passed = {{5, 9999}}; }},
      {"absolute", [](Spec& s) { s.paths = {{"relative", ""}}; }},
      {"absolute", [](Spec& s) { s.paths = {{"/usr", "/a/../b"}}; }},
      {"time limits", [](Spec& s) { s.limits.cpu_seconds = 0; }},
      {"memory limit", [](Spec& s) { s.limits.memory_bytes = 0; }},
      {"processes", [](Spec& s) { s.limits.processes = 0; }},
      {"too long", [](Spec& s) { s.argv.push_back(std::string(200'000, 'x')); }},
  };
  for (const auto& [expected, spoil] : cases) {
    Spec spec = shell("true");
    spoil(spec);
    try {
      sandbox.run(spec);
      ADD_FAILURE() << "accepted: " << expected;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(expected));
    }
  }
}

TEST(Sandbox, UnknownLevelIsRefused) {
  Sandbox sandbox({.level = "C"});
  EXPECT_THROW(sandbox.level(), Error);
}

TEST(Sandbox, LevelIsForcedByTheEnvironment) {
  ::setenv("LACONIC_SANDBOX_LEVEL", "B", 1);
  Sandbox sandbox({.level = "A"});
  EXPECT_EQ(sandbox.level(), 'B');
  ::unsetenv("LACONIC_SANDBOX_LEVEL");
}

TEST(Sandbox, AMissingLauncherIsNamed) {
  ::setenv("LACONIC_SANDBOX", "/nowhere/laconic-sandbox", 1);
  Sandbox sandbox;
  EXPECT_THROW(sandbox.run(shell("true")), Error);
  EXPECT_EQ(probe().level, '-');
  EXPECT_FALSE(probe().notes.empty());
  ::unsetenv("LACONIC_SANDBOX");
}

TEST(Sandbox, WhichReportsNeedARepeat) {
  Limits limits;
  limits.cpu_seconds = 10;
  const auto needs = [&](End end, double cpu, double wall, double waited) {
    Report report;
    report.end = end;
    report.cpu_seconds = cpu;
    report.wall_seconds = wall;
    report.waited_seconds = waited;
    return needs_repeat(report, limits);
  };
  EXPECT_FALSE(needs(End::kExited, 7.9, 20, 0));
  EXPECT_TRUE(needs(End::kExited, 8.1, 20, 0));
  EXPECT_TRUE(needs(End::kSignaled, 11.9, 20, 0));
  EXPECT_FALSE(needs(End::kCpuTime, 12.1, 20, 0));
  EXPECT_TRUE(needs(End::kCpuTime, 10.01, 20, 0));
  EXPECT_TRUE(needs(End::kWallTime, 3, 32, 4));
  EXPECT_FALSE(needs(End::kWallTime, 3, 32, 3));
  EXPECT_FALSE(needs(End::kMemory, 9, 20, 0));
  EXPECT_FALSE(needs(End::kFault, 9, 20, 0));
}

TEST(Sandbox, ARunNearItsCpuLimitIsRepeatedAloneOnce) {
  Sandbox sandbox({.slots = 2});
  Spec spec = python("import time\nwhile time.process_time() < 0.5: pass\n");
  spec.limits.cpu_seconds = 0.53;
  spec.limits.wall_seconds = 30;
  const Report r = sandbox.run(spec);
  EXPECT_EQ(r.repeated, 1) << describe(r);
}

}  // namespace
}  // namespace laconic::sandbox
