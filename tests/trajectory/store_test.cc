#include "trajectory/store.h"

#include <limits>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/trajectory/samples.h"

namespace laconic::trajectory {
namespace {

Ticket ticket(int step, int draw, int round = 0, int stage = 1) { return {stage, WorkKind::kTrain, step, round, draw, Ticket::kGroup}; }

TEST(Store, AGroupComesBackBitForBit) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Group group = random_group(ticket(3, static_cast<int>(seed)), seed, 3, seed % 3 != 0);
    store.save_group(group, texts_of(group));
    const auto back = store.load_group(group.ticket);
    ASSERT_TRUE(back);
    expect_same(group, *back);
    EXPECT_EQ(store.response_text(group.samples[0].ticket), text_of(group.samples[0].ticket));
  }
  EXPECT_FALSE(store.load_group(ticket(4, 0)));
}

TEST(Store, LossyTextOfAnyBytesIsKept) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  Group group = random_group(ticket(0, 0), 1, 1);
  const std::string text("a\0b\xEF\xBF\xBD\n\t\"'--;\x01", 13);  // NUL is valid UTF-8
  store.save_group(group, std::vector<std::string>{text});
  EXPECT_EQ(store.response_text(group.samples[0].ticket), text);
}

TEST(Store, SavedTwiceIsReplacedAndListedOnce) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  const Group first = random_group(ticket(3, 1), 1, 3, false), second = random_group(ticket(3, 1), 2, 2);
  store.save_group(first, texts_of(first));
  store.save_group(second, texts_of(second));
  expect_same(second, *store.load_group(ticket(3, 1)));
  const auto listed = store.stored_groups(1, WorkKind::kTrain, 3);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].samples, 2);
  EXPECT_EQ(listed[0].judged, 2);
}

TEST(Store, StepsAreLoadedInTicketOrderWhateverTheArrival) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  for (const Ticket& t : {ticket(2, 1, 1), ticket(2, 7), ticket(2, 0, 1), ticket(2, 3), ticket(3, 0), ticket(2, 3, 0, 0)}) {
    const Group group = random_group(t, 9, 2);
    store.save_group(group, texts_of(group));
  }
  std::vector<std::string> order;
  for (const Group& group : store.load_groups(1, WorkKind::kTrain, 2)) order.push_back(to_text(group.ticket));
  EXPECT_THAT(order, testing::ElementsAre("s1/train/2/0/3", "s1/train/2/0/7", "s1/train/2/1/0", "s1/train/2/1/1"));
  EXPECT_EQ(store.load_groups(1, WorkKind::kTrain, 2, 1).size(), 2u);
  EXPECT_TRUE(store.load_groups(1, WorkKind::kEval, 2).empty());
}

TEST(Store, JudgementsAndRewardsFollowTheGroup) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  Group group = random_group(ticket(3, 1), 1, 3, false);
  store.save_group(group, texts_of(group));
  EXPECT_EQ(store.stored_groups(1, WorkKind::kTrain, 3)[0].judged, 0);
  group.samples[1].judged = true;
  group.samples[1].judgement = {Outcome::kTimeout, 0, "integer", "", "the clock", 0.25, 2};
  store.save_judgements({&group.samples[1], 1});
  EXPECT_EQ(store.stored_groups(1, WorkKind::kTrain, 3)[0].judged, 1);
  for (Trajectory& t : group.samples) {
    t.reward = 0.1;
    t.advantage = -1.0 / 3;
    t.in_loss = !t.in_loss;
  }
  const Group* groups[] = {&group};
  store.save_rewards(groups);
  expect_same(group, *store.load_group(group.ticket));

  Trajectory stranger = group.samples[0];
  stranger.ticket.draw = 99;
  EXPECT_THROW(store.save_judgements({&stranger, 1}), Error);
}

