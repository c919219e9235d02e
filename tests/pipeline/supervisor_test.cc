// Real processes, played by shell scripts: how they start, end, and never outlive their parent.
#include "pipeline/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "base/failpoint.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 1000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class SupervisorTest : public ::testing::Test {
 protected:
  Scratch scratch;

  void SetUp() override { ::setenv("LACONIC_BIN_DIR", scratch.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("LACONIC_BIN_DIR"); }

  void write_script(const std::string& name, const std::string& body) {
    std::ofstream(scratch.path() / name) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(scratch.path() / name, fs::perms::owner_all);
  }
  void write_both(const std::string& body) {
    write_script("laconic", body);
    write_script("laconic-learner", "[ \"$1\" = --version ] && echo laconic-learner 1 torch 2 && exit 0\n" + body);
  }
  RoleCommand command(const std::string& role) {
    return {role, role + "-0", "ipc:///x", {{"COLOUR", "green"}}, scratch.path() / (role + "-0.log"), false};
  }
  std::string log(const std::string& role) { return fs::exists(scratch.path() / (role + "-0.log")) ? read_file(scratch.path() / (role + "-0.log")) : ""; }
};

TEST_F(SupervisorTest, MissingBinaryNamesWhatToBuild) {
  write_script("laconic", "exit 0");
  expect_error([] { ProcessLauncher launcher; }, {"laconic-learner", "./dev build", "LACONIC_BIN_DIR"});
}

TEST_F(SupervisorTest, StartsEachRoleFromItsBinaryWithItsWordsAndEnvironment) {
  write_both("echo \"$(basename $0) $@ $COLOUR\"; exit 7");
  ProcessLauncher launcher;
  EXPECT_EQ(launcher.learner_version(), "laconic-learner 1 torch 2");
  launcher.start(command("rollout"));
  launcher.start(command("learner"));
  std::vector<RoleExit> exits;
  EXPECT_TRUE(eventually([&] {
    for (const RoleExit& exit : launcher.reap()) exits.push_back(exit);
    return exits.size() == 2;
  }));
  for (const RoleExit& exit : exits) EXPECT_EQ(exit.how, "exit code 7") << exit.identity;
  EXPECT_EQ(log("rollout"), "laconic role rollout --endpoint ipc:///x --identity rollout-0 green\n");
  EXPECT_EQ(log("learner"), "laconic-learner role learner --endpoint ipc:///x --identity learner-0 green\n");
}

TEST_F(SupervisorTest, ARestartedRoleStartsWithoutFailPoints) {
  write_both("echo \"point:$LACONIC_FAILPOINT\"");
  ::setenv(kFailpointVariable, "x.y:2", 1);
  ProcessLauncher launcher;
  RoleCommand first = command("verifier");
  launcher.start(first);
  EXPECT_TRUE(eventually([&] { return !launcher.reap().empty(); }));
  first.restarted = true;
  launcher.start(first);
  EXPECT_TRUE(eventually([&] { return !launcher.reap().empty(); }));
  ::unsetenv(kFailpointVariable);
  EXPECT_EQ(log("verifier"), "point:x.y:2\npoint:\n") << "and logs are appended";
}

TEST_F(SupervisorTest, KillTakesTheWholeProcessGroup) {
  write_both("sleep 1000 & echo $!; wait");
  ProcessLauncher launcher;
  launcher.start(command("rollout"));
  ASSERT_TRUE(eventually([&] { return log("rollout").find('\n') != std::string::npos; }));
  const pid_t grandchild = static_cast<pid_t>(std::stol(log("rollout")));
  EXPECT_GT(launcher.rss_mb(), 0);
  launcher.kill("rollout-0");
  std::vector<RoleExit> exits;
  EXPECT_TRUE(eventually([&] { return !(exits = launcher.reap()).empty(); }));
  EXPECT_EQ(exits[0].how, "signal 9 (Killed)");
  EXPECT_TRUE(eventually([&] { return ::kill(grandchild, 0) != 0 || read_file("/proc/" + std::to_string(grandchild) + "/stat").find(") Z") != std::string::npos; }));
}

TEST_F(SupervisorTest, FinishWaitsThenKills) {
  write_both("trap '' INT TERM; echo ready; sleep 1000");
  ProcessLauncher launcher;
  launcher.start(command("rollout"));
  ASSERT_TRUE(eventually([&] { return !log("rollout").empty(); }));
  launcher.finish(0.05);
  EXPECT_TRUE(launcher.reap().empty()) << "nothing is left";
}

TEST_F(SupervisorTest, NoRoleSurvivesAParentThatIsKilled) {
  write_both("echo $$; exec sleep 1000");
  const pid_t parent = ::fork();
  if (parent == 0) {
    ProcessLauncher launcher;
    launcher.start(command("rollout"));
    std::this_thread::sleep_for(std::chrono::seconds(60));
    ::_exit(0);
  }
  ASSERT_TRUE(eventually([&] { return log("rollout").find('\n') != std::string::npos; }));
  const pid_t role = static_cast<pid_t>(std::stol(log("rollout")));
  ::kill(parent, SIGKILL);
  int status = 0;
  ::waitpid(parent, &status, 0);
  EXPECT_TRUE(eventually([&] {
    const fs::path stat = "/proc/" + std::to_string(role) + "/stat";
    return !fs::exists(stat) || read_file(stat).find(") Z") != std::string::npos;
  }));
}

TEST_F(SupervisorTest, ALongPathMovesTheSocketToTheTemporaryFolder) {
  write_both("exit 0");
  ProcessLauncher launcher;
  EXPECT_EQ(launcher.endpoint("/runs/a"), "ipc:///runs/a/hub.sock");
  const std::string moved = launcher.endpoint("/" + std::string(120, 'r'));
  EXPECT_EQ(moved.rfind("ipc://" + fs::temp_directory_path().string(), 0), 0u);
  EXPECT_LT(moved.size(), 107u);
}

}  // namespace
}  // namespace laconic::pipeline
