#include <bit>
#include <cmath>

#include <gmock/gmock.h>

#include "tests/objective/groups.h"

namespace laconic::learner {
namespace {

ObjectiveOptions with(const std::string& advantage, bool dynamic_sampling = true) {
  ObjectiveOptions options;
  options.advantage = advantage;
  options.dynamic_sampling = dynamic_sampling;
  return options;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << i;
}

const std::vector<int> kRewards = {1, 0, 0, 1, 0, 0, 0, 0};

std::vector<double> of_vector(double high, double low) {
  std::vector<double> values;
  for (int r : kRewards) values.push_back(r ? high : low);
  return values;
}

TEST(Advantage, PublishedVectors) {
  trajectory::Group group = binary_group(kRewards);
  learn({&group}, with("group_mean"));
  expect_near(advantages(group), of_vector(0.75, -0.25), 0);
  learn({&group}, with("group_std"));
  expect_near(advantages(group), of_vector(1.62018167, -0.54006056), 5e-9);
  learn({&group}, with("leave_one_out"));
  expect_near(advantages(group), of_vector(0.85714286, -0.28571429), 5e-9);
}

TEST(Advantage, BaselineThenWhitening) {
  trajectory::Group a = binary_group({1, 1, 0, 0}, 0), b = binary_group({1, 0, 0, 0}, 1);
  learn({&a, &b}, with("group_mean_batch_whiten"));
  expect_near(advantages(a), {1, 1, -1, -1}, 1e-7);
  expect_near(advantages(b), {1.5, -0.5, -0.5, -0.5}, 1e-7);
}

TEST(Advantage, WhiteningWeighsEachSampleByItsTokens) {
  trajectory::Group group = group_of({{Outcome::kPass, 1}, {Outcome::kFail, 3}});
  learn({&group}, with("group_mean_batch_whiten"));
  // a = ±0.5; over 4 tokens: mean −0.25, unbiased variance (0.75² + 3·0.25²)/3 = 0.25
  expect_near(advantages(group), {0.75 / 0.5, -0.25 / 0.5}, 1e-7);
  double sum = 0;
  for (const auto& sample : group.samples) sum += sample.advantage * sample.response_length();
  EXPECT_NEAR(sum, 0, 1e-12);
}

TEST(Advantage, AbsentSamplesLeaveStatisticsAndLoss) {
  for (const char* kind : {"group_mean", "group_std", "leave_one_out", "group_mean_batch_whiten"}) {
    trajectory::Group with_absent = group_of({{Outcome::kPass, 2}, {Outcome::kInfraError, 50}, {Outcome::kFail, 3}, {Outcome::kUndecided, 9}});
    trajectory::Group without = group_of({{Outcome::kPass, 2}, {Outcome::kFail, 3}});
    learn({&with_absent}, with(kind));
    learn({&without}, with(kind));
    EXPECT_EQ(with_absent.samples[0].advantage, without.samples[0].advantage) << kind;
    EXPECT_EQ(with_absent.samples[2].advantage, without.samples[1].advantage) << kind;
    EXPECT_TRUE(with_absent.samples[0].in_loss && with_absent.samples[2].in_loss);
    EXPECT_FALSE(with_absent.samples[1].in_loss || with_absent.samples[3].in_loss);
    EXPECT_EQ(with_absent.samples[1].advantage, 0);
    // A zero is another thing: it moves the mean.
    trajectory::Group with_zero = group_of({{Outcome::kPass, 2}, {Outcome::kTimeout, 50}, {Outcome::kFail, 3}});
    learn({&with_zero}, with(kind));
    EXPECT_NE(with_zero.samples[2].advantage, without.samples[1].advantage) << kind;
    EXPECT_TRUE(with_zero.samples[1].in_loss);
  }
}

TEST(Advantage, GroupsWithoutSignalAreDroppedOrCounted) {
  const auto make = [] { return std::pair{binary_group({1, 0}, 0), binary_group({1, 1}, 1)}; };
  {
    auto [a, b] = make();
    learn({&a, &b}, with("group_mean_batch_whiten", true));
    EXPECT_TRUE(a.samples[0].in_loss);
    EXPECT_FALSE(b.samples[0].in_loss || b.samples[1].in_loss);
    // two tokens, a = ±0.5: unbiased variance 0.5
    EXPECT_NEAR(a.samples[0].advantage, 0.5 / std::sqrt(0.5), 1e-7);
  }
  {
    auto [a, b] = make();
    learn({&a, &b}, with("group_mean_batch_whiten", false));
    EXPECT_TRUE(b.samples[0].in_loss && b.samples[1].in_loss);
    EXPECT_EQ(b.samples[0].advantage, 0);  // a = 0, and the mean over tokens is 0 here
    EXPECT_NEAR(a.samples[0].advantage, 0.5 / std::sqrt(0.5 / 3), 1e-6);
  }
}

TEST(Advantage, WithoutDynamicSamplingAllCorrectGroupsTeachLength) {
  ObjectiveOptions options = with("group_mean", false);
  options.length_reward = "group_relative";
  options.length_weight = 0.2;
  trajectory::Group group = group_of({{Outcome::kPass, 10}, {Outcome::kPass, 20}});
  learn({&group}, options);
  expect_near(advantages(group), {0.1, -0.1}, 1e-15);
  options.dynamic_sampling = true;
  learn({&group}, options);
  EXPECT_FALSE(group.samples[0].in_loss);
}

TEST(Advantage, MaskedSamplesKeepTheirPlaceInTheMean) {
  ObjectiveOptions options = with("group_mean");
  options.mask_truncated = true;
  trajectory::Group group = group_of({{Outcome::kPass, 2}, {Outcome::kFail, 9, true}});
  learn({&group}, options);
  EXPECT_DOUBLE_EQ(group.samples[0].advantage, 0.5);
  EXPECT_FALSE(group.samples[1].in_loss);
}

TEST(Advantage, OneCountedSampleTeachesNothing) {
  for (const char* kind : {"group_mean", "group_std", "leave_one_out", "group_mean_batch_whiten"}) {
    trajectory::Group group = group_of({{Outcome::kPass, 4}, {Outcome::kInfraError, 4}});
    learn({&group}, with(kind, false));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(group.samples[0].advantage), 0u) << kind;
  }
}

TEST(Advantage, TheOrderOfArrivalDoesNotChangeABit) {
  const auto make = [](int draw) {
    std::vector<Spec> specs;
    for (int i = 0; i < 5; ++i)
      specs.push_back({(draw * 7 + i * 3) % 4 ? Outcome::kPass : Outcome::kFail, 3 + (draw * 13 + i * 29) % 41, (draw + i) % 6 == 0});
    return group_of(specs, draw);
  };
  ObjectiveOptions options = with("group_mean_batch_whiten");
  options.length_reward = "group_relative";
  options.length_weight = 0.3;
  std::vector<trajectory::Group> forward, backward;
  for (int d = 0; d < 16; ++d) forward.push_back(make(d));
  for (int d = 15; d >= 0; --d) backward.push_back(make(d));
  std::vector<trajectory::Group*> f, b;
  for (auto& g : forward) f.push_back(&g);
  for (auto& g : backward) b.push_back(&g);
  learn(f, options);
  learn(b, options);
  bool some = false;
  for (std::size_t d = 0; d < 16; ++d)
    for (std::size_t s = 0; s < 5; ++s) {
      const double x = forward[d].samples[s].advantage, y = backward[15 - d].samples[s].advantage;
      EXPECT_EQ(std::bit_cast<std::uint64_t>(x), std::bit_cast<std::uint64_t>(y));
      some = some || x != 0;
    }
  EXPECT_TRUE(some);
}

}  // namespace
}  // namespace laconic::learner
