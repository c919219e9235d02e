#include "rollout/role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/weights/safetensors.h"
#include "rollout/engine.h"
#include "tests/rollout/tiny_model.h"
#include "wire/connection.h"
#include "wire/weight_channel.h"

namespace laconic::rollout {
namespace {

using testing::HasSubstr;
using wire::Kind;
using wire::Message;

// 310 ids, so that ten rows of the model's embedding are padding.
std::string tokenizer_json() {
  PhiloxStream random(5, 0);
  std::vector<std::string> lines(100);
  for (std::string& line : lines)
    for (int i = 0; i < 60; ++i) line += static_cast<char>('a' + random.below(8));
  return model::train_tokenizer(lines, testing_model::config().token_count);
}

class Role : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/laconic-rollout-XXXXXX";
    folder_ = ::mkdtemp(name);
    model::Config c = testing_model::config();
    write_file_durably(folder_ / "config.json", model::config_json(c));
    write_file_durably(folder_ / "tokenizer.json", tokenizer_json());
    role_ = std::async(std::launch::async, [this] { serve(context_, "inproc://hub", "rollout-0"); });
  }
  void TearDown() override {
    if (role_.valid()) hub_.send("rollout-0", {Kind::kStop}), role_.wait();
    fs::remove_all(folder_);
  }

  Message expect(Kind kind) {
    while (true) {
      auto in = hub_.receive(30);
      if (!in) break;
      if (in->message.kind == Kind::kHeartbeat && kind != Kind::kHeartbeat) continue;
      EXPECT_EQ(wire::name_of(in->message.kind), wire::name_of(kind)) << in->message.json;
      return in->message;
    }
    ADD_FAILURE() << "nothing came, expected " << wire::name_of(kind);
    return {};
  }
  void send(const Message& m) { EXPECT_TRUE(hub_.send("rollout-0", m)); }
  void configure(int threads = 1) {
    expect(Kind::kHello);
    const nlohmann::json options = {{"model", folder_.string()}, {"threads", threads}, {"kv_mb", 1}, {"prefill_tokens", 16}, {"spin", false}};
    send({Kind::kConfigure, 0, options.dump(), {}});
    EXPECT_EQ(nlohmann::json::parse(expect(Kind::kReady).json)["weights"], nullptr);
  }
  wire::WeightsNotice publish(std::int32_t version, std::uint64_t seed) {
    const auto tensors = model::initial_weights(testing_model::config(), seed, model::DType::kBF16);
    return wire::publish_weights(folder_ / wire::weights_file_name(1, version), 1, version, model::safetensors_bytes(tensors));
  }
  void load(const wire::WeightsNotice& notice) {
    send(wire::encode_weights(notice));
    EXPECT_EQ(nlohmann::json::parse(expect(Kind::kReady).json)["weights"], nlohmann::json({{"stage", 1}, {"version", notice.version}}));
  }
  std::string failure_of(std::uint64_t id) {
    const Message m = expect(Kind::kFailure);
    EXPECT_EQ(m.id, id);
    EXPECT_EQ(nlohmann::json::parse(m.json)["fatal"], false);
    return nlohmann::json::parse(m.json)["what"];
  }

  fs::path folder_;
  wire::Context context_;
  wire::HubSocket hub_{context_, "inproc://hub"};
  std::future<void> role_;
};

trajectory::Group alone(const wire::RolloutLease& lease, std::uint64_t seed) {
  ThreadTeam team(1);
  Engine engine(testing_model::model(seed), team, {});
  engine.submit(0, lease);
  trajectory::Group out;
  while (!engine.idle()) engine.step([&](std::uint64_t, trajectory::Group g) { out = std::move(g); });
  return out;
}

wire::RolloutLease lease_for(std::int32_t draw, std::int32_t version, std::int32_t max_tokens = 20) {
  wire::RolloutLease lease = testing_model::request(draw, 12, 3, max_tokens);
  lease.weight_version = version;
  return lease;
}

