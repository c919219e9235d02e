// The launcher's own care: what it kills, and whose word it takes for whose.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/kill_one.h"
#include "sandbox/run.h"
#include "sandbox/sandbox.h"

namespace laconic::sandbox {
namespace {

// Runs `body` as pid 1 of a pid namespace of its own, so that a signal to everybody stays in there, with a
// bystander beside it. True when the bystander lives on.
template <class Body>
bool bystander_survives(Body body) {
  const pid_t outer = fork();
  if (outer == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) _exit(2);
    const pid_t first = fork();
    if (first == 0) {
      const pid_t bystander = fork();
      if (bystander == 0)
        for (;;) pause();
      body();
      usleep(20'000);
      _exit(waitpid(bystander, nullptr, WNOHANG) == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(first, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = 0;
  waitpid(outer, &status, 0);
  EXPECT_NE(WEXITSTATUS(status), 2) << "no namespaces here";
  return status == 0;
}

TEST(Launcher, NeverKillsAGroupOrEverybody) {
  EXPECT_FALSE(bystander_survives([] { ::kill(-1, SIGKILL); })) << "the test sees nothing";
  EXPECT_TRUE(bystander_survives([] {
    for (const pid_t pid : {-2, -1, 0, 1}) kill_one(pid);
  }));
}

TEST(Launcher, AProgramsEndBeforeInitIsKnownKillsNobody) {
  EXPECT_TRUE(bystander_survives([] {
    sandbox::Run run;
    run.program = 12345;
    run.program_dead = false;
    run.program_ended(0);
    run.kill(sandbox::Run::Cause::kWallTime);
  }));
}

// A keeper that is late with its word: the run may be over before the keeper says that it began.
TEST(Launcher, LateKeepersChangeNothing) {
  Sandbox sandbox({.slots = 2});
  sandbox.level();
  std::atomic<bool> stop = false;
  std::thread teaser([&] {
    while (!stop) {
      for (const auto& entry : fs::directory_iterator("/proc")) {
        const int pid = std::atoi(entry.path().filename().c_str());
        if (pid <= 1) continue;
        std::string stat;
        try {
          stat = read_file(entry.path() / "stat");
        } catch (const Error&) {
          continue;
        }
        // Ours: a keeper whose launcher is a child of this process.
        if (stat.find("(keeper)") == std::string::npos) continue;
        const int launcher = std::atoi(stat.c_str() + stat.rfind(')') + 4);
        try {
          stat = read_file("/proc/" + std::to_string(launcher) + "/stat");
        } catch (const Error&) {
          continue;
        }
        if (std::atoi(stat.c_str() + stat.rfind(')') + 4) != getpid()) continue;
        ::kill(pid, SIGSTOP);
        usleep(1500);
        ::kill(pid, SIGCONT);
      }
      usleep(500);
    }
  });
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int t = 0; t < 2; ++t)
    clients.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        Spec spec;
        spec.interpreter = i % 3 ? Interpreter::kPython : Interpreter::kNone;
        const std::string word = std::to_string(t * 100 + i);
        spec.argv = i % 3 ? std::vector<std::string>{"/box/main.py"} : std::vector<std::string>{"/bin/echo", word};
        if (i % 3) spec.files = {{"main.py", SealedFile::of("print(" + word + ")")}};
        const Report r = sandbox.run(spec);
        EXPECT_EQ(r.end, End::kExited) << name_of(r.end) << " " << r.fault;
        right += r.out == word + "\n";
      }
    });
  for (std::thread& client : clients) client.join();
  stop = true;
  teaser.join();
  EXPECT_EQ(right, 80);
}

}  // namespace
}  // namespace laconic::sandbox
