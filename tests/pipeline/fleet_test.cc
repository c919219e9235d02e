// The fleet alone, with time owned by the test: waits are told, hung roles are killed, a role that
// keeps dying ends the run.
#include "pipeline/hub/fleet.h"

#include <nlohmann/json.hpp>

#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

// Roles are sockets that the test drives by hand.
class ManualLauncher : public RoleLauncher {
 public:
  wire::Context& context() override { return context_; }
  std::string endpoint(const fs::path&) override { return "inproc://fleet-test"; }
  void start(const RoleCommand& command) override { started.push_back(command); }
  std::vector<RoleExit> reap() override { return std::exchange(exits, {}); }
  void kill(const std::string& identity) override { killed.push_back(identity); }
  void finish(double) override {}
  double rss_mb() override { return 12; }

  wire::Context context_;
  std::vector<RoleCommand> started;
  std::vector<RoleExit> exits;
  std::vector<std::string> killed;
};

class Notes : public Observer {
 public:
  void waiting(const WaitLine& line) override { waits.push_back(line); }
  void warning(const std::string& text) override { warnings.push_back(text); }
  std::vector<WaitLine> waits;
  std::vector<std::string> warnings;
};

class FleetTest : public ::testing::Test {
 protected:
  Scratch scratch;
  ManualClock clock;
  ManualLauncher launcher;
  Notes notes;
  Fleet fleet{launcher, scratch.path(), scratch.path(), notes, clock};

  void pump(int times = 5) {
    for (int i = 0; i < times; ++i) fleet.pump(0.01);
  }
  // A role that says hello and is ready.
  std::unique_ptr<wire::RoleSocket> connect(const std::string& identity) {
    auto socket = std::make_unique<wire::RoleSocket>(launcher.context_, "inproc://fleet-test", identity);
    socket->send(wire::encode_hello({identity.substr(0, identity.find('-')), 0, 1}));
    pump();
    const auto configure = socket->receive(5);
    EXPECT_TRUE(configure && configure->kind == wire::Kind::kConfigure);
    socket->send({wire::Kind::kReady, 0, R"({"weights":null})", {}});
    pump();
    return socket;
  }
  Work work(const std::string& name, std::function<void()> done = [] {}) {
    Work w;
    w.pool = "verifier";
    w.name = name;
    w.deadline_seconds = 60;
    w.encode = [](std::uint64_t lease) { return wire::Message{wire::Kind::kLease, lease, "{}", {}}; };
    w.done = [done](const wire::Message&) { done(); };
    return w;
  }
  void add_verifier() { fleet.add_pool({"verifier", 1, 4, {}, [] { return std::string("{}"); }}); }
};

TEST_F(FleetTest, SaysWhatItWaitsForFromWhomAndHowLong) {
  add_verifier();
  pump();
  ASSERT_EQ(launcher.started.size(), 1u);
  clock.advance(2);
  pump(1);
  EXPECT_TRUE(notes.waits.empty());
  clock.advance(2);
  pump(1);
  ASSERT_EQ(notes.waits.size(), 1u);
  EXPECT_EQ(notes.waits[0].what, "verifier-0 to start");
  const auto role = connect("verifier-0");
  fleet.add(work("verdicts of s1/train/0/0/0"));
  fleet.add(work("verdicts of s1/train/0/0/1"));
  pump();
  clock.advance(7);
  pump(1);
  ASSERT_EQ(notes.waits.size(), 2u);
  EXPECT_EQ(notes.waits[1].what, "verdicts of s1/train/0/0/0");
  EXPECT_EQ(notes.waits[1].whom, "verifier-0");
  EXPECT_EQ(notes.waits[1].seconds, 7);
  EXPECT_EQ(notes.waits[1].others, 1);
  role->send({wire::Kind::kHeartbeat, 0, R"({"state":"judging s1/train/0/0/0"})", {}});
  pump();
  clock.advance(4);
  pump(1);
  EXPECT_EQ(notes.waits.back().whom, "verifier-0 (judging s1/train/0/0/0)");
}

TEST_F(FleetTest, ResultsReachTheirWorkOnce) {
  add_verifier();
  pump();
  const auto role = connect("verifier-0");
  int done = 0;
  fleet.add(work("a", [&] { ++done; }));
  pump();
  const auto lease = role->receive(5);
  ASSERT_TRUE(lease && lease->kind == wire::Kind::kLease);
  for (int i = 0; i < 3; ++i) role->send({wire::Kind::kResult, lease->id, "{}", {}});
  pump();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(fleet.leases().duplicates(), 2);
}

