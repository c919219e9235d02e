// The whole command tree, as typed.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/records.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Said {
  int code;
  std::string out, err;
};

Said say(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_words(words);
  std::fflush(stdout);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

void each_command(const Command& command, const std::function<void(const Command&)>& f) {
  f(command);
  for (const Command& sub : command.subs()) each_command(sub, f);
}

TEST(Words, EveryCommandExplainsItself) {
  Command root("laconic", "test");
  declare_commands(root);
  int leaves = 0;
  each_command(root, [&](const Command& command) {
    std::vector<std::string> words;
    const std::string path = command.path();
    for (std::size_t start = 0; start < path.size();) {
      const std::size_t end = std::min(path.find(' ', start), path.size());
      if (start > 0) words.push_back(path.substr(start, end - start));
      start = end + 1;
    }
    words.push_back("--help");
    const Said said = say(words);
    EXPECT_EQ(said.code, 0) << path;
    EXPECT_THAT(said.out, HasSubstr("usage: " + path)) << path;
    EXPECT_EQ(said.err, "") << path;
    for (const Parameter& p : command.parameters()) EXPECT_GT(p.help.size(), 5u) << path << " " << p.name;
    if (command.subs().empty()) {
      ++leaves;
      EXPECT_TRUE(command.run()) << path;
      EXPECT_TRUE(path.find("role") != std::string::npos || said.out.find("examples:") != std::string::npos) << path;
    }
    for (std::size_t start = 0; start < said.out.size();) {
      const std::size_t end = said.out.find('\n', start);
      EXPECT_LE(end - start, 110u) << path << ": " << said.out.substr(start, end - start);
      start = end + 1;
    }
  });
  EXPECT_GE(leaves, 11);
}

TEST(Words, NothingAndNonsenseExitWithTwo) {
  Said said = say({});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("train and measure:"));
  EXPECT_THAT(said.err, Not(HasSubstr("  role")));
  EXPECT_EQ(said.out, "");
  said = say({"docter"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_EQ(said.err, "error: `laconic` has no command `docter`\n   at: command line\n hint: did you mean `doctor`?\n");
  said = say({"train", "r.toml", "--dryrun"});
  EXPECT_THAT(said.err, HasSubstr("did you mean `--dry-run`?"));
  said = say({"--version"});
  EXPECT_EQ(said.code, 0);
  EXPECT_THAT(said.out, testing::MatchesRegex("laconic [0-9.]+\n"));
}

TEST(Words, TrainRefusesWhatCannotStart) {
  Said said = say({"train"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("needs a RECIPE"));
  said = say({"train", "/nowhere/r.toml", "--dry-run"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("/nowhere/r.toml"));
  said = say({"train", "r.toml", "surplus.toml"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("`surplus.toml` is no override"));
  said = say({"train", "r.toml", "--resume", "a", "--fork", "b"});
  EXPECT_EQ(said.code, kExitUsage);
}

TEST(Words, DoctorAnswersInTextAndJson) {
  const Said said = say({"doctor", "--json"});
  const Json findings = Json::parse(said.out);
  bool failed = false;
  std::vector<std::string> checks;
  for (const Json& f : findings) {
    checks.push_back(f["check"]);
    failed = failed || f["state"] == "fail";
    EXPECT_THAT(f["state"].get<std::string>(), testing::AnyOf("ok", "warn", "fail"));
    EXPECT_TRUE(f["state"] == "ok" || f["hint"] != "") << f.dump();
  }
  EXPECT_EQ(said.code, failed ? kExitFailed : kExitOk);
  EXPECT_THAT(checks, testing::ElementsAre("cpu", "kernels", "cores", "memory", "disk", "runs folder", "learner", "sockets", "sandbox", "algebra", "clock"));
  EXPECT_THAT(say({"doctor"}).out, HasSubstr("kernels"));
}

}  // namespace
}  // namespace laconic::cli
