#include "trajectory/query.h"

#include <gmock/gmock.h>

#include "tests/trajectory/samples.h"

namespace laconic::trajectory {
namespace {

// Two steps of two groups; lengths and outcomes chosen so that each filter has a known answer.
class QueryTest : public testing::Test {
 protected:
  TempFolder folder;
  Store store = Store::create(folder.db());

  void SetUp() override {
    const std::vector<Outcome> outcomes = {Outcome::kPass, Outcome::kFail, Outcome::kNoAnswer, Outcome::kInfraError};
    for (int step : {1, 2})
      for (int draw : {0, 1}) {
        Group group = random_group({0, WorkKind::kTrain, step, 0, draw, Ticket::kGroup}, 1, 4);
        group.weight_version = step - 1;
        for (int s = 0; s < 4; ++s) {
          Trajectory& t = group.samples[static_cast<std::size_t>(s)];
          const int length = 10 * step + s;
          t.tokens.assign(static_cast<std::size_t>(4 + length), 3);
          t.spans = {{Source::kUser, -1, 0, 4}, {Source::kModel, step - 1, 4, length}};
          t.logprob.assign(static_cast<std::size_t>(length), -1);
          t.entropy = t.logprob;
          t.judgement.outcome = outcomes[static_cast<std::size_t>(s)];
          t.reward = s == 0;
          t.in_loss = s < 3;
        }
        store.save_group(group, texts_of(group));
      }
    const Group eval = random_group({0, WorkKind::kEval, 2, 0, 0, Ticket::kGroup}, 3, 1, false);
    store.save_group(eval, texts_of(eval));
  }
  std::int64_t count(const TrajectoryQuery& query) { return count_trajectories(store, query); }
};

TEST_F(QueryTest, EachFilterNarrows) {
  EXPECT_EQ(count({}), 17);
  EXPECT_EQ(count({.kind = WorkKind::kTrain}), 16);
  EXPECT_EQ(count({.first_step = 2, .last_step = 2}), 9);
  EXPECT_EQ(count({.stage = 1}), 0);
  EXPECT_EQ(count({.outcomes = {Outcome::kFail, Outcome::kInfraError}}), 8);
  EXPECT_EQ(count({.correct = true}), 4);
  EXPECT_EQ(count({.correct = false}), 8);  // absent samples are neither right nor wrong
  EXPECT_EQ(count({.judged = false}), 1);
  EXPECT_EQ(count({.kind = WorkKind::kTrain, .truncated = true}), 4);
  EXPECT_EQ(count({.kind = WorkKind::kTrain, .in_loss = false}), 4);
  EXPECT_EQ(count({.kind = WorkKind::kTrain, .min_tokens = 12, .max_tokens = 20}), 6);
  EXPECT_EQ(count({.kind = WorkKind::kTrain, .text = "train/2/0/1/3"}), 1);
  EXPECT_EQ(count({.text = "' OR 1=1 --"}), 0);
}

TEST_F(QueryTest, RowsAreSortedAndLimited) {
  auto rows = list_trajectories(store, {.limit = 3});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(to_text(rows[2].ticket), "s0/train/1/0/0/2");
  rows = list_trajectories(store, {.kind = WorkKind::kTrain, .sort = SortBy::kLength, .descending = true, .limit = 2});
  EXPECT_EQ(to_text(rows[0].ticket), "s0/train/2/0/0/3");
  EXPECT_EQ(rows[0].response_tokens, 23);
  EXPECT_EQ(rows[0].judgement.outcome, Outcome::kInfraError);
  EXPECT_EQ(rows[0].weight_version, 1);
  EXPECT_EQ(rows[0].text, text_of(rows[0].ticket));
  rows = list_trajectories(store, {.limit = -1, .offset = 16});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].ticket.kind, WorkKind::kEval);
}

TEST_F(QueryTest, SummariesCountEachStep) {
  const auto steps = step_summaries(store);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[1].step, 2);
  EXPECT_EQ(steps[1].kind, WorkKind::kTrain);
  EXPECT_EQ(steps[1].first_version, 1);
  EXPECT_EQ(steps[1].groups, 2);
  EXPECT_EQ(steps[1].samples, 8);
  EXPECT_EQ(steps[1].judged, 8);
  EXPECT_EQ(steps[1].counted, 6);
  EXPECT_EQ(steps[1].correct, 2);
  EXPECT_EQ(steps[1].truncated, 2);
  EXPECT_EQ(steps[1].in_loss, 6);
  EXPECT_EQ(steps[1].tokens, 2 * (20 + 21 + 22 + 23));
  EXPECT_EQ(steps[1].tokens_correct, 40);
  EXPECT_EQ(steps[2].kind, WorkKind::kEval);
  EXPECT_EQ(steps[2].judged, 0);
}

}  // namespace
}  // namespace laconic::trajectory