TEST_F(FleetTest, AHungRoleIsKilledAndItsWorkLeasedAgain) {
  add_verifier();
  pump();
  auto role = connect("verifier-0");
  int done = 0;
  fleet.add(work("a", [&] { ++done; }));
  pump();
  EXPECT_TRUE(role->receive(5));
  clock.advance(61);
  pump();
  EXPECT_EQ(launcher.killed, std::vector<std::string>{"verifier-0"});
  role.reset();
  launcher.exits.push_back({"verifier-0", "signal 9 (Killed)"});
  pump();
  clock.advance(1);
  pump();
  ASSERT_EQ(launcher.started.size(), 2u);
  EXPECT_TRUE(launcher.started[1].restarted);
  role = connect("verifier-0");
  pump();
  const auto lease = role->receive(5);
  ASSERT_TRUE(lease);
  role->send({wire::Kind::kResult, lease->id, "{}", {}});
  pump();
  EXPECT_EQ(done, 1);
}

TEST_F(FleetTest, ARoleThatKeepsDyingEndsTheRunWithItsLog) {
  add_verifier();
  append_file(scratch.path() / "verifier-0.log", "first line\nerror: no such library\n");
  try {
    for (int i = 0; i < 10; ++i) {
      pump(1);
      launcher.exits.push_back({"verifier-0", "exit code 127"});
      pump(1);
      clock.advance(20);
    }
    ADD_FAILURE() << "it was restarted for ever";
  } catch (const Error& error) {
    const std::string text = render(error);
    for (const char* part : {"verifier-0", "exit code 127", "verifier-0.log", "no such library"}) EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(FleetTest, BackOffGrows) {
  add_verifier();
  pump(1);
  launcher.exits.push_back({"verifier-0", "exit code 1"});
  pump(1);
  pump(1);
  EXPECT_EQ(launcher.started.size(), 1u) << "not at once";
  clock.advance(0.25);
  pump(1);
  EXPECT_EQ(launcher.started.size(), 2u);
  launcher.exits.push_back({"verifier-0", "exit code 1"});
  pump(1);
  clock.advance(0.25);
  pump(1);
  EXPECT_EQ(launcher.started.size(), 2u);
  clock.advance(0.25);
  pump(1);
  EXPECT_EQ(launcher.started.size(), 3u);
}

TEST_F(FleetTest, FatalFailureEndsTheRunWithTheRolesWords) {
  add_verifier();
  pump();
  const auto role = connect("verifier-0");
  role->send({wire::Kind::kFailure, 0, R"({"what":"cannot write `x`: No space left on device","where":"weights","next":"free some space","fatal":true})", {}});
  expect_error([&] { pump(); }, {"No space left", "verifier-0", "free some space"});
}

TEST_F(FleetTest, WorkThatKeepsFailingIsGivenUpOrEndsTheRun) {
  add_verifier();
  pump();
  const auto role = connect("verifier-0");
  const auto refuse = [&] {
    for (int i = 0; i < 3; ++i) {
      pump();
      const auto lease = role->receive(5);
      ASSERT_TRUE(lease);
      role->send({wire::Kind::kFailure, lease->id, R"({"what":"bad luck","where":"here"})", {}});
    }
    pump();
  };
  std::string reason;
  Work forgiving = work("a");
  forgiving.given_up = [&](const Error& error) { reason = error.message(); };
  fleet.add(std::move(forgiving));
  refuse();
  EXPECT_EQ(reason, "bad luck");
  fleet.add(work("b"));
  expect_error(refuse, {"b failed 3 times", "bad luck"});
}

TEST_F(FleetTest, WeightsAreLoadedBeforeTheWorkThatNeedsThem) {
  fleet.add_pool({"rollout", 1, 8, {}, [] { return std::string("{}"); }});
  pump();
  const auto role = connect("rollout-0");
  Work needs = work("a");
  needs.pool = "rollout";
  needs.weights = fleet.announce({1, 4, "/x/s1-v000004.safetensors", std::string(64, 'a')});
  fleet.add(std::move(needs));
  pump();
  const auto notice = role->receive(5);
  ASSERT_TRUE(notice);
  ASSERT_EQ(notice->kind, wire::Kind::kWeights);
  EXPECT_EQ(wire::decode_weights(*notice).version, 4);
  pump();
  EXPECT_FALSE(role->receive(0.05)) << "no lease before the weights are there";
  role->send({wire::Kind::kReady, 0, R"({"weights":{"stage":1,"version":4}})", {}});
  pump();
  const auto lease = role->receive(5);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->kind, wire::Kind::kLease);
}

TEST_F(FleetTest, SecondHubOnTheSameSocketIsRefused) {
  EXPECT_THROW(Fleet(launcher, scratch.path(), scratch.path(), notes, clock), Error);
}

}  // namespace
}  // namespace laconic::pipeline
