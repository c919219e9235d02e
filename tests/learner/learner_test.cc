// Steps of a whole learner: what must not change them, what must come back, what they must achieve.
#include "learner/learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "tests/learner/support.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using testing::HasSubstr;

class Scratch {
 public:
  explicit Scratch(const std::string& name) : path_(fs::temp_directory_path() / ("laconic-learner-" + name + "-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Scratch() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return render(error);
  }
  return "no error";
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return std::sqrt(sum);
}

TEST(Learner, SftOverfitsASmallBatch) {
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kSft, R"({"optimizer.lr": 0.01})"));
  double first = 0, last = 0;
  for (int step = 0; step < 40; ++step) {
    trajectory::Batch batch = sft_batch(4);
    batch.step = step;
    last = learner.step(batch).at("nll");
    if (step == 0) first = last;
  }
  EXPECT_GT(first, 4);
  EXPECT_LT(last, 0.1);
}

TEST(Learner, StepsAreTheSameBitsInASecondRunAndWithOtherThreads) {
  const auto run = [](int threads) {
    Learner learner(initial_state(), threads);
    learner.start_stage(stage_start(StageKind::kSft, R"({"optimizer.micro_tokens": 60})"));
    for (int step = 0; step < 3; ++step) learner.step(sft_batch(6, step));
    learner.start_stage(stage_start(StageKind::kRl, "{}", 1));
    for (int step = 0; step < 2; ++step) {
      trajectory::Batch batch = rl_batch(learner.state(), 6, step);
      batch.stage = 1;
      learner.step(batch);
    }
    return masters_hash(learner.state());
  };
  const std::string first = run(2);
  EXPECT_EQ(run(2), first);
  EXPECT_EQ(run(1), first);
  EXPECT_EQ(run(3), first);
}

// The gradient's sums are grouped differently, so the update agrees to fp32 rounding, no better. With
// Adam's first step (±lr whatever the size of a gradient) rounding could flip whole elements, so the
// comparison runs at a large epsilon, where the update is proportional to the gradient.
TEST(Learner, UpdateDoesNotDependOnPacking) {
  const auto run = [](int micro_tokens, StageKind kind, const std::string& aggregation) {
    Learner learner(initial_state(), 2);
    learner.start_stage(stage_start(kind, R"({"optimizer.eps": 1.0, "optimizer.lr": 1.0, "optimizer.grad_clip": 0, "router.bias_update_rate": 0,
      "loss.aggregation": ")" + aggregation + R"(", "objective.group_size": 4, "objective.prompts_per_step": 2, "sampling.max_tokens": 10,
      "optimizer.micro_tokens": )" + std::to_string(micro_tokens) + "}"));
    learner.step(kind == StageKind::kSft ? sft_batch(8) : rl_batch(initial_state(), 8));
    return learner.state().masters;
  };
  const std::vector<float> before = initial_state().masters;
  for (const std::string aggregation : {"token_mean", "constant", "sequence_mean"})
    for (const StageKind kind : {StageKind::kSft, StageKind::kRl}) {
      if (kind == StageKind::kSft && aggregation != "token_mean") continue;
      const std::vector<float> whole = run(100000, kind, aggregation);
      const double moved = distance(whole, before);
      ASSERT_GT(moved, 1e-4);
      for (const int micro_tokens : {1, 40, 97}) EXPECT_LT(distance(run(micro_tokens, kind, aggregation), whole), 1e-5 * moved) << aggregation << " " << micro_tokens;
    }
}

TEST(Learner, AuxiliaryLossDoesNotDependOnPacking) {
  const model::Config config = family_configs()[5].second;
  const std::vector<float> before = initial_state(config).masters;
  for (const StageKind kind : {StageKind::kSft, StageKind::kRl})
    for (const std::string form : {"batch", "sequence"}) {
      double loss = 0;
      const auto run = [&](int micro_tokens, double coefficient) {
        Learner learner(initial_state(config), 2);
        learner.start_stage(stage_start(kind, R"({"optimizer.eps": 1.0, "optimizer.lr": 1.0, "optimizer.grad_clip": 0, "router.aux_loss": ")" + form + R"(", "router.aux_loss_coef": )" +
                                                  std::to_string(coefficient) + R"(, "optimizer.micro_tokens": )" + std::to_string(micro_tokens) + "}"));
        const Metrics metrics = learner.step(kind == StageKind::kSft ? sft_batch(8, 0, 3, config) : rl_batch(initial_state(config), 8));
        if (coefficient > 0) loss = metrics.at("aux_loss");
        else EXPECT_EQ(metrics.count("aux_loss"), 0u);
        return learner.state().masters;
      };
      const std::vector<float> whole = run(100000, 2.0);
      const double value = loss, moved = distance(whole, before);
      EXPECT_GT(distance(whole, run(100000, 0)), 0.01 * moved);
      for (const int micro_tokens : {1, 50}) {
        EXPECT_LT(distance(run(micro_tokens, 2.0), whole), 1e-5 * moved) << form << " " << micro_tokens;
        EXPECT_NEAR(loss, value, 1e-5 * value);
      }
    }
}

