#include <cmath>
#include <cstring>

#include "pipeline/metrics_log.h"
#include "pipeline/tensorboard.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

TEST(TensorBoard, Crc32cVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);                    // the check value of CRC-32/ISCSI
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);          // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);        // RFC 3720, B.4
  const std::uint32_t crc = crc32c("foo");
  EXPECT_EQ(masked_crc32c("foo"), ((crc >> 15) | (crc << 17)) + 0xa282ead8u);
}

template <class T>
T take(const std::string& bytes, std::size_t& at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  at += sizeof value;
  return value;
}

// A record's payload, its frame checked.
std::string payload(const std::string& bytes, std::size_t& at) {
  const std::string length_bytes = bytes.substr(at, 8);
  const auto length = take<std::uint64_t>(bytes, at);
  EXPECT_EQ(take<std::uint32_t>(bytes, at), masked_crc32c(length_bytes));
  const std::string body = bytes.substr(at, length);
  at += length;
  EXPECT_EQ(take<std::uint32_t>(bytes, at), masked_crc32c(body));
  return body;
}

TEST(TensorBoard, RecordsAreFramedEventsByTheBook) {
  std::size_t at = 0;
  // Event{wall_time: 1.5, file_version: "brain.Event:2"}
  EXPECT_EQ(payload(version_record(1.5), at), std::string("\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x1a\x0d", 11) + "brain.Event:2");
  at = 0;
  // Event{wall_time: 1.5, step: 300, summary{value{tag: "a", simple_value: 0.5}}}
  EXPECT_EQ(payload(event_record(1.5, 300, {{"a", 0.5}}), at),
            std::string("\x09\x00\x00\x00\x00\x00\x00\xf8\x3f" "\x10\xac\x02" "\x2a\x0a" "\x0a\x08" "\x0a\x01" "a" "\x15\x00\x00\x00\x3f", 24));
}

TEST(MetricsLog, LinesAndEventsAreAppended) {
  Scratch scratch;
  const fs::path file = scratch.path() / "metrics.jsonl";
  {
    MetricsLog log(file, scratch.path() / "tb", 10);
    log.write({"rl", "rl", 1, 11.5, {{"reward", 0.25}}});
    log.write({"rl", "eval", 1, 12, {{"accuracy", 1}, {"broken", std::nan("")}}});
  }
  EXPECT_EQ(read_file(file),
            "{\"stage\":\"rl\",\"type\":\"rl\",\"step\":1,\"time\":11.5,\"reward\":0.25}\n"
            "{\"stage\":\"rl\",\"type\":\"eval\",\"step\":1,\"time\":12.0,\"accuracy\":1.0,\"broken\":null}\n");
  std::string events;
  for (const auto& entry : fs::directory_iterator(scratch.path() / "tb")) events = read_file(entry.path());
  std::size_t at = 0;
  payload(events, at);
  EXPECT_NE(payload(events, at).find("rl/reward"), std::string::npos);
  EXPECT_NE(payload(events, at).find("rl/eval/accuracy"), std::string::npos);
  EXPECT_EQ(at, events.size());
}

TEST(MetricsLog, CutsBackToACheckpointAndDropsHalfALine) {
  Scratch scratch;
  const fs::path file = scratch.path() / "metrics.jsonl";
  const std::string one = "{\"stage\":\"sft\",\"type\":\"sft\",\"step\":9}\n", two = "{\"stage\":\"rl\",\"type\":\"rl\",\"step\":2}\n",
                    eval = "{\"stage\":\"rl\",\"type\":\"eval\",\"step\":2}\n", three = "{\"stage\":\"rl\",\"type\":\"rl\",\"step\":3}\n";
  append_file(file, one + two + eval + three + "{\"stage\":\"rl\",\"ty");
  cut_metrics(file, [](const std::string& stage, const std::string& type, int step) { return stage == "sft" || (type == "rl" && step <= 2); });
  EXPECT_EQ(read_file(file), one + two);
  append_file(file, "{\"half");
  MetricsLog log(file, scratch.path() / "tb", 1);
  EXPECT_EQ(read_file(file), one + two) << "a half line is cut when the log is opened";
}

TEST(MetricsLog, ParsesNumbersOnly) {
  EXPECT_EQ(parse_metrics(R"({"a":1,"b":null,"c":"x","d":2.5})"), (std::map<std::string, double>{{"a", 1}, {"d", 2.5}}));
  EXPECT_TRUE(parse_metrics("nonsense").empty());
}

}  // namespace
}  // namespace laconic::pipeline
