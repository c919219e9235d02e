// A run is a pure function: run twice, on loaded cores, killed anywhere and resumed, it ends in the
// same weights, bit for bit.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

std::string recipe() { return (source_root() / "tests/e2e/tiny.toml").string(); }

class Determinism : public ::testing::TestWithParam<int> {
 protected:
  static inline std::map<int, std::string> hashes_;

  std::vector<std::string> words(const std::string& name) const {
    return {"train", recipe(), "--name", name, "rl.lag=" + std::to_string(GetParam())};
  }

  // The hash of an undisturbed run at this lag; made once.
  std::string expected(const fs::path& folder) {
    std::string& hash = hashes_[GetParam()];
    if (hash.empty()) {
      const Finished finished = run(folder, words("undisturbed"));
      EXPECT_EQ(finished.code, 0) << finished.output;
      const auto summary = show(folder, "undisturbed");
      hash = summary.value("weights_sha256", "");
      EXPECT_EQ(hash.size(), 64u);
      EXPECT_TRUE(GetParam() != 0 || summary.value("max_abs_logprob_diff", -1.0) == 0.0) << summary;
    }
    return hash;
  }

  void resume_and_compare(const fs::path& folder, const std::string& name, const std::string& hash) {
    const Finished resumed = run(folder, {"train", "--resume", name});
    ASSERT_EQ(resumed.code, 0) << resumed.output;
    EXPECT_EQ(show(folder, name).value("weights_sha256", ""), hash);
  }
};

TEST_P(Determinism, TwiceAndBesideACpuHog) {
  Scratch scratch("twice");
  const std::string hash = expected(scratch.path());
  std::atomic<bool> stop{false};
  std::thread hog([&] { for (volatile unsigned i = 0; !stop;) i = i + 1; });
  const Finished finished = run(scratch.path(), words("beside"));
  stop = true;
  hog.join();
  ASSERT_EQ(finished.code, 0) << finished.output;
  EXPECT_EQ(show(scratch.path(), "beside").value("weights_sha256", ""), hash);
}

// Each fail-point kills the process that reaches it for the n-th time. The hub's death ends the
// command and is resumed; a role's death is the supervisor's to mend.
TEST_P(Determinism, KilledAtFailPoints) {
  Scratch scratch("failpoints");
  const std::string hash = expected(scratch.path());
  int number = 0;
  for (const std::string point : {"hub.group_saved:3", "hub.group_judged:7", "hub.before_step_commit:2", "hub.after_step_commit:2",
                                  "hub.before_checkpoint_published:2", "hub.after_checkpoint_published:1",
                                  "learner.after_step:5", "learner.during_checkpoint:1", "rollout.before_result:4", "verifier.before_result:3"}) {
    const std::string name = "point" + std::to_string(number++);
    Environment environment = {{"LACONIC_FAILPOINT", point}};
    const Finished finished = run(scratch.path(), words(name), environment);
    SCOPED_TRACE(point + "\n" + finished.output);
    if (point.rfind("hub.", 0) == 0) {
      ASSERT_EQ(finished.code, 128 + SIGKILL) << "the fail-point was not reached";
      resume_and_compare(scratch.path(), name, hash);
    } else {
      ASSERT_EQ(finished.code, 0);
      EXPECT_NE(finished.output.find("restart"), std::string::npos) << "the fail-point was not reached";
      EXPECT_EQ(show(scratch.path(), name).value("weights_sha256", ""), hash);
    }
  }
}