// What training rests on, for every family: learning, bits that threads do not change, a ratio of 1.
TEST(EveryFamily, LearnsTheSameBitsWithAnyThreadsAndARatioOfOne) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    std::string hash;
    for (const int threads : {2, 1, 3}) {
      Learner learner(initial_state(config), threads);
      learner.start_stage(stage_start(StageKind::kSft, R"({"optimizer.lr": 0.01, "optimizer.micro_tokens": 60})"));
      const int steps = threads == 2 ? 8 : 2;
      double first = 0, last = 0;
      for (int step = 0; step < steps; ++step) {
        trajectory::Batch batch = sft_batch(4, 0, 3, config);
        batch.step = step;
        last = learner.step(batch).at("nll");
        if (step == 0) first = last;
        if (step == 1 && threads == 2) hash = masters_hash(learner.state());
        if (step == 1 && threads != 2) EXPECT_EQ(masters_hash(learner.state()), hash) << threads << " threads";
      }
      if (threads == 2) EXPECT_LT(last, 0.8 * first);
    }
    Learner learner(initial_state(config), 2);
    learner.start_stage(stage_start(StageKind::kRl, R"({"optimizer.lr": 0.003, "optimizer.micro_tokens": 50})"));
    trajectory::Batch batch = rl_batch(learner.state(), 6, 0, 0.8f);
    const Metrics fresh = learner.step(batch);
    EXPECT_EQ(fresh.at("importance_ratio/min"), 1);
    EXPECT_EQ(fresh.at("importance_ratio/max"), 1);
    EXPECT_EQ(fresh.at("logp_abs_diff/max"), 0);
    EXPECT_EQ(fresh.at("kl"), 0);
    batch.step = 1;  // the same samples under the new weights
    EXPECT_LT(learner.step(batch).at("loss"), fresh.at("loss"));
  }
}

TEST(Learner, RatioIsExactlyOneOnFreshDataWhateverThePacking) {
  for (const float temperature : {1.0f, 0.7f})
    for (const int micro_tokens : {1, 50, 100000}) {
      Learner learner(initial_state(), 2);
      learner.start_stage(stage_start(StageKind::kRl, R"({"optimizer.micro_tokens": )" + std::to_string(micro_tokens) + "}"));
      const Metrics metrics = learner.step(rl_batch(learner.state(), 7, 0, temperature));
      EXPECT_EQ(metrics.at("importance_ratio/min"), 1);
      EXPECT_EQ(metrics.at("importance_ratio/max"), 1);
      EXPECT_EQ(metrics.at("importance_ratio/mean"), 1);
      EXPECT_EQ(metrics.at("logp_abs_diff/max"), 0);
      EXPECT_EQ(metrics.at("kl"), 0);  // the reference is the weights at the start
    }
}

TEST(Learner, LaterMinibatchesAreOffPolicyAndTheFirstIsNot) {
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kRl, R"({"loss.minibatches": 3, "loss.epochs": 2, "optimizer.lr": 0.01})"));
  const Metrics metrics = learner.step(rl_batch(learner.state(), 7));
  EXPECT_EQ(metrics.at("updates"), 6);
  EXPECT_EQ(metrics.at("logp_abs_diff/max"), 0);
  EXPECT_LT(metrics.at("importance_ratio/min"), 1);
  EXPECT_GT(metrics.at("importance_ratio/max"), 1);
  EXPECT_EQ(learner.state().adam.steps, 6);
}

TEST(Learner, GrpoRaisesWhatWasGoodAndLowersWhatWasBad) {
  const LearnerState start = initial_state();
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kRl, R"({"optimizer.lr": 0.001})"));
  trajectory::Batch batch = rl_batch(start, 6);
  for (std::size_t s = 0; s < 6; ++s) batch.advantage[s] = s % 2 ? -1.0f : 1.0f;
  learner.step(batch);
  ThreadTeam team(2);
  Scorer scorer(start.config, team);
  const LearnerState& state = learner.state();
  const auto model = model::pack_model(state.config, state.published.tensors(state.config, state.layout));
  const BatchIndex index(batch);
  for (std::int32_t s = 0; s < 6; ++s) {
    const MicroBatch micro = pack(batch, index, {s}, state.config);
    const MicroValues values = scorer.score(*model, micro, true, false);
    double change = 0;
    for (std::size_t t = 0; t < values.logp.size(); ++t) change += values.logp[t] - micro.logp_old[t];
    if (s % 2) EXPECT_LT(change, 0) << "sequence " << s;
    else EXPECT_GT(change, 0) << "sequence " << s;
  }
}

