// The learner role over a socket: configured, staged, stepped, published, checkpointed, resumed.
#include "learner/role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors.h"
#include "tests/learner/support.h"
#include "wire/connection.h"
#include "wire/protocol.h"
#include "wire/weight_channel.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using nlohmann::json;
using testing::HasSubstr;

// The hub's side of one learner.
class Hub {
 public:
  Hub() : hub_(context_, "inproc://hub"), role_(std::async(std::launch::async, [this] { serve(context_, "inproc://hub", "learner-0"); })) {
    EXPECT_EQ(next().kind, wire::Kind::kHello);
  }
  ~Hub() {
    send(wire::Kind::kStop, json::object());
    role_.wait();
  }

  wire::Message configure(const fs::path& model, const fs::path& weights, bool resume) {
    send(wire::Kind::kConfigure, {{"model", model.string()}, {"threads", 2}, {"weights_dir", weights.string()}, {"resume", resume}});
    return next();
  }
  wire::Message ask(const json& task) {
    send(wire::Kind::kLease, task);
    return next();
  }
  wire::Message ask(const trajectory::Batch& batch) {
    hub_.send("learner-0", wire::encode_batch(++lease_, batch));
    return next();
  }

 private:
  void send(wire::Kind kind, const json& body) { hub_.send("learner-0", {kind, ++lease_, body.dump(), {}}); }
  wire::Message next() {
    while (true) {
      auto incoming = hub_.receive(60);
      if (!incoming) {
        ADD_FAILURE() << "the learner is silent";
        return {};
      }
      if (incoming->message.kind != wire::Kind::kHeartbeat) return incoming->message;
    }
  }

  wire::Context context_;
  wire::HubSocket hub_;
  std::uint64_t lease_ = 0;
  std::future<void> role_;
};

class RoleTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    const LearnerState state = initial_state();
    model::save_checkpoint(root_ / "start", {state.config, state.tokenizer_json, ""}, state.published.tensors(state.config, state.layout));
  }
  void TearDown() override { fs::remove_all(root_); }
  json stage(const std::string& type) const {
    return {{"task", "stage"}, {"stage", 0}, {"type", type}, {"options", {{"optimizer.lr", 0.001}}}, {"total_steps", 3}, {"reset_optimizer", true}, {"seed", 1}};
  }
  // Tokens within the tokenizer of the checkpoint on disk.
  trajectory::Batch batch(int step) const {
    trajectory::Batch b = sft_batch(4, step);
    for (std::int32_t& t : b.tokens) t %= 200;
    return b;
  }
  fs::path root_ = fs::temp_directory_path() / ("laconic-learner-role-" + std::to_string(::getpid()));
};

TEST_F(RoleTest, LearnsPublishesAndChecksPoints) {
  std::string straight;
  {
    Hub hub;
    const wire::Message ready = hub.configure(root_ / "start", root_ / "weights", false);
    ASSERT_EQ(ready.kind, wire::Kind::kReady) << ready.json;
    EXPECT_EQ(json::parse(ready.json)["threads"], 2);
    ASSERT_EQ(hub.ask(stage("sft")).kind, wire::Kind::kResult);
    const wire::StepResult first = wire::decode_step_result(hub.ask(batch(0)));
    EXPECT_EQ(first.published_version, -1);
    EXPECT_GT(json::parse(first.metrics)["loss"], 0);
    const fs::path folder = root_ / "checkpoint";
    const wire::Message saved = hub.ask(json{{"task", "checkpoint"}, {"stage", 0}, {"step", 1}, {"folder", folder.string()}});
    ASSERT_EQ(saved.kind, wire::Kind::kResult) << saved.json;
    wire::decode_step_result(hub.ask(batch(1)));
    const fs::path file = root_ / "weights" / wire::weights_file_name(0, 1);
    const wire::StepResult published = wire::decode_step_result(hub.ask(json{{"task", "publish"}, {"stage", 0}, {"version", 1}, {"path", file.string()}}));
    EXPECT_EQ(published.published_version, 1);
    EXPECT_EQ(published.weights_path, file.string());
    const auto map = wire::receive_weights({0, 1, published.weights_path, published.weights_hash});
    straight = published.weights_hash;
    model::check_tensors(tiny_config(), model::read_safetensors(file), "published");
  }
  Hub hub;
  const wire::Message ready = hub.configure(root_ / "checkpoint", root_ / "weights", true);
  ASSERT_EQ(ready.kind, wire::Kind::kReady) << ready.json;
  EXPECT_EQ(json::parse(ready.json)["resumed"], (json{{"stage", 0}, {"step", 1}}));
  wire::decode_step_result(hub.ask(batch(1)));
  const fs::path file = root_ / "weights" / wire::weights_file_name(0, 1);  // the same version: must be the same bytes
  EXPECT_EQ(wire::decode_step_result(hub.ask(json{{"task", "publish"}, {"stage", 0}, {"version", 1}, {"path", file.string()}})).weights_hash, straight);
}

