// What may cross: a table of frames (cases/proxy_frames.jsonl: add a line, no C++). tests/fuzz/fuzz_code_proxy_value.cc sends random ones.
#include "verifiers/code/proxy_value.h"

#include <gmock/gmock.h>

#include "tests/verifiers_code/cases.h"

namespace laconic::verifiers::code {
namespace {

using testing::HasSubstr;

// "repeat": [before, unit, times, closing unit, after]
std::string body_of(const nlohmann::json& row) {
  if (!row.contains("repeat")) return row.at("body");
  const auto& r = row.at("repeat");
  std::string body = r[0];
  for (int i = 0; i < r[2].get<int>(); ++i) body += r[1].get<std::string>();
  for (int i = 0; i < r[2].get<int>(); ++i) body += r[3].get<std::string>();
  return body + r[4].get<std::string>();
}

TEST(ProxyValue, FramesOfTheTable) {
  for (const auto& row : cases("proxy_frames.jsonl")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    const std::string body = body_of(row);
    std::string canonical, problem;
    if (row.at("side") == "reply") {
      const ReplyFrame frame = read_reply(body);
      canonical = frame.canonical, problem = frame.problem;
    } else {
      const RequestFrame frame = read_request(body);
      canonical = frame.canonical, problem = frame.problem;
    }
    const std::string expected = row.at("problem");
    if (expected.empty()) {
      EXPECT_EQ(problem, "");
      EXPECT_EQ(canonical, row.value("canonical", body));
    } else {
      EXPECT_THAT(problem, HasSubstr(expected));
      EXPECT_EQ(canonical, "") << "nothing of a refused frame goes further";
    }
  }
}

TEST(ProxyValue, InvalidUtf8IsRefused) {
  for (const std::string bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    EXPECT_NE(read_reply("[1,\"value\",\"" + bytes + "\"]").problem, "");
}

TEST(ProxyValue, CanonicalFormIsItsOwn) {
  for (const auto& row : cases("proxy_frames.jsonl")) {
    if (!row.at("problem").get<std::string>().empty() || row.at("side") != "reply") continue;
    const ReplyFrame once = read_reply(body_of(row));
    EXPECT_EQ(read_reply(once.canonical).canonical, once.canonical);
  }
}

}  // namespace
}  // namespace laconic::verifiers::code