// A truncated sample: scored under its recorded support, ratio 1 again, and its gradient is finite.
TEST(Learner, KeepsTheSampledSupport) {
  const LearnerState start = initial_state();
  trajectory::Batch batch = rl_batch(start, 3);
  const BatchIndex index(batch);
  batch.kept_offsets = {0};
  for (std::size_t i = 0; i < batch.tokens.size(); ++i) {
    if (batch.in_loss[i]) {
      for (std::int32_t id = 0; id < 263; ++id)
        if (id % 3 == 0 || id == batch.tokens[i]) batch.kept_ids.push_back(id);
    }
    batch.kept_offsets.push_back(static_cast<std::int32_t>(batch.kept_ids.size()));
  }
  ThreadTeam team(1);
  Scorer scorer(start.config, team);
  const auto model = model::pack_model(start.config, start.published.tensors(start.config, start.layout));
  const std::vector<float> full = batch.logprob;
  for (std::int32_t s = 0; s < 3; ++s) {
    const MicroBatch micro = pack(batch, index, {s}, start.config);
    const MicroValues values = scorer.score(*model, micro, true, false);
    for (std::int64_t t = 0; t < micro.targets(); ++t) {
      const std::int64_t at = index.token_starts[s] + micro.target_rows[t] + 1;
      EXPECT_GT(values.logp[t], full[at]);
      batch.logprob[at] = values.logp[t];
    }
  }
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kRl));
  const Metrics metrics = learner.step(batch);
  EXPECT_EQ(metrics.at("logp_abs_diff/max"), 0);
  EXPECT_GT(metrics.at("grad_norm"), 0);
}

// Weights away from their reference, advantages of zero: the penalty alone brings them back.
TEST(Learner, KlPenaltyPullsBackToTheReference) {
  LearnerState state = initial_state();
  state.stage = 0;
  state.start = stage_start(StageKind::kRl, R"({"optimizer.lr": 0.0005, "loss.beta": 1.0})");
  state.has_reference = true;
  state.reference = state.published;
  PhiloxStream random(8, 8);
  for (float& m : state.masters) m += static_cast<float>(0.01 * random.normal());
  ThreadTeam alone(1);
  state.publish(alone);
  Learner learner(std::move(state), 2);
  std::vector<double> kl;
  for (int step = 0; step < 20; ++step) {
    trajectory::Batch batch = rl_batch(learner.state(), 6, 0);
    batch.step = step;
    std::fill(batch.advantage.begin(), batch.advantage.end(), 0.0f);
    kl.push_back(learner.step(batch).at("kl"));
  }
  EXPECT_GT(kl.front(), 1e-3);
  EXPECT_LT(kl.back(), 0.5 * kl.front());
}

TEST(Learner, MeasuresKlOnlyWhenItIsTime) {
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kRl, R"({"loss.kl_every": 2})"));
  std::vector<bool> measured;
  for (int step = 0; step < 4; ++step) measured.push_back(learner.step(rl_batch(learner.state(), 4, step)).count("kl") == 1);
  EXPECT_EQ(measured, (std::vector<bool>{true, false, true, false}));
}

TEST(Learner, SelectionBiasMovesInSftAndRestsInRl) {
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kSft, R"({"router.bias_update_rate": 0.25})"));
  const Metrics metrics = learner.step(sft_batch(8));
  EXPECT_GT(metrics.at("moe/max_vio"), 0);
  const std::vector<float> moved = learner.state().published.biases;
  for (const float b : moved) EXPECT_TRUE(b == 0.25f || b == -0.25f || b == 0.0f);
  EXPECT_NE(moved, std::vector<float>(moved.size(), 0.0f));
  learner.start_stage(stage_start(StageKind::kRl, "{}", 1));
  trajectory::Batch batch = rl_batch(learner.state(), 4);
  batch.stage = 1;
  learner.step(batch);
  EXPECT_EQ(learner.state().published.biases, moved);
}

