#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/objective/groups.h"

namespace laconic::learner {
namespace {

using testing::ElementsAre;

// Two groups of two samples with distinct numbers everywhere; 2 expert ids per token.
std::vector<trajectory::Group> numbered() {
  std::vector<trajectory::Group> groups = {group_of({{Outcome::kPass, 3}, {Outcome::kFail, 1}}, 1), group_of({{Outcome::kPass, 2}, {Outcome::kFail, 2}}, 0)};
  int next = 100;
  for (trajectory::Group& group : groups) {
    group.prompt_expert_ids = {1, 2, 3, 4};
    for (trajectory::Trajectory& t : group.samples) {
      for (auto& token : t.tokens) token = next++;
      for (auto& value : t.logprob) value = -static_cast<float>(next++);
      for (std::size_t i = 0; i + 1 < t.logprob.size(); ++i) t.expert_ids.insert(t.expert_ids.end(), {static_cast<std::uint16_t>(next++), 9});
      t.advantage = next++;
      t.in_loss = true;
    }
  }
  return groups;
}

std::vector<const trajectory::Group*> pointers(const std::vector<trajectory::Group>& groups) {
  std::vector<const trajectory::Group*> result;
  for (const auto& group : groups) result.push_back(&group);
  return result;
}

TEST(Assemble, SequencesLieInTicketOrder) {
  std::vector<trajectory::Group> groups = numbered();
  groups[0].samples[1].in_loss = false;
  const trajectory::Batch batch = assemble_rl_batch(pointers(groups), 2, 4, 0.7f);
  EXPECT_EQ(batch.objective, "grpo");
  EXPECT_EQ(batch.stage, 2);
  EXPECT_EQ(batch.step, 4);
  EXPECT_EQ(batch.temperature, 0.7f);
  EXPECT_THAT(batch.lengths, ElementsAre(4, 4, 5));
  const auto& first = groups[1].samples[0];  // draw 0 comes first
  const auto& last = groups[0].samples[0];
  EXPECT_EQ(std::vector(batch.tokens.begin(), batch.tokens.begin() + 4), first.tokens);
  EXPECT_EQ(std::vector(batch.tokens.end() - 5, batch.tokens.end()), last.tokens);
  EXPECT_THAT(batch.in_loss, ElementsAre(0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1));
  EXPECT_EQ(batch.logprob.size(), 13u);
  EXPECT_EQ(batch.logprob[0], 0);
  EXPECT_EQ(batch.logprob[2], first.logprob[0]);
  EXPECT_EQ(batch.logprob[12], last.logprob[2]);
  EXPECT_EQ(batch.advantage[2], static_cast<float>(last.advantage));
  EXPECT_EQ(batch.expert_ids.size(), (3u + 3u + 4u) * 2);
  EXPECT_THAT(std::vector(batch.expert_ids.begin() + 6, batch.expert_ids.begin() + 10), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(batch.kept_offsets.empty() && batch.kept_ids.empty());

  std::swap(groups[0], groups[1]);
  EXPECT_EQ(assemble_rl_batch(pointers(groups), 2, 4, 0.7f).tokens, batch.tokens);
}

TEST(Assemble, KeptSetsBelongToTheirTokens) {
  std::vector<trajectory::Group> groups = {group_of({{Outcome::kPass, 2}, {Outcome::kFail, 1}})};
  groups[0].samples[0].kept = {{0, 2, 3}, {5, 6, 7}};
  groups[0].samples[1].kept = {{0, 1}, {8}};
  for (auto& t : groups[0].samples) t.in_loss = true;
  const trajectory::Batch batch = assemble_rl_batch(pointers(groups), 0, 0, 1);
  EXPECT_THAT(batch.kept_offsets, ElementsAre(0, 0, 0, 2, 3, 3, 3, 4));
  EXPECT_THAT(batch.kept_ids, ElementsAre(5, 6, 7, 8));
  groups[0].samples[1].kept = {};
  EXPECT_THROW(assemble_rl_batch(pointers(groups), 0, 0, 1), Error);
}

TEST(Assemble, TokensOfTheEnvironmentCarryNoLoss) {
  std::vector<trajectory::Group> groups = {group_of({{Outcome::kPass, 4}})};
  trajectory::Trajectory& t = groups[0].samples[0];
  t.tokens = {1, 2, 3, 4, 5, 6, 7};  // user 2, model 2, environment 1, model 2
  t.spans = {{trajectory::Source::kUser, -1, 0, 2}, {trajectory::Source::kModel, 0, 2, 2}, {trajectory::Source::kEnvironment, -1, 4, 1}, {trajectory::Source::kModel, 0, 5, 2}};
  t.logprob = {-1, -2, -3, -4};
  t.in_loss = true;
  const trajectory::Batch batch = assemble_rl_batch(pointers(groups), 0, 0, 1);
  EXPECT_THAT(batch.in_loss, ElementsAre(0, 0, 1, 1, 0, 1, 1));
  EXPECT_THAT(batch.logprob, ElementsAre(0, 0, -1, -2, 0, -3, -4));
}

TEST(Assemble, RecordsThatDoNotFitAreRefusedByTicket) {
  const auto refused = [](auto&& change) {
    std::vector<trajectory::Group> groups = numbered();
    change(groups[0].samples[0]);
    try {
      assemble_rl_batch(pointers(groups), 0, 0, 1);
    } catch (const Error& error) {
      return error.where() == "s0/train/4/0/1/0";
    }
    return false;
  };
  EXPECT_TRUE(refused([](auto& t) { t.expert_ids.pop_back(); }));
  EXPECT_TRUE(refused([](auto& t) { t.spans[1].length = 99; }));
  EXPECT_TRUE(refused([](auto& t) { t.spans.pop_back(); }));
  EXPECT_FALSE(refused([](auto&) {}));
}

TEST(Assemble, NothingInTheLossIsAnEmptyBatch) {
  std::vector<trajectory::Group> groups = {binary_group({1, 1})};
  learn({&groups[0]}, ObjectiveOptions{});
  const trajectory::Batch batch = assemble_rl_batch(pointers(groups), 0, 0, 1);
  EXPECT_TRUE(batch.lengths.empty() && batch.tokens.empty());
}

}  // namespace
}  // namespace laconic::learner
