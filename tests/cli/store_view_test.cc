// The reading commands over a small store: golden text, valid JSON.
#include <cstdlib>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/group_view.h"
#include "cli/records.h"
#include "trajectory/store.h"

namespace laconic::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using trajectory::Group;
using trajectory::StopReason;
using trajectory::Trajectory;

struct One {
  Outcome outcome;
  int length;
  double reward, reward_length, advantage;
  bool in_loss, cut;
  std::string extracted, text;
};

Group make_group(int step, int draw, const std::vector<One>& samples) {
  Group group;
  group.ticket = {1, WorkKind::kTrain, step, 0, draw, Ticket::kGroup};
  group.weight_version = step;
  group.problem_id = "sum/57+68";
  group.prompt = "57+68=";
  group.columns = R"({"answer":"125"})";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const One& one = samples[i];
    Trajectory t;
    t.ticket = group.ticket.of_sample(static_cast<std::int32_t>(i));
    t.tokens.assign(static_cast<std::size_t>(3 + one.length), 9);
    t.spans = {{trajectory::Source::kUser, -1, 0, 3}, {trajectory::Source::kModel, step, 3, one.length}};
    t.logprob.assign(static_cast<std::size_t>(one.length), -0.25f);
    t.entropy.assign(static_cast<std::size_t>(one.length), 0.5f);
    t.stop = one.cut ? StopReason::kLength : StopReason::kEndToken;
    t.judged = true;
    t.judgement = {one.outcome, one.outcome == Outcome::kPass ? 1.0 : 0.0, "integer", one.extracted, "compared with 125", 0.002, 1};
    t.reward = one.reward;
    t.reward_length = one.reward_length;
    t.advantage = one.advantage;
    t.in_loss = one.in_loss;
    group.samples.push_back(t);
  }
  return group;
}

const std::vector<One> kMixed = {{Outcome::kFail, 12, 0, 0, -0.7, true, false, "115", "7+8=15\n\\boxed{115}"},
                                 {Outcome::kPass, 8, 1.05, 0.05, 1.3, true, false, "125", "\\boxed{125}\x1b[31m"},
                                 {Outcome::kInfraError, 9, 0, 0, 0, false, false, "", "\\boxed{125}"},
                                 {Outcome::kPass, 30, 0.1, 0, -0.4, true, true, "125", "so 125"}};

std::map<int, std::string> texts_of(const std::vector<One>& samples) {
  std::map<int, std::string> texts;
  for (std::size_t i = 0; i < samples.size(); ++i) texts[static_cast<int>(i)] = samples[i].text;
  return texts;
}

TEST(GroupView, SortsByRewardAndTellsAbsentFromZero) {
  EXPECT_EQ(group_view(make_group(12, 3, kMixed), texts_of(kMixed), 0, {}),
            "s1/train/12/0/3  sum/57+68  weights v12  [signal: 2 of 3 correct, 1 absent]\n"
            "prompt  57+68=\n"
            "row     {\"answer\":\"125\"}\n"
            "\n"
            "sample            reward  score  length  advantage  tokens  stop  outcome      loss    answer  response\n"
            "     1  ████████   1.050   1.00  +0.050     +1.300       8  end   pass         yes     125     \\boxed{125}␛[31m\n"
            "     3  ▊          0.100   1.00   0.000     -0.400      30  cut   pass         yes     125     so 125\n"
            "     0             0.000   0.00   0.000     -0.700      12  end   fail         yes     115     7+8=15↵\\boxed{115}\n"
            "     2                 –      –       –          –       9  end   infra_error  absent          \\boxed{125}\n");
}

TEST(GroupView, AGroupWithoutSignalWearsABadge) {
  const std::vector<One> right = {{Outcome::kPass, 3, 1, 0, 0, false, false, "125", "a"}, {Outcome::kPass, 4, 1, 0, 0, false, false, "125", "b"}};
  const std::string view = group_view(make_group(1, 0, right), texts_of(right), 0, {});
  EXPECT_THAT(view, HasSubstr("[NO SIGNAL: all correct]"));
  EXPECT_THAT(view, HasSubstr("no signal"));
  Group unjudged = make_group(1, 0, right);
  unjudged.samples[1].judged = false;
  EXPECT_THAT(group_view(unjudged, texts_of(right), 0, {}), HasSubstr("[1 of 2 judged]"));
}

class StoreViewTest : public testing::Test {
 protected:
  fs::path runs;

  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "laconic-cli-XXXXXX").string();
    runs = ::mkdtemp(name.data());
    fs::create_directories(runs / "tiny-1");
    write_file_durably(runs / "tiny-1" / "recipe.toml", "seed = 1\n");
    trajectory::Store store = trajectory::Store::create(runs / "tiny-1" / "laconic.db");
    for (int draw : {0, 1}) {
      const Group group = make_group(4, draw, kMixed);
      std::vector<std::string> texts;
      for (const One& one : kMixed) texts.push_back(one.text);
      store.save_group(group, texts);
    }
  }
  void TearDown() override { fs::remove_all(runs); }

  struct Said {
    int code;
    std::string out, err;
  };
  Said say(std::vector<std::string> words) {
    words.insert(words.end(), {"--runs", runs.string()});
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = run_words(words);
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
};