TEST(Learner, SelectionBiasMovesWhenItIsSaidTo) {
  const auto moved = [](StageKind kind, const std::string& when) {
    Learner learner(initial_state(), 2);
    learner.start_stage(stage_start(kind, R"({"router.bias_update": ")" + when + R"("})"));
    trajectory::Batch batch = kind == StageKind::kSft ? sft_batch(4) : rl_batch(learner.state(), 4);
    learner.step(batch);
    const std::vector<float> before(learner.state().published.biases.size(), 0.0f);
    const bool changed = learner.state().published.biases != before;
    if (kind == StageKind::kRl) {  // the next version's samples route by the moved bias: the ratio is 1 again
      batch = rl_batch(learner.state(), 4, 1);
      EXPECT_EQ(learner.step(batch).at("logp_abs_diff/max"), 0);
    }
    return changed;
  };
  EXPECT_TRUE(moved(StageKind::kSft, "sft"));
  EXPECT_TRUE(moved(StageKind::kSft, "always"));
  EXPECT_FALSE(moved(StageKind::kSft, "never"));
  EXPECT_FALSE(moved(StageKind::kRl, "sft"));
  EXPECT_TRUE(moved(StageKind::kRl, "always"));
}

// A gate of two strong experts, levelled by its own gradient.
TEST(Learner, AuxiliaryLossLevelsTheLoad) {
  for (const auto& [family, config] : family_configs())
    for (const std::string kind : {"batch", "sequence"}) {
      if (family != "qwen3_moe" && family != "deepseek_v3") continue;
      LearnerState state = initial_state(config);
      for (std::int64_t l = config.first_k_dense_replace; l < config.layers(); ++l) {
        float* gate = state.masters.data() + state.layout.offset_of(layer_prefix(l) + "mlp.gate.weight");
        for (std::int64_t i = 2 * config.hidden_size; i < config.n_routed_experts * config.hidden_size; ++i) gate[i] *= 0.05f;
      }
      ThreadTeam alone(1);
      state.publish(alone);
      Learner learner(std::move(state), 2);
      learner.start_stage(stage_start(StageKind::kSft, R"({"optimizer.lr": 0.01, "router.bias_update": "never", "router.aux_loss_coef": 1.0, "router.aux_loss": ")" + kind + R"("})"));
      Metrics first, last;
      for (int step = 0; step < 12; ++step) {
        trajectory::Batch batch = sft_batch(6, 0, 3, config);
        batch.step = step;
        last = learner.step(batch);
        if (step == 0) first = last;
      }
      EXPECT_LT(last.at("aux_loss"), first.at("aux_loss")) << family << " " << kind;
      EXPECT_LT(last.at("moe/max_vio"), 0.7 * first.at("moe/max_vio")) << family << " " << kind;
    }
}

TEST(Learner, ABatchWithoutLossLeavesTheWeights) {
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kSft));
  const std::string before = weights_hash(learner);
  trajectory::Batch batch = sft_batch(2);
  std::fill(batch.in_loss.begin(), batch.in_loss.end(), 0);
  const Metrics metrics = learner.step(batch);
  EXPECT_EQ(metrics.at("updates"), 0);
  EXPECT_EQ(metrics.count("loss"), 0u);  // absent, not zero
  EXPECT_EQ(weights_hash(learner), before);
}

TEST(Learner, RefusesBatchesThatDoNotFit) {
  Learner learner(initial_state(), 1);
  EXPECT_THAT(error_of([&] { learner.step(sft_batch(2)); }), HasSubstr("stage -1"));
  learner.start_stage(stage_start(StageKind::kSft));
  learner.step(sft_batch(2));
  EXPECT_THAT(error_of([&] { learner.step(sft_batch(2, 2)); }), HasSubstr("step 2 came after step 0"));
  EXPECT_THAT(error_of([&] { learner.step(rl_batch(learner.state(), 2, 1)); }), HasSubstr("does not belong"));
  const auto broken = [&](const std::function<void(trajectory::Batch&)>& change) {
    trajectory::Batch batch = sft_batch(2, 1);
    change(batch);
    return error_of([&] { learner.step(batch); });
  };
  EXPECT_THAT(broken([](auto& b) { b.tokens[3] = 300; }), HasSubstr("id 300"));  // a padding row
  EXPECT_THAT(broken([](auto& b) { b.tokens.pop_back(); }), HasSubstr("'tokens' has"));
  EXPECT_THAT(broken([](auto& b) { b.in_loss[0] = 1; }), HasSubstr("nothing predicts it"));
  EXPECT_THAT(broken([](auto& b) { b.lengths = {1, 70}; }), HasSubstr("has 1 tokens"));
  EXPECT_THAT(broken([](auto& b) { b.expert_ids.assign(3, 0); }), HasSubstr("'expert_ids' has 3"));
  EXPECT_EQ(learner.state().steps_done, 1);
  learner.step(sft_batch(2, 1));  // the learner is as it was
}

