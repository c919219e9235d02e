#include "wire/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/philox.h"

namespace laconic::wire {
namespace {

Message example() {
  Message m{Kind::kLease, 0x1122334455667788, R"({"a":[1,2,{"b":"ü"}],"z":null})", {}};
  m.arrays.push_back(Array::of("tokens", std::vector<std::int32_t>{1, -2, 3}));
  m.arrays.push_back(Array::of("empty", std::vector<float>{}));
  m.arrays.push_back(Array::of("ids", std::vector<std::uint16_t>{65535, 0}));
  m.arrays.push_back(Array::of("values", std::vector<double>{0.1}));
  m.arrays.push_back(Array::of("flags", std::vector<std::uint8_t>{1, 0, 1}));
  return m;
}

TEST(Message, SurvivesTheWire) {
  const Message out = decode(encode(example()));
  EXPECT_EQ(out.kind, Kind::kLease);
  EXPECT_EQ(out.id, 0x1122334455667788u);
  EXPECT_EQ(nlohmann::json::parse(out.json), nlohmann::json::parse(example().json));
  EXPECT_THAT(out.array<std::int32_t>("tokens"), testing::ElementsAre(1, -2, 3));
  EXPECT_TRUE(out.array<float>("empty").empty());
  EXPECT_THAT(out.array<std::uint16_t>("ids"), testing::ElementsAre(65535, 0));
  EXPECT_THAT(out.array<double>("values"), testing::ElementsAre(0.1));
  EXPECT_THAT(out.array<std::uint8_t>("flags"), testing::ElementsAre(1, 0, 1));
  EXPECT_TRUE(out.has("tokens"));
  EXPECT_FALSE(out.has("token"));
}

TEST(Message, HeaderIsAsDocumented) {
  const auto frames = encode({Kind::kStop, 258, "{}", {}});
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1], R"({"_arrays":[]})");
  const std::string wanted = std::string("LACONIC1") + std::string("\x01\x00\x14\x00\x00\x00\x00\x00", 8) +
                             std::string("\x02\x01\x00\x00\x00\x00\x00\x00", 8) + std::string("\x0e\x00\x00\x00\x00\x00\x00\x00", 8);
  EXPECT_EQ(frames[0].substr(0, 32), wanted);
  EXPECT_EQ(frames[0].size(), 40u);
}

TEST(Message, ArrayAsksForItsType) {
  const Message m = example();
  EXPECT_THROW(m.array<float>("tokens"), Error);
  EXPECT_THROW(m.array<std::int32_t>("absent"), Error);
}

TEST(Message, EncodeRefusesWhatWouldNotDecode) {
  EXPECT_THROW(encode({Kind::kStop, 0, "[]", {}}), Error);
  EXPECT_THROW(encode({Kind::kStop, 0, "{\"a\":\"\xff\"}", {}}), Error);
  EXPECT_THROW(encode({Kind::kStop, 0, "{", {}}), Error);
  EXPECT_THROW(encode({Kind::kStop, 0, "{}", {{"a", "i64", ""}}}), Error);
  EXPECT_THROW(encode({Kind::kStop, 0, "{}", {{"a", "i32", "abc"}}}), Error);
  EXPECT_THROW(encode({Kind::kStop, 0, "{}", {{"a", "u8", "x"}, {"a", "u8", "y"}}}), Error);
}

// Any change of any bit, of any frame's length, or of the frames' number is noticed.
TEST(Message, EveryMutationIsAnError) {
  const auto good = encode(example());
  PhiloxStream random(20240517, 0);
  for (int round = 0; round < 20000; ++round) {
    auto frames = good;
    const int changes = 1 + static_cast<int>(random.below(3));
    for (int c = 0; c < changes && !frames.empty(); ++c) {
      std::string& frame = frames[random.below(static_cast<std::uint32_t>(frames.size()))];
      const auto at = frame.empty() ? 0 : random.below(static_cast<std::uint32_t>(frame.size()));
      switch (random.below(7)) {
        case 0: case 1: if (!frame.empty()) frame[at] = static_cast<char>(frame[at] ^ (1 << random.below(8))); break;
        case 2: frame.resize(at); break;
        case 3: frame.insert(at, 1, static_cast<char>(random.below(256))); break;
        case 4: frames.erase(frames.begin() + random.below(static_cast<std::uint32_t>(frames.size()))); break;
        case 5: frames.insert(frames.begin() + random.below(static_cast<std::uint32_t>(frames.size())), std::string(random.below(64), 'x')); break;
        case 6: std::swap(frames.front(), frames.back()); break;
      }
    }
    if (frames == good) continue;
    EXPECT_THROW(decode(frames), Error) << "round " << round;
  }
}

// The same with the checksum and lengths made right again: what is behind them is checked, too.
TEST(Message, MutatedJsonWithARightChecksumNeverEscapes) {
  const Message base = example();
  const auto good = encode(base);
  PhiloxStream random(7, 0);
  int accepted = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = good[1];
    const int changes = 1 + static_cast<int>(random.below(4));
    for (int c = 0; c < changes; ++c) text[random.below(static_cast<std::uint32_t>(text.size()))] = "0123456789[]{},:\"atin_\xff"[random.below(24)];
    try {
      auto frames = encode({base.kind, base.id, text, base.arrays});  // throws on broken JSON
      const Message m = decode(frames);
      EXPECT_EQ(m.arrays.size(), base.arrays.size());
      ++accepted;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace laconic::wire