// SIGKILL at random moments: one role, or the hub and with it everything.
TEST_P(Determinism, KilledAtRandomMoments) {
  const char* given = std::getenv("LACONIC_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("LACONIC_TEST_SEED=%u\n", seed);
  std::mt19937 random(seed);
  Scratch scratch("random");
  const std::string hash = expected(scratch.path());
  for (int round = 0; round < 4; ++round) {
    const std::string name = "random" + std::to_string(round);
    const std::string victim = std::vector<std::string>{"role learner", "role rollout", "hub", "role verifier"}[round];
    Process process(scratch.path(), words(name));
    ASSERT_TRUE(eventually(60, [&] { return children_of(process.pid(), "role learner").size() == 1; })) << process.output();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 5000));
    std::string trace = "seed " + std::to_string(seed) + ", round " + std::to_string(round) + ", victim " + victim;
    if (victim == "hub") {
      const auto orphans = children_of(process.pid(), "role ");
      process.kill(SIGKILL);
      process.wait(10);
      EXPECT_TRUE(eventually(10, [&] {
        for (pid_t orphan : orphans) if (::kill(orphan, 0) == 0 && fs::exists("/proc/" + std::to_string(orphan) + "/exe")) return false;
        return true;
      })) << "a role outlived its parent; " << trace;
      SCOPED_TRACE(trace + "\n" + process.output());
      resume_and_compare(scratch.path(), name, hash);
    } else {
      for (pid_t child : children_of(process.pid(), victim)) ::kill(child, SIGKILL);
      const int code = process.wait(240);
      SCOPED_TRACE(trace + "\n" + process.output());
      ASSERT_EQ(code, 0);
      EXPECT_EQ(show(scratch.path(), name).value("weights_sha256", ""), hash);
    }
  }
}

// Ctrl-C stops cleanly with a checkpoint; the run goes on from there.
TEST_P(Determinism, InterruptedAndResumed) {
  Scratch scratch("interrupted");
  const std::string hash = expected(scratch.path());
  Process process(scratch.path(), words("stopped"));
  ASSERT_TRUE(eventually(120, [&] { return process.output().find("rl 2/") != std::string::npos; })) << process.output();
  process.kill(SIGINT);
  const int code = process.wait(60);
  SCOPED_TRACE(process.output());
  ASSERT_EQ(code, 130);
  EXPECT_TRUE(children_of(process.pid(), "role ").empty());
  resume_and_compare(scratch.path(), "stopped", hash);
}

// Adapters in both stages: killed inside each, inside a checkpoint and between the two, and resumed in
// a folder of another name.
TEST(LoraDeterminism, KilledAnywhereEndsInTheSameWeights) {
  Scratch scratch("lora");
  const auto words = [](const std::string& name) {
    return std::vector<std::string>{"train", recipe(), "--name", name, "sft.steps=12", "rl.steps=5", "sft.lora.rank=4", "rl.lora.rank=2", "rl.lora.targets=attention",
                                    "rl.optimizer.lr=1e-2", "run.checkpoint_every=5", "run.eval.problems=0"};
  };
  const Finished undisturbed = run(scratch.path(), words("undisturbed"));
  ASSERT_EQ(undisturbed.code, 0) << undisturbed.output;
  const auto summary = show(scratch.path(), "undisturbed");
  EXPECT_EQ(summary.value("max_abs_logprob_diff", -1.0), 0.0);
  int number = 0;
  for (const std::string point : {"learner.after_step:8", "learner.after_step:15", "learner.during_checkpoint:2", "hub.before_step_commit:8", "hub.after_checkpoint_published:3"}) {
    const std::string name = "point" + std::to_string(number++), moved = name + "-moved";
    const Finished finished = run(scratch.path(), words(name), {{"LACONIC_FAILPOINT", point}});
    SCOPED_TRACE(point + "\n" + finished.output);
    std::string last = name;
    if (point.rfind("hub.", 0) == 0) {
      ASSERT_EQ(finished.code, 128 + SIGKILL) << "the fail-point was not reached";
      fs::rename(scratch.path() / "runs" / name, scratch.path() / "runs" / moved);
      const Finished resumed = run(scratch.path(), {"train", "--resume", moved});
      ASSERT_EQ(resumed.code, 0) << resumed.output;
      last = moved;
    } else {
      ASSERT_EQ(finished.code, 0);
      EXPECT_NE(finished.output.find("restart"), std::string::npos) << "the fail-point was not reached";
    }
    EXPECT_EQ(show(scratch.path(), last).value("weights_sha256", ""), summary.value("weights_sha256", "absent"));
  }
}

INSTANTIATE_TEST_SUITE_P(Lag, Determinism, ::testing::Values(0, 1),
                         [](const auto& info) { return "Lag" + std::to_string(info.param); });

}  // namespace
}  // namespace laconic::e2e
