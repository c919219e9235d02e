// Verifiers of a user's own drive real runs of a few seconds. All of them judge as the built-in one
// does, so every run must end in the same weights, whatever happens to the verifier's process.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/e2e/harness.h"

namespace laconic::e2e {
namespace {

using testing::HasSubstr;

// Pass when the last \boxed{…} after the reasoning holds the row's integer.
constexpr const char* kJudge = R"(
import os, re, signal, time

def right(text, gold):
    after = text.rpartition("</think>")
    if not after[1]:
        return False
    boxes = re.findall(r"\\boxed\{([^{}]*)\}", after[2])
    try:
        return bool(boxes) and int(boxes[-1].replace(",", "")) == int(gold)
    except ValueError:
        return False

def once(name):
    """True in one process only, ever."""
    try:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False

calls = 0
)";

class Training : public ::testing::Test {
 protected:
  static inline Scratch scratch_{"custom-verifiers"};

  static std::string python(const std::string& name, const std::string& function) {
    std::ofstream(scratch_.path() / name) << kJudge << function;
    return (scratch_.path() / name).string();
  }

  static std::vector<std::string> words(const std::string& name, const std::vector<std::string>& verifier) {
    std::vector<std::string> out = {"train", (source_root() / "tests/e2e/tiny.toml").string(), "--name", name, "rl.steps=4", "run.eval.every=0"};
    for (const std::string& word : verifier) out.push_back("verifier." + word);
    return out;
  }
  static std::string hash_of(const std::string& name) { return show(scratch_.path(), name).value("weights_sha256", ""); }

  // Of the built-in verifier; made once.
  static std::string expected() {
    static const std::string hash = [] {
      const Finished finished = run(scratch_.path(), words("builtin", {"name=integer"}));
      EXPECT_EQ(finished.code, 0) << finished.output;
      return hash_of("builtin");
    }();
    EXPECT_EQ(hash.size(), 64u);
    return hash;
  }
  static void trains(const std::string& name, const std::vector<std::string>& verifier) {
    const std::string hash = expected();
    const Finished finished = run(scratch_.path(), words(name, verifier));
    ASSERT_EQ(finished.code, 0) << finished.output;
    EXPECT_EQ(hash_of(name), hash) << finished.output;
  }
  static std::string log_of(const std::string& name) {
    std::ifstream in(scratch_.path() / "runs" / name / "logs/verifier-0.log");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
};

constexpr const char* kVerl = "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n    global calls\n    calls += 1\n";

TEST_F(Training, ByAPythonVerifier) {
  const std::string reward = python("verl.py", std::string(kVerl) + "    print('judged', calls)\n    return float(right(solution_str, ground_truth))\n");
  trains("verl", {"name=python", "python.file=" + reward});
  EXPECT_THAT(log_of("verl"), HasSubstr("judged 1"));
}

TEST_F(Training, ByATrlRewardFunction) {
  const std::string reward = python("trl.py", "def accuracy_reward(prompts, completions, completion_ids, answer, **kwargs):\n"
                                              "    assert len(completions) == len(completion_ids) == len(prompts) and all(completion_ids)\n"
                                              "    return [float(right(c, a)) for c, a in zip(completions, answer)]\n");
  trains("trl", {"name=python", "python.file=" + reward});
}

TEST_F(Training, ByAVerifierInCpp) {
  const Finished made = run(scratch_.path(), {"verify", "new", "lib", "--lang", "cpp"});
  ASSERT_EQ(made.code, 0) << made.output;
  ASSERT_EQ(std::system(("cd '" + scratch_.path().string() + "' && g++ -std=c++17 -O2 -shared -fPIC -o lib/libverifier.so lib/verifier.cc").c_str()), 0);
  trains("cpp", {"name=library", "library.path=lib/libverifier.so"});
}

// Killed by itself at its 7th answer, then from outside with its spare: nothing changes.
TEST_F(Training, KilledMidRun) {
  const std::string flag = (scratch_.path() / "killed").string();
  const std::string reward = python("killed.py", std::string(kVerl) + "    if calls == 7 and once('" + flag + "'): os.kill(os.getpid(), signal.SIGKILL)\n"
                                                 "    time.sleep(0.02)\n    return float(right(solution_str, ground_truth))\n");
  const std::string hash = expected();
  Process process(scratch_.path(), words("killed", {"name=python", "python.file=" + reward}));
  std::vector<pid_t> victims;
  ASSERT_TRUE(eventually(120, [&] {
    for (const pid_t role : children_of(process.pid(), "role verifier"))
      for (const pid_t child : children_of(role, "killed.py")) victims.push_back(child);
    return !victims.empty() && fs::exists(flag);
  })) << process.output();
  for (const pid_t victim : victims) ::kill(victim, SIGKILL);
  const int code = process.wait(240);
  ASSERT_EQ(code, 0) << process.output();
  EXPECT_EQ(hash_of("killed"), hash);
  EXPECT_THAT(log_of("killed"), HasSubstr("it ended with signal 9 (Killed)"));
}

// One answer hangs its verifier: timed out, shown in the log, judged again by the spare.
TEST_F(Training, HungMidRun) {
  const std::string flag = (scratch_.path() / "hung").string();
  const std::string reward = python("hung.py", std::string(kVerl) + "    if calls == 9 and once('" + flag + "'): time.sleep(3600)\n    return float(right(solution_str, ground_truth))\n");
  trains("hung", {"name=python", "python.file=" + reward, "process.request_deadline_s=2"});
  EXPECT_THAT(log_of("hung"), HasSubstr("it gave no reply within 2 s"));
}

TEST_F(Training, AVerifierThatAlwaysFailsStopsTheRunAndSaysWhy) {
  const std::string reward = python("broken.py", std::string(kVerl) + "    raise RuntimeError('the judge is down')\n");
  const Finished finished = run(scratch_.path(), words("broken", {"name=python", "python.file=" + reward, "attempts=2"}));
  EXPECT_EQ(finished.code, 3) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("run.max_absent"));
  EXPECT_THAT(finished.output, HasSubstr("RuntimeError: the judge is down (broken.py:"));
}

}  // namespace
}  // namespace laconic::e2e
