#include "wire/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <zmq.h>

#include "base/error.h"
#include "base/file.h"

namespace laconic::wire {
namespace {

using testing::HasSubstr;

class Connection : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/laconic-wire-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string ipc(const std::string& name) const { return "ipc://" + (folder_ / name).string(); }

  fs::path folder_;
  Context context_;
};

TEST_F(Connection, CarriesMessagesBothWays) {
  for (const std::string& endpoint : {ipc("hub"), std::string("inproc://hub")}) {
    HubSocket hub(context_, endpoint);
    RoleSocket role(context_, endpoint, "rollout-0");
    Message big{Kind::kResult, 7, R"({"a":1})", {Array::of("x", std::vector<float>(300000, 1.5f))}};
    role.send(big);
    const auto in = hub.receive(10);
    ASSERT_TRUE(in);
    EXPECT_EQ(in->peer, "rollout-0");
    EXPECT_EQ(in->message.id, 7u);
    EXPECT_EQ(in->message.array<float>("x"), std::vector<float>(300000, 1.5f));
    EXPECT_TRUE(hub.send("rollout-0", {Kind::kStop}));
    const auto answer = role.receive(10);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, Kind::kStop);
  }
}

TEST_F(Connection, AnUnknownPeerIsAnAnswer) {
  HubSocket hub(context_, "inproc://hub");
  EXPECT_FALSE(hub.send("verifier-9", {Kind::kStop}));
}

TEST_F(Connection, TheHubAnswersHeartbeats) {
  HubSocket hub(context_, "inproc://hub");
  RoleSocket role(context_, "inproc://hub", "rollout-0");
  role.send({Kind::kHeartbeat, 0, R"({"state":"idle"})", {}});
  ASSERT_TRUE(hub.receive(10));
  const auto answer = role.receive(10);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, Kind::kHeartbeat);
}

TEST_F(Connection, TwoHubsAtOneEndpointAreAnError) {
  for (const std::string& endpoint : {ipc("hub"), std::string("inproc://hub"), std::string("tcp://127.0.0.1:47115")}) {
    const HubSocket first(context_, endpoint);
    try {
      Context another;
      const HubSocket second(endpoint[0] == 'i' && endpoint[1] == 'n' ? context_ : another, endpoint);
      ADD_FAILURE() << endpoint;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(endpoint));
      EXPECT_THAT(error.next(), HasSubstr("laconic runs"));
    }
  }
}

TEST_F(Connection, AStaleSocketFileIsTakenOver) {
  const std::string endpoint = ipc("hub");
  { Context old; HubSocket hub(old, endpoint); }
  write_file_durably(folder_ / "hub", "left behind");
  const HubSocket hub(context_, endpoint);
}

TEST_F(Connection, UselessEndpointsAreNamed) {
  const std::string deep = ipc(std::string(120, 'x'));
  for (const auto& [endpoint, reason] : std::vector<std::pair<std::string, std::string>>{
           {deep, "107"}, {ipc("absent/hub"), "No such file"}, {"nonsense", "nonsense"}, {"foo://bar", "foo://bar"}}) {
    try {
      const HubSocket hub(context_, endpoint);
      ADD_FAILURE() << endpoint;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(reason));
      EXPECT_THAT(error.message(), HasSubstr(endpoint));
      EXPECT_FALSE(error.next().empty());
    }
  }
  EXPECT_THROW(RoleSocket(context_, deep, "rollout-0"), Error);
  EXPECT_THROW(RoleSocket(context_, "nonsense", "rollout-0"), Error);
}

TEST_F(Connection, MalformedMessagesAreCountedAndSkipped) {
  HubSocket hub(context_, ipc("hub"));
  void* zmq = ::zmq_ctx_new();
  void* rogue = ::zmq_socket(zmq, ZMQ_DEALER);
  ::zmq_setsockopt(rogue, ZMQ_ROUTING_ID, "rogue", 5);
  ASSERT_EQ(::zmq_connect(rogue, ipc("hub").c_str()), 0);
  ::zmq_send(rogue, "hello", 5, ZMQ_SNDMORE);
  ::zmq_send(rogue, "world", 5, 0);
  ::zmq_send(rogue, "", 0, 0);
  const auto frames = encode({Kind::kHello, 1, "{}", {}});
  ::zmq_send(rogue, frames[0].data(), frames[0].size(), ZMQ_SNDMORE);
  ::zmq_send(rogue, frames[1].data(), frames[1].size(), 0);
  const auto in = hub.receive(10);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->message.kind, Kind::kHello);
  EXPECT_EQ(hub.malformed(), 2);
  ::zmq_close(rogue);
  ::zmq_ctx_term(zmq);
}

TEST_F(Connection, ARestartedRoleTakesItsNameOver) {
  HubSocket hub(context_, ipc("hub"));
  RoleSocket first(context_, ipc("hub"), "rollout-0");
  first.send({Kind::kHello});
  ASSERT_TRUE(hub.receive(10));
  RoleSocket second(context_, ipc("hub"), "rollout-0");
  second.send({Kind::kHello});
  ASSERT_TRUE(hub.receive(10));
  ASSERT_TRUE(hub.send("rollout-0", {Kind::kStop}));
  EXPECT_TRUE(second.receive(10));
}

}  // namespace
}  // namespace laconic::wire