TEST(Store, NotANumberIsRefusedAndNothingIsHalfSaved) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  Group group = random_group(ticket(3, 1), 1, 3);
  group.samples[2].reward = std::numeric_limits<double>::quiet_NaN();
  try {
    store.save_group(group, texts_of(group));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "s1/train/3/0/1/2");
  }
  EXPECT_TRUE(store.stored_groups(1, WorkKind::kTrain, 3).empty());
}

TEST(Store, WhatWasSavedSurvivesTheDeathOfItsWriter) {
  TempFolder folder;
  const Group saved = random_group(ticket(0, 0), 5), judged_later = random_group(ticket(0, 1), 6, 3, false);
  const pid_t child = fork();
  if (child == 0) {  // dies without a clean close, its last save refused halfway
    Store store = Store::create(folder.db());
    store.save_group(saved, texts_of(saved));
    store.save_group(judged_later, texts_of(judged_later));
    store.set_state("stage", "1");
    Group broken = random_group(ticket(0, 2), 7);
    broken.samples[2].reward = std::numeric_limits<double>::quiet_NaN();
    try {
      store.save_group(broken, texts_of(broken));
    } catch (const Error&) {
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  Store store = Store::open_writer(folder.db());
  EXPECT_EQ(store.stored_groups(1, WorkKind::kTrain, 0).size(), 2u);
  expect_same(saved, *store.load_group(saved.ticket));
  expect_same(judged_later, *store.load_group(judged_later.ticket));
  EXPECT_EQ(store.state("stage"), "1");
  EXPECT_EQ(store.state("none"), std::nullopt);
}

TEST(Store, PruningDropsRoutingOfDurableStepsOnly) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  const Group old_group = random_group(ticket(4, 0), 1), young = random_group(ticket(5, 0), 2), other_stage = random_group(ticket(9, 0, 0, 0), 3);
  for (const Group* group : {&old_group, &young, &other_stage}) store.save_group(*group, texts_of(*group));
  store.prune(1, 4);
  Group pruned = *store.load_group(old_group.ticket);
  EXPECT_TRUE(pruned.prompt_expert_ids.empty());
  for (const Trajectory& t : pruned.samples) EXPECT_TRUE(t.expert_ids.empty() && t.kept.offsets.empty() && t.kept.ids.empty());
  EXPECT_EQ(bits(pruned.samples[1].logprob), bits(old_group.samples[1].logprob));
  expect_same(young, *store.load_group(young.ticket));
  EXPECT_TRUE(store.load_group(other_stage.ticket)->prompt_expert_ids.empty());  // an earlier stage
}

TEST(Store, CuttingBackKeepsWhatTheReplayNeeds) {
  TempFolder folder;
  Store store = Store::create(folder.db());
  for (int stage : {0, 1})
    for (int step : {1, 2, 3}) {
      store.save_step({stage, step, "rl", R"({"reward": 1})"});
      store.save_version({stage, step, step, "hash" + std::to_string(stage * 10 + step)});
      store.save_eval({stage, step, "held-out", "{}"});
      const Group group = random_group(ticket(step, 0, 0, stage), 1);
      store.save_group(group, texts_of(group));
    }
  store.cut_back(1, 1);
  EXPECT_EQ(store.steps().size(), 4u);
  EXPECT_EQ(store.evals().size(), 4u);
  EXPECT_EQ(store.steps().back().stage, 1);
  EXPECT_EQ(store.steps().back().step, 1);
  EXPECT_EQ(store.versions().size(), 6u);
  EXPECT_TRUE(store.load_group(ticket(3, 0)));

  store.save_version({1, 3, 3, "hash13"});  // reproduced
  EXPECT_THROW(store.save_version({1, 3, 3, "other"}), Error);
  EXPECT_EQ(store.version(1, 3)->weights_hash, "hash13");

  store.drop_after(0, 2);
  EXPECT_EQ(store.versions().size(), 2u);
  EXPECT_FALSE(store.load_group(ticket(1, 0)));
  EXPECT_TRUE(store.load_group(ticket(2, 0, 0, 0)));
}

}  // namespace
}  // namespace laconic::trajectory
