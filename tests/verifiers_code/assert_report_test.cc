#include "verifiers/code/assert_report.h"

#include <gtest/gtest.h>

#include <set>

namespace laconic::verifiers::code {
namespace {

using Status = TestReport::Status;

std::string framed(const std::string& body) {
  std::string frame;
  for (int i = 0; i < 4; ++i) frame += static_cast<char>(body.size() >> (8 * i));
  return frame + body;
}

std::string report(const std::string& nonce, const std::string& status) {
  return framed(R"({"nonce":")" + nonce + R"(","status":")" + status + R"(","detail":"d"})");
}

TEST(TestReport, BelievedOnlyWithItsNonceAndAlone) {
  EXPECT_EQ(read_test_report(report("n", "passed"), "n").status, Status::kPassed);
  EXPECT_EQ(read_test_report(report("n", "failed"), "n").status, Status::kFailed);
  EXPECT_EQ(read_test_report(report("n", "failed"), "n").detail, "d");
  EXPECT_EQ(read_test_report(report("n", "broken"), "n").status, Status::kBroken);
  EXPECT_EQ(read_test_report(report("n", "unsplit"), "n").status, Status::kUnsplit);
  const std::string good = report("n", "passed");
  for (const std::string& bytes : {std::string(), std::string("abc"), report("m", "passed"), report("", "passed"), report("n", "PASSED"), good + good,
                                   good + "x", good.substr(0, good.size() - 1), framed("[]"), framed("passed"), framed(R"({"nonce":"n"})")})
    EXPECT_EQ(read_test_report(bytes, "n").status, Status::kNone) << bytes;
  EXPECT_EQ(read_test_report(report("", "passed"), "").status, Status::kNone) << "a run without a nonce believes nothing";
}

TEST(TestReport, NoncesDiffer) {
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) nonces.insert(new_nonce());
  EXPECT_EQ(nonces.size(), 100u);
  EXPECT_EQ(nonces.begin()->size(), 32u);
}

TEST(FailedAssertion, IsTakenFromTheLibrarysWords) {
  EXPECT_EQ(failed_assertion("a.out: test.cc:5: int main(): Assertion `f(2) == 4' failed.\n"), "f(2) == 4");
  EXPECT_EQ(failed_assertion("terminate called after throwing"), "");
  EXPECT_EQ(failed_assertion("' failed. Assertion `"), "");
}

}  // namespace
}  // namespace laconic::verifiers::code
