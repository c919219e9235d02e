#include "cli/command.h"

#include <gmock/gmock.h>

namespace laconic::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Fields {
  std::string recipe, sort = "ticket", word;
  std::vector<std::string> overrides, outcomes;
  std::optional<std::string> resume;
  std::optional<int> stage;
  int threads = 0;
  double temperature = 0.5;
  bool json = false;
};

class CommandTest : public testing::Test {
 protected:
  Command root{"laconic", "A test."};
  Fields f;
  int runs = 0;

  void SetUp() override {
    Command& train = root.sub("train", "train a model", "work");
    train.optional_argument("RECIPE", f.recipe, "a TOML file");
    train.rest("key=value", f.overrides, "overrides");
    train.option_or_flag("--resume", f.resume, "RUN", "continue");
    train.option("--threads", f.threads, "N", "threads", {0, 64});
    train.option("--temperature", f.temperature, "T", "temperature", {0, 10});
    train.flag("--json", f.json, "print JSON");
    train.example("laconic train a.toml");
    train.action([this] { return ++runs, 7; });
    Command& traj = root.sub("traj", "read", "work");
    Command& list = traj.sub("list", "list samples", "commands");
    list.argument("RUN", f.word, "a run");
    list.option("--sort", f.sort, "BY", "order", {"ticket", "length"});
    list.option("--outcome", f.outcomes, "O", "only these", {"pass", "fail"});
    list.option("--stage", f.stage, "N", "a stage");
    list.action([this] { return ++runs, 0; });
    root.sub("role", "for the supervisor", "").action([this] { return ++runs, 0; });
  }

  Error error_of(const std::vector<std::string>& words) {
    try {
      dispatch(root, words);
    } catch (const UsageError& error) {
      EXPECT_EQ(runs, 0);
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error("none");
  }
};

TEST_F(CommandTest, WordsReachTheirFields) {
  EXPECT_EQ(dispatch(root, {"train", "a.toml", "x=1", "--threads", "3", "y.z=-2", "--temperature=1.5", "--json"}), 7);
  EXPECT_EQ(f.recipe, "a.toml");
  EXPECT_THAT(f.overrides, ElementsAre("x=1", "y.z=-2"));
  EXPECT_EQ(f.threads, 3);
  EXPECT_EQ(f.temperature, 1.5);
  EXPECT_TRUE(f.json);
  EXPECT_FALSE(f.resume);
}

TEST_F(CommandTest, AnOptionalValueMayBeLeftOut) {
  dispatch(root, {"train", "a.toml", "--resume"});
  EXPECT_EQ(f.resume, "");
  dispatch(root, {"train", "--resume", "run-1"});
  EXPECT_EQ(f.resume, "run-1");
}

TEST_F(CommandTest, OptionsMayBeRepeatedOrChosen) {
  dispatch(root, {"traj", "list", "run-1", "--outcome", "pass", "--outcome", "fail", "--stage", "2", "--sort", "length"});
  EXPECT_THAT(f.outcomes, ElementsAre("pass", "fail"));
  EXPECT_EQ(f.stage, 2);
  EXPECT_EQ(f.sort, "length");
}

TEST_F(CommandTest, UnknownWordsAreToldTheNearest) {
  Error error = error_of({"trian", "a.toml"});
  EXPECT_EQ(error.message(), "`laconic` has no command `trian`");
  EXPECT_EQ(error.next(), "did you mean `train`?");
  error = error_of({"traj", "lst", "run"});
  EXPECT_EQ(error.message(), "`laconic traj` has no command `lst`");
  EXPECT_EQ(error.next(), "did you mean `list`?");
  error = error_of({"train", "a.toml", "--treads", "3"});
  EXPECT_EQ(error.message(), "`laconic train` has no option `--treads`");
  EXPECT_EQ(error.next(), "did you mean `--threads`?");
  error = error_of({"train", "a.toml", "--temprature=3"});
  EXPECT_EQ(error.next(), "did you mean `--temperature`?");
  error = error_of({"quite-another-thing"});
  EXPECT_EQ(error.next(), "`laconic --help` lists what there is");
  error = error_of({"traj", "list", "run", "surplus"});
  EXPECT_THAT(error.message(), HasSubstr("`surplus`"));
}

TEST_F(CommandTest, WrongValuesNameOptionValueAndRange) {
  EXPECT_EQ(error_of({"train", "--threads", "many"}).message(), "`--threads` is `many`, but must be an integer from 0 to 64");
  EXPECT_EQ(error_of({"train", "--threads", "65"}).message(), "`--threads` is `65`, but must be an integer from 0 to 64");
  EXPECT_EQ(error_of({"train", "--temperature", "nan"}).message(), "`--temperature` is `nan`, but must be a number from 0 to 10");
  const Error error = error_of({"traj", "list", "run", "--sort", "lenght"});
  EXPECT_THAT(error.message(), HasSubstr("one of: ticket, length"));
  EXPECT_EQ(error.next(), "did you mean `length`?");
  EXPECT_THAT(error_of({"train", "--threads"}).message(), HasSubstr("--threads"));
  EXPECT_THAT(error_of({"traj", "list"}).message(), HasSubstr("needs RUN"));
}

TEST_F(CommandTest, HelpIsCompleteAndNeedsNothingElse) {
  EXPECT_EQ(root.subs().front().help(),
            "train a model\n"
            "\n"
            "usage: laconic train [RECIPE] [key=value …] [options]\n"
            "\n"
            "arguments:\n"
            "  RECIPE     a TOML file\n"
            "  key=value  overrides\n"
            "\n"
            "options:\n"
            "  --resume [RUN]   continue\n"
            "  --threads N      threads [0]\n"
            "  --temperature T  temperature [0.5]\n"
            "  --json           print JSON\n"
            "  --help           print this help\n"
            "\n"
            "examples:\n"
            "  laconic train a.toml\n");
  EXPECT_THAT(root.help(), HasSubstr("work:\n  train  train a model\n  traj   read\n"));
  EXPECT_THAT(root.help(), testing::Not(HasSubstr("role")));
  testing::internal::CaptureStdout();
  EXPECT_EQ(dispatch(root, {"traj", "list", "--bad", "--help"}), 0);  // no RUN, a wrong flag: help all the same
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("usage: laconic traj list RUN"));
  EXPECT_EQ(runs, 0);
}

TEST_F(CommandTest, ACommandOfCommandsExplainsItself) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(dispatch(root, {"traj"}), kExitUsage);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("list  list samples"));
}

}  // namespace
}  // namespace laconic::cli