TEST_F(RoleTest, EveryRlBatchPublishesItsVersion) {
  Hub hub;
  ASSERT_EQ(hub.configure(root_ / "start", root_ / "weights", false).kind, wire::Kind::kReady);
  ASSERT_EQ(hub.ask(stage("rl")).kind, wire::Kind::kResult);
  trajectory::Batch b = batch(0);
  b.objective = "grpo";
  b.logprob.assign(b.tokens.size(), -3.0f);
  b.advantage = {1, -1, 1, -1};
  const wire::StepResult result = wire::decode_step_result(hub.ask(b));
  EXPECT_EQ(result.published_version, 1);
  EXPECT_EQ(fs::path(result.weights_path), root_ / "weights" / wire::weights_file_name(0, 1));
  EXPECT_EQ(json::parse(result.metrics).count("importance_ratio/mean"), 1u);
}

TEST_F(RoleTest, AnswersBadTasksAndStaysUp) {
  Hub hub;
  ASSERT_EQ(hub.configure(root_ / "start", root_ / "weights", false).kind, wire::Kind::kReady);
  const auto refused = [&](const wire::Message& answer) {
    EXPECT_EQ(answer.kind, wire::Kind::kFailure) << answer.json;
    EXPECT_EQ(json::parse(answer.json)["fatal"], false);
    return json::parse(answer.json)["what"].get<std::string>();
  };
  EXPECT_THAT(refused(hub.ask(json{{"task", "dance"}})), HasSubstr("'dance'"));
  EXPECT_THAT(refused(hub.ask(json{{"task", "stage"}, {"stage", 0}})), HasSubstr("'type'"));
  EXPECT_THAT(refused(hub.ask(batch(0))), HasSubstr("stage -1"));
  EXPECT_EQ(hub.ask(stage("sft")).kind, wire::Kind::kResult);
  EXPECT_THAT(refused(hub.ask(json{{"task", "checkpoint"}, {"stage", 0}, {"step", 7}, {"folder", (root_ / "x").string()}})), HasSubstr("step 7"));
  trajectory::Batch strange = batch(0);
  strange.tokens[2] = 5000;
  EXPECT_THAT(refused(hub.ask(strange)), HasSubstr("5000"));
  EXPECT_EQ(hub.ask(batch(0)).kind, wire::Kind::kResult);
}

TEST_F(RoleTest, AMissingModelIsAFatalFailure) {
  wire::Context context;
  wire::HubSocket socket(context, "inproc://hub");
  auto role = std::async(std::launch::async, [&] { serve(context, "inproc://hub", "learner-0"); });
  socket.receive(60);
  socket.send("learner-0", {wire::Kind::kConfigure, 1, json{{"model", (root_ / "nowhere").string()}, {"threads", 1}, {"weights_dir", "w"}, {"resume", true}}.dump(), {}});
  std::optional<wire::Incoming> answer;
  do answer = socket.receive(60);
  while (answer && answer->message.kind == wire::Kind::kHeartbeat);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->message.kind, wire::Kind::kFailure);
  EXPECT_EQ(json::parse(answer->message.json)["fatal"], true);
  EXPECT_THAT(json::parse(answer->message.json)["what"].get<std::string>(), HasSubstr("nowhere"));
  EXPECT_THROW(role.get(), Error);
}

struct Ended {
  int code = -1;
  std::string output;
};

Ended run_binary(const std::string& arguments) {
  const char* build = std::getenv("LACONIC_BUILD");
  const std::string binary = std::string(build ? build : "build") + "/laconic-learner";
  FILE* pipe = ::popen(("env -u MKL_CBWR '" + binary + "' " + arguments + " 2>&1").c_str(), "r");
  Ended ended;
  char buffer[512];
  while (std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) ended.output.append(buffer, n);
  const int status = ::pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

TEST(Executable, RefusesToStartWithoutItsFingerprint) {
  const Ended ended = run_binary("role learner --endpoint ipc:///nonexistent/hub --identity learner-0");
  EXPECT_EQ(ended.code, kExitRuntime) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("MKL_CBWR is not set"));
  EXPECT_THAT(ended.output, HasSubstr("laconic train"));
}

TEST(Executable, SaysWhatItIsAndHowItIsUsed) {
  const Ended version = run_binary("--version");
  EXPECT_EQ(version.code, kExitOk) << version.output;
  EXPECT_THAT(version.output, HasSubstr("torch 2."));
  EXPECT_EQ(run_binary("--help").code, kExitOk);
  EXPECT_EQ(run_binary("role rollout").code, kExitUsage);
}

}  // namespace
}  // namespace laconic::learner
