#include "trajectory/codec.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/trajectory/samples.h"

namespace laconic::trajectory {
namespace {

TEST(Codec, FloatsKeepEveryBit) {
  PhiloxStream random(11, 0);
  for (int count : {0, 1, 2, 17, 4096}) {
    const std::vector<float> values = random_bits(random, count);
    EXPECT_EQ(bits(decode_float(encode_array(values), "test")), bits(values)) << count;
  }
}

TEST(Codec, IdsAreNarrowedOnlyWhenTheyFit) {
  std::vector<std::uint16_t> small(1000), wide(1000);
  PhiloxStream random(12, 0);
  for (auto& v : small) v = static_cast<std::uint16_t>(random.below(256));
  wide = small;
  wide[500] = 256;
  EXPECT_EQ(decode_uint16(encode_array(small), "test"), small);
  EXPECT_EQ(decode_uint16(encode_array(wide), "test"), wide);
  EXPECT_EQ(encode_array(small)[1], 1);
  EXPECT_EQ(encode_array(wide)[1], 2);
  EXPECT_LE(encode_array(small).size(), 1016u);
}

TEST(Codec, LayoutIsTheDocumentedOne) {
  const std::vector<std::int32_t> values = {1, -2};
  const std::string blob = encode_array(values);
  ASSERT_EQ(blob.size(), 24u);  // too small to compress: plain
  EXPECT_EQ(blob.substr(0, 4), std::string("\0\4\0\0", 4));
  EXPECT_EQ(blob.substr(8), std::string("\x08\0\0\0\0\0\0\0\x01\0\0\0\xFE\xFF\xFF\xFF", 16));
  EXPECT_EQ(encode_array(std::vector<std::int32_t>(1000, 7))[0], 1);  // zstd
}

TEST(Codec, EveryTruncationAndEveryFlippedByteIsAnErrorNamingTheSample) {
  for (const std::size_t count : {std::size_t{3}, std::size_t{400}}) {
    const std::vector<std::int32_t> values(count, 7);
    const std::string blob = encode_array(values);
    for (std::size_t cut = 1; cut < blob.size(); ++cut) EXPECT_THROW(decode_int32(blob.substr(0, cut), "s0/train/1/0/0/0"), Error) << cut;
    for (std::size_t i = 0; i < blob.size(); ++i) {
      if (i == 2 || i == 3) continue;  // reserved
      std::string altered = blob;
      altered[i] = static_cast<char>(altered[i] ^ 0x41);
      try {
        // A zstd frame has a few header bits that do not change its content; content must never change silently.
        EXPECT_EQ(decode_int32(altered, "s0/train/1/0/0/0"), values) << i;
      } catch (const Error& error) {
        EXPECT_EQ(error.where(), "s0/train/1/0/0/0");
      }
    }
  }
}

TEST(Codec, AnotherElementSizeIsRefused) {
  EXPECT_THROW(decode_uint16(encode_array(std::vector<std::int32_t>{1, 2}), "test"), Error);
  EXPECT_THROW(decode_float(encode_array(std::vector<std::uint16_t>{300}), "test"), Error);
}

}  // namespace
}  // namespace laconic::trajectory