TEST_F(Role, AnswersLeasesOfTheVersionItHolds) {
  configure(2);
  send(wire::encode_rollout_lease(1, lease_for(0, 0)));
  EXPECT_THAT(failure_of(1), HasSubstr("no weights"));
  load(publish(0, 7));
  send(wire::encode_rollout_lease(2, lease_for(0, 0)));
  const Message result = expect(Kind::kResult);
  EXPECT_EQ(result.id, 2u);
  const trajectory::Group group = wire::decode_group(result), reference = alone(lease_for(0, 0), 7);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(group.samples[i].tokens, reference.samples[i].tokens);
    EXPECT_EQ(group.samples[i].logprob, reference.samples[i].logprob);
  }
  send(wire::encode_rollout_lease(3, lease_for(0, 1)));
  EXPECT_THAT(failure_of(3), HasSubstr("version 1 of stage 1, held is version 0"));
  wire::RolloutLease broken = lease_for(0, 0, 500);
  send(wire::encode_rollout_lease(4, broken));
  EXPECT_THAT(failure_of(4), HasSubstr("positions"));
  send({Kind::kStop});
  EXPECT_NO_THROW(role_.get());
}

TEST_F(Role, FinishesItsLeasesBeforeItSwitches) {
  configure();
  const wire::WeightsNotice old_weights = publish(0, 7), new_weights = publish(1, 8);
  load(old_weights);
  wire::RolloutLease long_lease = lease_for(0, 0, 240);
  long_lease.samples = 24;
  send(wire::encode_rollout_lease(1, long_lease));
  send(wire::encode_rollout_lease(2, lease_for(1, 0, 100)));
  send(wire::encode_weights(new_weights));
  send(wire::encode_rollout_lease(3, lease_for(2, 1)));
  EXPECT_THAT(failure_of(3), HasSubstr("is to come"));
  std::map<std::uint64_t, trajectory::Group> groups;
  for (int i = 0; i < 2; ++i) {
    const Message m = expect(Kind::kResult);
    groups[m.id] = wire::decode_group(m);
  }
  EXPECT_EQ(nlohmann::json::parse(expect(Kind::kReady).json)["weights"]["version"], 1);
  EXPECT_EQ(groups[1].samples[23].tokens, alone(long_lease, 7).samples[23].tokens);
  EXPECT_EQ(groups[2].samples[0].tokens, alone(lease_for(1, 0, 100), 7).samples[0].tokens);
  send(wire::encode_rollout_lease(4, lease_for(2, 1)));
  EXPECT_EQ(wire::decode_group(expect(Kind::kResult)).samples[0].tokens, alone(lease_for(2, 1), 8).samples[0].tokens);
}

TEST_F(Role, ForgetsCancelledAndOverdueLeases) {
  configure();
  load(publish(0, 7));
  wire::RolloutLease overdue = lease_for(0, 0, 200);
  overdue.deadline_seconds = 1e-9;
  send(wire::encode_rollout_lease(1, overdue));
  EXPECT_THAT(failure_of(1), HasSubstr("deadline"));
  send(wire::encode_rollout_lease(2, lease_for(0, 0, 200)));
  send({Kind::kCancel, 2});
  send(wire::encode_rollout_lease(3, lease_for(1, 0, 5)));
  EXPECT_EQ(expect(Kind::kResult).id, 3u);
}

TEST_F(Role, DamagedWeightsEndIt) {
  configure();
  wire::WeightsNotice notice = publish(0, 7);
  notice.hash[0] = notice.hash[0] == 'a' ? 'b' : 'a';
  send(wire::encode_weights(notice));
  const auto failure = nlohmann::json::parse(expect(Kind::kFailure).json);
  EXPECT_EQ(failure["fatal"], true);
  EXPECT_THAT(failure["what"].get<std::string>(), HasSubstr("SHA-256"));
  EXPECT_THROW(role_.get(), Error);
}

}  // namespace
}  // namespace laconic::rollout
