#include "pipeline/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "pipeline/run_checkpoint.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

class RunFolderTest : public ::testing::Test {
 protected:
  Scratch scratch;
  fs::path runs = scratch.path() / "runs";

  RunFolder create(const std::string& name) { return RunFolder::create(runs, name, "seed = 1\n", "laconic train x", "{}\n"); }
  fs::path checkpoint(const std::string& run, int stage, const std::string& stage_name, int step, bool done = false) {
    const fs::path folder = runs / run / "checkpoints" / checkpoint_folder_name(stage_name, step);
    fs::create_directories(folder);
    write_file_durably(folder / "run.json", run_checkpoint_json({stage, stage_name, step, done, {{stage, step, "s1-v000002.safetensors", "ab"}}, {}}));
    return folder;
  }
};

TEST_F(RunFolderTest, ExplainsItself) {
  const RunFolder folder = create("math-1");
  EXPECT_EQ(read_file(folder.recipe()), "seed = 1\n");
  EXPECT_EQ(read_file(folder.path() / "command"), "laconic train x\n");
  EXPECT_EQ(read_file(folder.environment()), "{}\n");
  for (const fs::path& inner : {folder.checkpoints(), folder.logs(), folder.weights(), folder.tensorboard()}) EXPECT_TRUE(fs::is_directory(inner));
  EXPECT_TRUE(folder.path().is_absolute());
}

TEST_F(RunFolderTest, NeverOverwrites) {
  fs::create_directories(runs / "taken");
  append_file(runs / "taken/laconic.db", "keep me");
  expect_error([&] { create("taken"); }, {"taken", "--resume taken", "--name", "rm -r"});
  EXPECT_EQ(read_file(runs / "taken/laconic.db"), "keep me");
}

TEST_F(RunFolderTest, RefusesNamesThatAreNoFolder) {
  for (const char* name : {"a/b", "", ".hidden", "a b"}) expect_error([&] { create(name); }, {"cannot name a run"});
}

TEST_F(RunFolderTest, OneHubAtATime) {
  { const RunFolder folder = create("math-1"); }
  const RunFolder holder = RunFolder::open(runs, "math-1");
  expect_error([&] { RunFolder::open(runs, "math-1"); }, {"math-1", std::to_string(::getpid()), "kill -INT"});
}

TEST_F(RunFolderTest, LockDiesWithItsProcess) {
  { const RunFolder folder = create("math-1"); }
  const pid_t child = ::fork();
  if (child == 0) {
    const RunFolder folder = RunFolder::open(runs, "math-1");
    ::_exit(0);  // as SIGKILL would: no destructor
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_NO_THROW(RunFolder::open(runs, "math-1"));
}

TEST_F(RunFolderTest, FindsRunsByNameAndPath) {
  { const RunFolder one = create("math-1"), two = create("math-2"); }
  fs::create_directories(runs / "no-run");
  EXPECT_EQ(list_runs(runs).size(), 2u);
  EXPECT_EQ(find_run(runs, "math-2").filename(), "math-2");
  EXPECT_EQ(find_run("elsewhere", (runs / "math-1").string() + "/").filename(), "math-1");
  expect_error([&] { find_run(runs, "mth-2"); }, {"mth-2", "did you mean `math-2`", "laconic runs list"});
  expect_error([&] { find_run(runs, "no-run"); }, {"no-run", "recipe.toml"});
  EXPECT_EQ(free_run_name(runs, "math"), "math-3");
}

TEST_F(RunFolderTest, FullDiskLeavesNoRun) {
  fail_writes_after(10);
  try {
    create("full");
    ADD_FAILURE() << "the disk was full";
  } catch (const Error& error) {
    EXPECT_NE(render(error).find("No space left"), std::string::npos);
  }
  fail_writes_after(std::numeric_limits<std::size_t>::max());
  EXPECT_TRUE(list_runs(runs).empty());
}

TEST_F(RunFolderTest, CheckpointsAreListedInRunOrderAndHalfOnesAreNot) {
  { const RunFolder folder = create("math-1"); }
  checkpoint("math-1", 1, "rl", 2);
  checkpoint("math-1", 0, "sft", 100, true);
  checkpoint("math-1", 1, "rl", 10);
  fs::create_directories(runs / "math-1/checkpoints/rl-000012.tmp");
  fs::create_directories(runs / "math-1/checkpoints/rl-000011");  // no run.json
  const auto found = list_checkpoints(runs / "math-1");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].stage_name, "sft");
  EXPECT_TRUE(found[0].stage_done);
  EXPECT_EQ(found[1].step, 2);
  EXPECT_EQ(found[2].step, 10);
  EXPECT_EQ(found[2].folder.filename(), "rl-000010");
  ASSERT_EQ(found[2].versions.size(), 1u);
  EXPECT_EQ(found[2].versions[0].hash, "ab");
}

TEST_F(RunFolderTest, RetentionKeepsTheNewestTheEndsAndTheBest) {
  { const RunFolder folder = create("math-1"); }
  checkpoint("math-1", 0, "sft", 100, true);
  for (int step : {2, 4, 6, 8, 10}) checkpoint("math-1", 1, "rl", step);
  fs::create_directories(runs / "math-1/checkpoints/rl-000012.tmp");
  retain_checkpoints(runs / "math-1", 2, {"rl-000004"});
  std::vector<std::string> names;
  for (const auto& c : list_checkpoints(runs / "math-1")) names.push_back(c.folder.filename());
  EXPECT_EQ(names, (std::vector<std::string>{"sft-000100", "rl-000004", "rl-000008", "rl-000010"}));
  EXPECT_FALSE(fs::exists(runs / "math-1/checkpoints/rl-000012.tmp"));
}

TEST_F(RunFolderTest, BrokenRunStateSaysWhatToDo) {
  { const RunFolder folder = create("math-1"); }
  const fs::path folder = checkpoint("math-1", 1, "rl", 2);
  write_file_durably(folder / "run.json", "{\"stage\": 1");
  expect_error([&] { list_checkpoints(runs / "math-1"); }, {"run.json", "delete"});
}

}  // namespace
}  // namespace laconic::pipeline
