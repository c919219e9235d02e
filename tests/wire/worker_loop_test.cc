#include "wire/worker_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "wire/protocol.h"

namespace laconic::wire {
namespace {

using testing::HasSubstr;

constexpr LoopLimits kQuick{0.02, 30};

// Counts down from the lease's id, one a work() call, then answers.
class Countdown : public RoleHandler {
 public:
  std::string configure(const Message& message, Link&) override {
    if (message.json == R"({"bad":true})") throw Error("bad configuration", "test");
    return R"({"weights":null})";
  }
  void handle(Message&& message, Link&) override {
    if (message.id == 13) throw Error("unlucky", "lease 13");
    left_ = lease_ = message.id;
  }
  bool work(Link& link) override {
    if (lease_ == 666) throw std::runtime_error("broken for good");
    if (left_ == 0) return false;
    if (--left_ == 0) link.send({Kind::kResult, lease_});
    return left_ > 0;
  }

 private:
  std::uint64_t lease_ = 0, left_ = 0;
};

class WorkerLoop : public testing::Test {
 protected:
  void start(LoopLimits limits = kQuick) {
    role_ = std::async(std::launch::async, [this, limits] { run_role(context_, "inproc://hub", "rollout-2", "rollout", handler_, limits); });
  }
  Message expect(Kind kind) {
    for (int tries = 0; tries < 2000; ++tries) {
      auto in = hub_.receive(20);
      if (!in) break;
      if (in->message.kind == Kind::kHeartbeat && kind != Kind::kHeartbeat) continue;
      EXPECT_EQ(name_of(in->message.kind), name_of(kind)) << in->message.json;
      return in->message;
    }
    ADD_FAILURE() << "nothing came, expected " << name_of(kind);
    return {};
  }
  void send(const Message& m) { EXPECT_TRUE(hub_.send("rollout-2", m)); }

  Context context_;
  HubSocket hub_{context_, "inproc://hub"};
  Countdown handler_;
  std::future<void> role_;
};

TEST_F(WorkerLoop, HelloConfigureWorkStop) {
  start();
  const Hello hello = decode_hello(expect(Kind::kHello));
  EXPECT_EQ(hello.role, "rollout");
  EXPECT_EQ(hello.index, 2);
  send({Kind::kLease, 5});
  EXPECT_THAT(expect(Kind::kFailure).json, HasSubstr("before the configuration"));
  send({Kind::kConfigure});
  EXPECT_EQ(nlohmann::json::parse(expect(Kind::kReady).json), nlohmann::json({{"weights", nullptr}}));
  send({Kind::kLease, 5});
  EXPECT_EQ(expect(Kind::kResult).id, 5u);
  send({Kind::kLease, 13});
  const Message failure = expect(Kind::kFailure);
  EXPECT_EQ(failure.id, 13u);
  EXPECT_EQ(nlohmann::json::parse(failure.json)["fatal"], false);
  const auto beat = nlohmann::json::parse(expect(Kind::kHeartbeat).json);
  EXPECT_EQ(beat["state"], "idle");
  EXPECT_EQ(beat["waiting_for"], "hub");
  send({Kind::kStop});
  role_.get();
}

TEST_F(WorkerLoop, AFailedConfigurationIsFatal) {
  start();
  expect(Kind::kHello);
  send({Kind::kConfigure, 0, R"({"bad":true})", {}});
  const auto failure = nlohmann::json::parse(expect(Kind::kFailure).json);
  EXPECT_EQ(failure["what"], "bad configuration");
  EXPECT_EQ(failure["fatal"], true);
  EXPECT_THROW(role_.get(), Error);
}

TEST_F(WorkerLoop, AnExceptionAtWorkIsReportedAndEndsTheRole) {
  start();
  expect(Kind::kHello);
  send({Kind::kConfigure});
  expect(Kind::kReady);
  send({Kind::kLease, 666});
  const auto failure = nlohmann::json::parse(expect(Kind::kFailure).json);
  EXPECT_EQ(failure["what"], "broken for good");
  EXPECT_EQ(failure["fatal"], true);
  EXPECT_THROW(role_.get(), std::runtime_error);
}

TEST_F(WorkerLoop, ASilentHubEndsTheRole) {
  start({0.02, 0.3});  // nobody receives, so nobody answers
  try {
    role_.get();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("nothing heard from the hub"));
    EXPECT_THAT(error.message(), HasSubstr("inproc://hub"));
    EXPECT_EQ(error.where(), "rollout-2");
  }
}

TEST_F(WorkerLoop, AnAnsweringHubIsNotSilent) {
  start({0.02, 0.5});
  expect(Kind::kHello);
  for (int beats = 0; beats < 60; ++beats) expect(Kind::kHeartbeat);  // 60 · 0.02 s is beyond the limit
  send({Kind::kStop});
  EXPECT_NO_THROW(role_.get());
}

TEST_F(WorkerLoop, AnIdentityHasAnIndex) {
  EXPECT_THROW(run_role(context_, "inproc://hub", "rollout", "rollout", handler_), Error);
  EXPECT_THROW(run_role(context_, "inproc://hub", "rollout-x", "rollout", handler_), Error);
}

}  // namespace
}  // namespace laconic::wire