TEST(Stage, OptionsAreChecked) {
  EXPECT_THAT(error_of([] { parse_stage_options(R"({"optimizer.learning_rat": 1})"); }), HasSubstr("optimizer.learning_rat"));
  EXPECT_THAT(error_of([] { parse_stage_options(R"({"loss.clip_low": "wide"})"); }), HasSubstr("loss.clip_low"));
  EXPECT_THAT(error_of([] { parse_stage_options(R"({"loss.aggregation": "constant"})"); }), HasSubstr("objective.group_size"));
  EXPECT_EQ(parse_stage_options(R"({"optimizer.lr": 1, "loss.beta": 0.5})").optimizer.lr, 1);
}

struct Interrupted {
  std::string straight, resumed;
};

// Four steps in one go, and the same with a checkpoint and a new process' worth of state after two.
Interrupted interrupted(StageKind kind, const fs::path& folder, const model::Config& config) {
  const std::string options = R"({"optimizer.lr_schedule": "cosine", "loss.beta": 0.1, "loss.minibatches": 2})";
  std::vector<trajectory::Batch> batches;
  Interrupted result;
  {
    Learner learner(initial_state(config), 2);
    learner.start_stage(stage_start(kind, options));
    for (int step = 0; step < 4; ++step) {
      batches.push_back(kind == StageKind::kSft ? sft_batch(5, step, 3, config) : rl_batch(learner.state(), 5, step));
      learner.step(batches.back());
      if (step == 1) save_state(learner.state(), folder);
    }
    result.straight = masters_hash(learner.state()) + weights_hash(learner);
  }
  Learner learner(load_resumed(folder), 2);
  for (int step = 2; step < 4; ++step) learner.step(batches[step]);
  result.resumed = masters_hash(learner.state()) + weights_hash(learner);
  return result;
}

TEST(Resume, ContinuesBitForBit) {
  const Scratch scratch("resume");
  for (const auto& [family, config] : family_configs())
    for (const StageKind kind : {StageKind::kSft, StageKind::kRl}) {
      if (kind == StageKind::kSft && family != "deepseek_v3") continue;
      const Interrupted run = interrupted(kind, scratch / (family + name_of(kind)), config);
      EXPECT_EQ(run.resumed, run.straight) << family << " " << name_of(kind);
    }
}

TEST(Resume, SecondStartOfTheSameStageKeepsReferenceAndMoments) {
  const Scratch scratch("again");
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kRl));
  learner.step(rl_batch(learner.state(), 4));
  save_state(learner.state(), scratch / "c");
  EXPECT_EQ(sha256_hex(MappedFile(scratch / "c" / "model.safetensors").bytes()), weights_hash(learner));
  Learner resumed(load_resumed(scratch / "c"), 1);
  resumed.start_stage(stage_start(StageKind::kRl));
  EXPECT_EQ(resumed.state().steps_done, 1);
  EXPECT_EQ(resumed.state().adam.steps, 1);
  EXPECT_EQ(std::memcmp(resumed.state().reference.parameters.data(), learner.state().reference.parameters.data(), 2 * learner.state().reference.parameters.size()), 0);
  EXPECT_NE(std::memcmp(resumed.state().reference.parameters.data(), resumed.state().published.parameters.data(), 2 * resumed.state().published.parameters.size()), 0);
}

TEST(Resume, DamageIsNamed) {
  const Scratch scratch("damage");
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kRl));
  learner.step(rl_batch(learner.state(), 3));
  save_state(learner.state(), scratch / "good");
  EXPECT_THAT(error_of([&] { save_state(learner.state(), scratch / "good"); }), HasSubstr("exists already"));
  for (const std::string file : {"model.safetensors", "optimizer.safetensors", "reference.safetensors", "learner.json"})
    for (const std::string damage : {"truncated", "flipped", "missing"}) {
      const fs::path folder = scratch / (file + "." + damage);
      fs::copy(scratch / "good", folder, fs::copy_options::recursive);
      const fs::path path = folder / file;
      if (damage == "truncated") fs::resize_file(path, fs::file_size(path) / 2);
      if (damage == "missing") fs::remove(path);
      if (damage == "flipped") {
        std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(file == "learner.json" ? 2 : -5, file == "learner.json" ? std::ios::beg : std::ios::end);
        stream.put('\x7f');
      }
      const std::string error = error_of([&] { load_resumed(folder); });
      EXPECT_THAT(error, HasSubstr(file)) << damage;
      EXPECT_THAT(error, HasSubstr("laconic runs")) << file << " " << damage;
    }
}

}  // namespace
}  // namespace laconic::learner
