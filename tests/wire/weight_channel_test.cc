#include "wire/weight_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"

namespace laconic::wire {
namespace {

class WeightChannel : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/laconic-weights-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(folder_); }
  WeightsNotice publish(int stage, int version, std::string_view bytes) {
    return publish_weights(folder_ / "weights" / weights_file_name(stage, version), stage, version, bytes);
  }
  fs::path folder_;
};

TEST_F(WeightChannel, WhatIsPublishedIsReceived) {
  const WeightsNotice notice = publish(1, 3, "abc");
  EXPECT_EQ(notice.hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto file = receive_weights(notice);
  fs::remove(notice.path);
  EXPECT_EQ(std::memcmp(file->bytes().data(), "abc", 3), 0);
}

TEST_F(WeightChannel, AVersionNeverChanges) {
  publish(1, 3, "abc");
  EXPECT_NO_THROW(publish(1, 3, "abc"));
  EXPECT_THROW(publish(1, 3, "abd"), Error);
  EXPECT_EQ(read_file(folder_ / "weights" / weights_file_name(1, 3)), "abc");
}

TEST_F(WeightChannel, ADamagedFileIsRefused) {
  const WeightsNotice notice = publish(1, 3, "abc");
  write_file_durably(notice.path, "abC");
  EXPECT_THAT([&] { receive_weights(notice); }, testing::ThrowsMessage<Error>(testing::HasSubstr(notice.hash)));
  fs::remove(notice.path);
  EXPECT_THROW(receive_weights(notice), Error);
}

TEST_F(WeightChannel, RetentionIsBounded) {
  for (int v = 0; v < 4; ++v) publish(0, v, "x");
  for (int v = 0; v < 3; ++v) publish(1, v, "x");
  write_file_durably(folder_ / "weights" / "s0-v1.safetensors", "not ours");
  EXPECT_EQ(retain_weights(folder_ / "weights", 1, 1).size(), 5u);
  EXPECT_TRUE(fs::exists(folder_ / "weights" / weights_file_name(1, 1)));
  EXPECT_TRUE(fs::exists(folder_ / "weights" / weights_file_name(1, 2)));
  EXPECT_TRUE(fs::exists(folder_ / "weights" / "s0-v1.safetensors"));
  EXPECT_TRUE(retain_weights(folder_ / "weights", 9, 0, 2).empty());
  EXPECT_EQ(retain_weights(folder_ / "weights", 9, 0, 1).size(), 1u);
}

}  // namespace
}  // namespace laconic::wire
