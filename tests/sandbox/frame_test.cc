// The frames between client and launcher: whatever is cut or spoilt is refused.
#include "sandbox/frame.h"

#include <gtest/gtest.h>

namespace laconic::sandbox {
namespace {

Request sample() {
  Request q;
  q.interpreter = Interpreter::kPython;
  q.internet_sockets = true;
  q.argv = {"/box/main.py", ""};
  q.environment = {"A=b", "C="};
  q.collect = {"out"};
  q.files = {{"main.py", 12, false}, {"tool", 1 << 20, true}};
  q.paths = {{"/srv/data", "/data"}};
  q.inside = {0, 1, 2, 7};
  q.limits.wall_seconds = 32;
  q.limits.processes = 9;
  q.cpu_stop = 12;
  return q;
}

TEST(Frame, RequestRoundTrip) {
  const Request q = sample();
  const auto back = decode_request(encode(q));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(q));
  EXPECT_EQ(back->argv, q.argv);
  EXPECT_EQ(back->files[1].name, "tool");
  EXPECT_EQ(back->files[1].size, 1 << 20);
  EXPECT_TRUE(back->files[1].executable);
  EXPECT_EQ(back->inside, q.inside);
  EXPECT_EQ(back->limits.processes, 9);
  EXPECT_EQ(back->client_descriptors(), 7u);
  EXPECT_EQ(back->keeper_descriptors(), 7u);
}

TEST(Frame, ReplyRoundTrip) {
  Reply reply;
  reply.report.end = End::kDenied;
  reply.report.denied_call = "ptrace";
  reply.report.cpu_seconds = 0.25;
  reply.report.peak_memory_bytes = 123;
  reply.report.level = 'A';
  reply.collected = {"a", "b"};
  const auto back = decode_reply(encode(reply));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(reply));
  EXPECT_EQ(back->report.denied_call, "ptrace");
}

TEST(Frame, EveryPrefixAndEveryAppendedByteIsRefused) {
  const std::string frame = encode(sample());
  for (std::size_t n = 0; n < frame.size(); ++n) EXPECT_FALSE(decode_request(frame.substr(0, n))) << n;
  EXPECT_FALSE(decode_request(frame + '\0'));
  const std::string reply = encode(Reply{});
  for (std::size_t n = 0; n < reply.size(); ++n) EXPECT_FALSE(decode_reply(reply.substr(0, n))) << n;
}

TEST(Frame, SpoiltRequestsAreRefused) {
  const auto refused = [](auto spoil) {
    Request q = sample();
    spoil(q);
    return !decode_request(encode(q));
  };
  EXPECT_TRUE(refused([](Request& q) { q.argv.clear(); }));
  EXPECT_TRUE(refused([](Request& q) { q.argv = {std::string("a\0b", 3)}; }));
  EXPECT_TRUE(refused([](Request& q) { q.files[0].name = "a/b"; }));
  EXPECT_TRUE(refused([](Request& q) { q.files[0].name = ".."; }));
  EXPECT_TRUE(refused([](Request& q) { q.files[0].name = "tool"; }));
  EXPECT_TRUE(refused([](Request& q) { q.files[0].size = -1; }));
  EXPECT_TRUE(refused([](Request& q) { q.collect = {"."}; }));
  EXPECT_TRUE(refused([](Request& q) { q.environment = {"=x"}; }));
  EXPECT_TRUE(refused([](Request& q) { q.paths = {{"/a", "/"}}; }));
  EXPECT_TRUE(refused([](Request& q) { q.paths = {{"/a", "/b/.."}}; }));
  EXPECT_TRUE(refused([](Request& q) { q.inside = {1, 1}; }));
  EXPECT_TRUE(refused([](Request& q) { q.inside = {-1}; }));
  EXPECT_TRUE(refused([](Request& q) { q.inside = {kMaxInside}; }));
  EXPECT_TRUE(refused([](Request& q) { q.cpu_stop = 0.0 / 0.0; }));
  EXPECT_TRUE(refused([](Request& q) { q.limits.cpu_seconds = -1; }));
  EXPECT_TRUE(refused([](Request& q) { q.limits.memory_bytes = -5; }));
  EXPECT_TRUE(refused([](Request& q) { q.limits.processes = 0; }));
  EXPECT_TRUE(refused([](Request& q) { q.files.assign(300, {"x", 0, false}); }));
}

}  // namespace
}  // namespace laconic::sandbox
