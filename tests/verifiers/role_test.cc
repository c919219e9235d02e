// The verifier role over an inproc hub, and how faults of verifiers are kept from becoming zeros.
#include "verifiers/role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <stdexcept>

#include "base/error.h"
#include "verifiers/spec.h"
#include "wire/connection.h"

namespace laconic::verifiers {
namespace {

wire::VerifyLease lease_of(std::vector<std::string> responses) {
  wire::VerifyLease lease;
  lease.ticket = {.stage = 1, .step = 3, .draw = 2};
  lease.verifier = "integer";
  lease.prompt = "57+68=";
  lease.columns = R"({"answer":"125"})";
  lease.deadline_seconds = 30;
  for (std::size_t i = 0; i < responses.size(); ++i) lease.items.push_back({static_cast<std::int32_t>(i), responses[i], true});
  return lease;
}

class Calls : public Verifier {
 public:
  explicit Calls(std::function<Verdict()> call) : call_(std::move(call)) {}
  Verdict verify(const VerifyRequest&) const override { return call_(); }

 private:
  std::function<Verdict()> call_;
};

TEST(RunVerifier, TurnsFaultsOfTheVerifierIntoInfraErrors) {
  const auto outcome = [](std::function<Verdict()> call) { return run_verifier(Calls(std::move(call)), {}); };
  const Verdict thrown = outcome([]() -> Verdict { throw std::runtime_error("no memory left"); });
  EXPECT_EQ(thrown.outcome, Outcome::kInfraError);
  EXPECT_THAT(thrown.explanation, ::testing::HasSubstr("no memory left"));
  EXPECT_EQ(outcome([]() -> Verdict { throw 5; }).outcome, Outcome::kInfraError);
  const Verdict nan = outcome([] { return Verdict{.outcome = Outcome::kPass, .score = std::numeric_limits<double>::quiet_NaN()}; });
  EXPECT_EQ(nan.outcome, Outcome::kInfraError);
  EXPECT_EQ(nan.score, 0);
  EXPECT_EQ(outcome([] { return Verdict{.outcome = Outcome::kPass, .score = 1}; }).outcome, Outcome::kPass);
}

TEST(Registry, KnowsIntegerAndNamesTheNearest) {
  EXPECT_NE(make_verifier(VerifierSpec{}, "integer"), nullptr);
  EXPECT_THROW(make_verifier(VerifierSpec{}), Error) << "auto is no verifier by itself";
  try {
    make_verifier(VerifierSpec{}, "intger");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("intger"));
    EXPECT_THAT(error.next(), ::testing::HasSubstr("integer"));
  }
}

TEST(JudgeLease, ItemsPastTheDeadlineAreAbsentNotWrong) {
  ManualClock clock;
  const auto lease = lease_of({"a", "b", "c"});
  const Calls slow([&] {
    clock.advance(20);
    return Verdict{.outcome = Outcome::kFail};
  });
  int between = 0;
  const auto result = judge_lease(lease, slow, clock, [&] { ++between; });
  ASSERT_EQ(result.judgements.size(), 3u);
  EXPECT_EQ(result.judgements[0].outcome, Outcome::kFail);
  EXPECT_EQ(result.judgements[1].outcome, Outcome::kFail);
  EXPECT_EQ(result.judgements[2].outcome, Outcome::kInfraError);
  EXPECT_THAT(result.judgements[2].explanation, ::testing::HasSubstr("deadline"));
  EXPECT_EQ(between, 3);
}

TEST(VerifierRole, AnswersLeasesInItemOrderAndSurvivesBadOnes) {
  wire::Context context;
  const std::string endpoint = "inproc://verifier-role-test";
  wire::HubSocket hub(context, endpoint);
  auto role = std::async(std::launch::async, [&] { serve(context, endpoint, "verifier-0"); });
  // The next message of `kind`, heartbeats passed over, within ten seconds.
  const auto expect = [&](wire::Kind kind) {
    for (int tries = 0; tries < 100; ++tries) {
      auto incoming = hub.receive(0.1);
      if (incoming && incoming->message.kind == kind) return incoming->message;
    }
    ADD_FAILURE() << "no message of kind " << static_cast<int>(kind);
    return wire::Message{};
  };
  expect(wire::Kind::kHello);
  ASSERT_TRUE(hub.send("verifier-0", {wire::Kind::kConfigure, 1, R"({"verifier":{"reasoning":"think"}})", {}}));
  expect(wire::Kind::kReady);

  auto unknown = lease_of({"x"});
  unknown.verifier = "integre";
  ASSERT_TRUE(hub.send("verifier-0", wire::encode_verify_lease(7, unknown)));
  EXPECT_EQ(expect(wire::Kind::kFailure).id, 7u);

  ASSERT_TRUE(hub.send("verifier-0", wire::encode_verify_lease(8, lease_of({"</think>\\boxed{125}", "\\boxed{125}", "</think>\\boxed{7}"}))));
  const wire::Message answer = expect(wire::Kind::kResult);
  EXPECT_EQ(answer.id, 8u);
  const auto result = wire::decode_verify_result(answer);
  EXPECT_EQ(result.ticket, lease_of({}).ticket);
  ASSERT_EQ(result.judgements.size(), 3u);
  EXPECT_EQ(result.judgements[0].outcome, Outcome::kPass);
  EXPECT_EQ(result.judgements[0].score, 1);
  EXPECT_EQ(result.judgements[0].verifier, "integer");
  EXPECT_EQ(result.judgements[1].outcome, Outcome::kNoAnswer);
  EXPECT_EQ(result.judgements[2].outcome, Outcome::kFail);
  EXPECT_EQ(result.judgements[2].extracted, "7");

  ASSERT_TRUE(hub.send("verifier-0", {wire::Kind::kStop, 0, "{}", {}}));
  ASSERT_EQ(role.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NO_THROW(role.get());
}

}  // namespace
}  // namespace laconic::verifiers