TEST_F(StoreViewTest, ListFiltersAndIsWholeWhenPiped) {
  const Said all = say({"traj", "list", "tiny-1"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("s1/train/4/0/1/3"));
  EXPECT_THAT(all.err, HasSubstr("8 of 8 matching"));
  const Said wrong = say({"traj", "list", "latest", "--wrong", "--limit", "1"});
  EXPECT_THAT(wrong.out, HasSubstr("7+8=15↵\\boxed{115}"));
  EXPECT_THAT(wrong.err, HasSubstr("1 of 2 matching trajectories; --limit N"));
  EXPECT_THAT(say({"traj", "list", "tiny-1", "--step", "5.."}).err, HasSubstr("0 of 0"));
}

TEST_F(StoreViewTest, JsonParsesAndSaysNullForAbsent) {
  const Json list = Json::parse(say({"traj", "list", "tiny-1", "--json", "--sort", "length", "--desc"}).out);
  EXPECT_EQ(list["matching"], 8);
  EXPECT_EQ(list["trajectories"].size(), 8u);
  EXPECT_EQ(list["trajectories"][0]["response_tokens"], 30);
  EXPECT_EQ(list["trajectories"][0]["stop"], "length");

  const Json group = Json::parse(say({"traj", "group", "tiny-1", "s1/train/4/0/1", "--json"}).out);
  EXPECT_TRUE(group["signal"].get<bool>());
  EXPECT_EQ(group["columns"]["answer"], "125");
  EXPECT_EQ(group["samples"][0]["score"], 0.0);
  EXPECT_EQ(group["samples"][1]["reward"], 1.05);
  EXPECT_TRUE(group["samples"][2]["score"].is_null());
  EXPECT_TRUE(group["samples"][2]["reward"].is_null());
  EXPECT_EQ(group["samples"][2]["outcome"], "infra_error");

  const Json sample = Json::parse(say({"traj", "show", "tiny-1", "s1/train/4/0/1/1", "--json"}).out);
  EXPECT_EQ(sample["tokens"].size(), 11u);
  EXPECT_EQ(sample["logprob"].size(), 8u);
  EXPECT_EQ(sample["spans"][1]["source"], "model");
  EXPECT_EQ(sample["text"], "\\boxed{125}\x1b[31m");

  const Json steps = Json::parse(say({"traj", "steps", "tiny-1", "--json"}).out);
  EXPECT_EQ(steps[0]["counted"], 6);
  EXPECT_DOUBLE_EQ(steps[0]["accuracy"].get<double>(), 4.0 / 6);
}

TEST_F(StoreViewTest, ShowTellsTextVerdictAndTokens) {
  const Said show = say({"traj", "show", "tiny-1", "s1/train/4/0/0/1", "--tokens"});
  EXPECT_EQ(show.code, 0);
  EXPECT_THAT(show.out, HasSubstr("verdict    pass by integer: compared with 125"));
  EXPECT_THAT(show.out, HasSubstr("reward     1.0500 = score 1.0000 (finished) + length +0.0500"));
  EXPECT_THAT(show.out, HasSubstr("advantage  +1.3000"));
  EXPECT_THAT(show.out, HasSubstr("\\boxed{125}␛[31m"));
  EXPECT_THAT(show.out, Not(HasSubstr("\x1b[31m")));
  EXPECT_THAT(show.out, HasSubstr("-0.2500"));
  EXPECT_THAT(say({"traj", "show", "tiny-1", "s1/train/4/0/0/2"}).out, HasSubstr("reward     absent: the verifier or the machine failed"));
}

TEST_F(StoreViewTest, WhatIsNotThereIsNamed) {
  Said said = say({"traj", "show", "tiny-1", "s1/train/4/0/0"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("names a group"));
  said = say({"traj", "group", "tiny-1", "s1/train/9/0/0"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("no such group"));
  said = say({"traj", "list", "tiny-2"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_THAT(said.err, HasSubstr("tiny-1"));
  EXPECT_EQ(say({"traj", "show", "tiny-1", "train/4/0"}).code, kExitUsage);
  said = say({"traj", "list", "tiny-1", "--correct", "--wrong"});
  EXPECT_EQ(said.code, kExitUsage);
  said = say({"traj", "list", "tiny-1", "--step", "x"});
  EXPECT_EQ(said.code, kExitUsage);
  EXPECT_EQ(said.out, "");
}

TEST_F(StoreViewTest, RunsAreListedAndShown) {
  const Said list = say({"runs", "list"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("tiny-1"));
  EXPECT_THAT(list.out, HasSubstr("interrupted"));
  const Json show = Json::parse(say({"runs", "show", "tiny-1", "--json"}).out);
  EXPECT_EQ(show["run"], "tiny-1");
  EXPECT_EQ(show["state"], "interrupted");
  for (const char* key : {"before", "after", "wall_s", "peak_rss_mb", "max_abs_logprob_diff", "weights_sha256", "path", "checkpoints"})
    EXPECT_TRUE(show.contains(key)) << key;
  EXPECT_TRUE(show["before"].is_null());
}

}  // namespace
}  // namespace laconic::cli
