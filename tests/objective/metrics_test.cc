#include <gtest/gtest.h>

#include "tests/objective/groups.h"

namespace laconic::learner {
namespace {

TEST(GroupMetrics, CountsWhatIsThere) {
  trajectory::Group a = group_of({{Outcome::kPass, 10}, {Outcome::kFail, 20}, {Outcome::kTimeout, 40, true}, {Outcome::kInfraError, 30}}, 0);
  trajectory::Group b = group_of({{Outcome::kPass, 6}, {Outcome::kPass, 14, true}}, 1);
  ObjectiveOptions options;
  learn({&a, &b}, options);
  auto m = group_metrics({&a, &b});
  EXPECT_EQ(m["groups"], 2);
  EXPECT_EQ(m["samples"], 6);
  EXPECT_DOUBLE_EQ(m["reward"], 3.0 / 5);
  EXPECT_DOUBLE_EQ(m["reward/shaped"], (1 + 1 + 0.1) / 5);
  EXPECT_DOUBLE_EQ(m["accuracy"], 3.0 / 5);
  EXPECT_DOUBLE_EQ(m["completions/mean_length"], 120.0 / 6);
  EXPECT_DOUBLE_EQ(m["completions/mean_length_correct"], 10);
  EXPECT_DOUBLE_EQ(m["completions/mean_length_wrong"], 30);
  EXPECT_DOUBLE_EQ(m["completions/p90_length"], 40);
  EXPECT_DOUBLE_EQ(m["completions/clipped_ratio"], 2.0 / 6);
  EXPECT_DOUBLE_EQ(m["frac_groups_no_signal"], 0.5);
  EXPECT_DOUBLE_EQ(m["frac_groups_all_correct"], 0.5);
  EXPECT_DOUBLE_EQ(m["frac_groups_all_wrong"], 0);
  EXPECT_DOUBLE_EQ(m["frac_samples_absent"], 1.0 / 6);
  EXPECT_DOUBLE_EQ(m["frac_samples_in_loss"], 0.5);
  EXPECT_DOUBLE_EQ(m["loss_tokens"], 70);
  EXPECT_DOUBLE_EQ(m["tokens_per_correct"], 90.0 / 3);
  EXPECT_DOUBLE_EQ(m["outcome/pass"], 0.5);
  EXPECT_DOUBLE_EQ(m["outcome/infra_error"], 1.0 / 6);
  EXPECT_DOUBLE_EQ(m["outcome/denied"], 0);
}

TEST(GroupMetrics, WithoutADenominatorTheMetricIsAbsent) {
  EXPECT_FALSE(group_metrics({}).contains("accuracy"));
  trajectory::Group dead = group_of({{Outcome::kInfraError, 4}, {Outcome::kInfraError, 4}});
  const auto m = group_metrics({&dead});
  EXPECT_FALSE(m.contains("accuracy"));
  EXPECT_FALSE(m.contains("reward"));
  EXPECT_FALSE(m.contains("completions/mean_length_correct"));
  EXPECT_EQ(m.at("completions/mean_length"), 4);
  EXPECT_EQ(m.at("outcome/infra_error"), 1);
}

}  // namespace
}  // namespace laconic::learner
