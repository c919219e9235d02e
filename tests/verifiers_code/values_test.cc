#include "verifiers/code/values.h"

#include "tests/verifiers_code/cases.h"

namespace laconic::verifiers::code {
namespace {

std::string frame(const std::string& body) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(body.size() >> 8 * i);
  return bytes + body;
}

// Tagged or plain, and what it equals: {"got": tagged, "expected": plain JSON text or tagged, …}.
TEST(Values, EqualityCases) {
  for (const auto& test : cases("values.jsonl")) {
    std::string problem;
    const auto got = read_tagged(test["got"].get<std::string>(), problem);
    ASSERT_TRUE(got) << test << " " << problem;
    const auto expected = test.contains("plain") ? read_plain(test["plain"].get<std::string>(), problem) : read_tagged(test["tagged"].get<std::string>(), problem);
    ASSERT_TRUE(expected) << test << " " << problem;
    EXPECT_EQ(equal_values(*got, *expected), test["equal"].get<bool>()) << test;
    const auto again = read_tagged(write_tagged(*got), problem);
    ASSERT_TRUE(again) << write_tagged(*got) << " " << problem;
    EXPECT_EQ(write_tagged(*again), write_tagged(*got));
    EXPECT_EQ(to_text(*got), test.value("shown", to_text(*got)));
  }
}

TEST(Values, WhatIsNoValueIsRefused) {
  for (const auto& test : cases("bad_values.jsonl")) {
    std::string problem;
    EXPECT_FALSE(read_tagged(test["text"].get<std::string>(), problem)) << test;
    EXPECT_FALSE(problem.empty()) << test;
  }
}

TEST(Frames, OneAndNothingElse) {
  std::string problem;
  const std::string good = frame("{\"v\":[1,2]}");
  EXPECT_TRUE(read_frame(good, problem));
  EXPECT_FALSE(read_frame("", problem));
  EXPECT_FALSE(read_frame(good + good, problem)) << "two frames";
  EXPECT_FALSE(read_frame(good + "x", problem));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(read_frame(good.substr(0, n), problem)) << n;
  EXPECT_FALSE(read_frame(frame("{\"v\":1,\"v\":2}"), problem));
  EXPECT_FALSE(read_frame(frame("{\"w\":1}"), problem));
  EXPECT_FALSE(read_frame(frame("[1]"), problem));
  EXPECT_FALSE(read_frame(frame("{\"v\":\"\xff\xfe\"}"), problem)) << "invalid UTF-8";
  EXPECT_FALSE(read_frame(frame("{\"v\":NaN}"), problem));
  EXPECT_FALSE(read_frame(std::string("\xff\xff\xff\xff{}", 6), problem));
  EXPECT_FALSE(read_frame(frame("{\"error\":\"a value of type Cheat\"}"), problem));
  EXPECT_EQ(problem, "a value of type Cheat");
}

TEST(Frames, DeepAndLargeOnesAreBounded) {
  std::string problem;
  for (const int depth : {300, 10000, 1000000}) {
    const std::string deep = std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
    EXPECT_FALSE(read_frame(frame("{\"v\":" + deep + "}"), problem)) << depth;
    EXPECT_FALSE(read_plain(deep, problem)) << depth;
  }
  std::string list = "[0";
  for (int i = 0; i < kMaxValueNodes; ++i) list += ",0";
  EXPECT_FALSE(read_frame(frame("{\"v\":" + list + "]}"), problem));
  std::string text(2 << 20, 'a');
  EXPECT_TRUE(read_frame(frame("{\"v\":\"" + text + "\"}"), problem)) << "two megabytes are a long text, no more";
  EXPECT_FALSE(read_tagged(std::string(200000, '9'), problem)) << "digits of an integer";
  EXPECT_TRUE(read_tagged("{\"i\":\"" + std::string(2 << 20, 'f') + "\"}", problem));
}

TEST(Values, LargeIntegersAreExact) {
  std::string problem;
  const auto hex = read_tagged("{\"i\":\"de0b6b3a7640000\"}", problem), big = read_tagged("{\"i\":\"-c9f2c9cd04674edea40000000\"}", problem);
  ASSERT_TRUE(hex && big);
  EXPECT_TRUE(equal_values(*hex, *read_plain("1000000000000000000", problem)));
  EXPECT_TRUE(equal_values(*big, *read_plain("-1000000000000000000000000000000", problem)));
  EXPECT_FALSE(equal_values(*big, *read_plain("-1000000000000000000000000000001", problem)));
}

}  // namespace
}  // namespace laconic::verifiers::code
