// Adapters of low rank: what is published, what is trained, what comes back.
#include "learner/lora.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "learner/objective/lora_targets.h"
#include "model/weights/safetensors.h"
#include "model/weights/safetensors_write.h"
#include "tests/learner/support.h"
#include "tests/pipeline/scratch.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using pipeline::expect_error;
using pipeline::Scratch;

std::vector<std::string> names_of(const model::Config& config) {
  std::vector<std::string> names;
  for (const model::TensorSpec& spec : model::tensor_specs(config)) names.push_back(spec.name);
  return names;
}

model::Config family(const std::string& name) {
  for (const auto& [model_type, config] : family_configs())
    if (model_type == name) return config;
  throw Error("no family " + name);
}

bool same_bits(const std::vector<bf16>& a, const std::vector<bf16>& b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), 2 * a.size()) == 0; }

// Values for A and B that are all different from zero.
std::vector<float> random_adapters(const AdapterLayout& layout, std::uint32_t stream = 1) {
  PhiloxStream random(4, stream);
  std::vector<float> values(static_cast<std::size_t>(layout.parameters().size()));
  for (float& v : values) v = static_cast<float>(0.3 * random.normal());
  return values;
}

std::set<std::string> adapted(const model::Config& config, std::vector<std::string> targets) {
  const auto tensors = lora_tensors({.rank = 4, .alpha = 8, .targets = std::move(targets)}, names_of(config), "test");
  return {tensors.begin(), tensors.end()};
}

TEST(LoraTargets, AreProjectionsByName) {
  const std::string attention = "model.layers.0.self_attn.", mlp = "model.layers.0.mlp.";
  EXPECT_EQ(adapted(family("llama"), {"q_proj", "down_proj"}).count(attention + "q_proj.weight"), 1u);
  EXPECT_EQ(adapted(family("llama"), {"q_proj", "down_proj"}).size(), 2u * 3);
  EXPECT_EQ(adapted(family("llama"), {"attention"}).size(), 4u * 3);
  EXPECT_EQ(adapted(family("llama"), {"all-linear"}).size(), 7u * 3);
  // MLA with a query latent; layer 0 dense, the others with shared experts: 5 + 3 a layer, no routed expert.
  const auto latent = adapted(tiny_config(), {"all-linear"});
  EXPECT_EQ(latent.size(), 8u * 3);
  EXPECT_EQ(latent.count("model.layers.1.mlp.shared_experts.up_proj.weight"), 1u);
  EXPECT_EQ(latent.count(attention + "kv_a_proj_with_mqa.weight"), 1u);
  for (const std::string& name : latent) EXPECT_EQ(name.find("mlp.experts."), std::string::npos) << name;
  EXPECT_EQ(adapted(tiny_config(), {"up_proj"}).size(), 3u);
  EXPECT_EQ(adapted(tiny_config(), {"q_b_proj", "kv_b_proj"}).size(), 6u);
  EXPECT_EQ(adapted(family("qwen3_moe"), {"all-linear"}).size(), 4u * 3);  // every FFN is routed
  EXPECT_TRUE(lora_tensors({}, names_of(tiny_config()), "test").empty());
}

TEST(LoraTargets, AreRefusedByNameAndReason) {
  const auto refused = [](const model::Config& config, const std::string& target, const std::vector<std::string>& parts) {
    SCOPED_TRACE(target);
    expect_error([&] { lora_tensors({.rank = 4, .targets = {"o_proj", target}}, names_of(config), "recipe.toml:7"); }, parts);
  };
  const model::Config llama = family("llama");
  refused(llama, "q_porj", {"`q_porj`", "did you mean `q_proj`?", "recipe.toml:7"});
  refused(llama, "mlp", {"`mlp`", "valid targets", "all-linear"});
  refused(llama, "lm_head", {"head stays frozen"});
  refused(llama, "embed_tokens", {"embeddings stay frozen"});
  refused(llama, "input_layernorm", {"norms stay frozen"});
  refused(tiny_config(), "gate", {"router stays frozen"});
  refused(tiny_config(), "experts", {"routed experts stay frozen"});
  refused(llama, "kv_b_proj", {"`kv_b_proj`", "this model has not", "q_proj, v_proj"});
  refused(family("olmoe"), "gate_proj", {"`gate_proj`", "only routed experts"});
  expect_error([] { check_lora_targets({.rank = 1, .targets = {}}, "here"); }, {"lora.targets", "empty"});
}

TEST(LoraInitial, DependsOnSeedStageAndNameAlone) {
  const ParameterLayout model(tiny_config());
  const AdapterLayout layout(tiny_config(), model, {.rank = 3, .targets = {"q_a_proj", "up_proj"}}, "test");
  const AdapterLayout fewer(tiny_config(), model, {.rank = 3, .targets = {"up_proj"}}, "test");
  const std::vector<float> values = initial_adapters(layout, 11, 2);
  EXPECT_EQ(values, initial_adapters(layout, 11, 2));
  EXPECT_NE(values, initial_adapters(layout, 12, 2));
  EXPECT_NE(values, initial_adapters(layout, 11, 1));
  const Adapter &one = layout.adapters().back(), &same = fewer.adapters().back();
  ASSERT_EQ(one.weight, same.weight);
  EXPECT_EQ(std::memcmp(values.data() + one.a, initial_adapters(fewer, 11, 2).data() + same.a, 4 * 3 * one.inputs), 0);
  for (const Adapter& adapter : layout.adapters()) {
    const double bound = 1 / std::sqrt(static_cast<double>(adapter.inputs));
    double largest = 0, sum = 0;
    for (std::int64_t i = 0; i < 3 * adapter.inputs; ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(values[adapter.a + i])));
      sum += values[adapter.a + i];
    }
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.9 * bound);
    EXPECT_LT(std::abs(sum), 4 * bound * std::sqrt(adapter.inputs));  // 4 deviations of a sum of 3·inputs uniforms
    for (std::int64_t i = 0; i < 3 * adapter.outputs; ++i) EXPECT_EQ(values[adapter.b + i], 0);
  }
}

// docs/numerics.md, "Adapters": the draws and the merge, pinned.
TEST(LoraInitial, FirstDraws) {
  const AdapterLayout layout(family("llama"), ParameterLayout(family("llama")), {.rank = 2, .targets = {"q_proj"}}, "test");
  const std::vector<float> values = initial_adapters(layout, 1, 0);
  const Adapter& first = layout.adapters().front();
  ASSERT_EQ(first.weight, "model.layers.0.self_attn.q_proj.weight");
  ASSERT_EQ(first.inputs, 32);
  EXPECT_EQ(values[first.a], 0x1.523d76p-3f);  // Philox key 7efac0d692c11403
  EXPECT_EQ(values[first.a + 1], 0x1.56451ap-4f);
}

TEST(LoraMerge, IsTheWrittenArithmeticForAnyNumberOfThreads) {
  const model::Config config = tiny_config();
  const LearnerState state = initial_state();
  const AdapterLayout layout(config, state.layout, {.rank = 5, .alpha = 7, .targets = {"all-linear"}}, "test");
  const std::vector<float> values = random_adapters(layout);
  const std::vector<bf16>& base = state.published.parameters;
  std::vector<bf16> expected = base;
  const float scale = static_cast<float>(7.0 / 5);
  double worst = 0;
  for (const Adapter& adapter : layout.adapters())
    for (std::int64_t o = 0; o < adapter.outputs; ++o)
      for (std::int64_t i = 0; i < adapter.inputs; ++i) {
        float delta = 0;
        double exact = 0;
        for (int r = 0; r < 5; ++r) {
          const float b = values[adapter.b + o * 5 + r], a = values[adapter.a + r * adapter.inputs + i];
          const float product = b * a;
          delta = delta + product;
          exact += static_cast<double>(b) * a;
        }
        const std::int64_t at = adapter.w + o * adapter.inputs + i;
        const float moved = scale * delta;
        expected[at] = to_bf16(to_float(base[at]) + moved);
        const double truth = to_float(base[at]) + 7.0 / 5 * exact;
        worst = std::max(worst, std::abs(to_float(expected[at]) - truth) / (std::abs(truth) + 1e-3));
      }
  EXPECT_LT(worst, 0x1p-8);  // one rounding to bf16
  for (const int threads : {1, 2, 3}) {
    ThreadTeam team(threads);
    std::vector<bf16> merged = base;
    merge_adapters(team, layout, values, base, merged);
    EXPECT_TRUE(same_bits(merged, expected)) << threads;
  }
  EXPECT_FALSE(same_bits(expected, base));
}

TEST(LoraMerge, WithBOfZeroIsTheBaseToTheBit) {
  LearnerState state = initial_state();
  for (std::size_t i = 0; i < state.published.parameters.size(); i += 3) state.published.parameters[i] = bf16{0x8000};  // −0
  const AdapterLayout layout(state.config, state.layout, {.rank = 4, .targets = {"all-linear"}}, "test");
  ThreadTeam team(2);
  std::vector<bf16> merged = state.published.parameters;
  merge_adapters(team, layout, initial_adapters(layout, 1, 0), state.published.parameters, merged);
  EXPECT_TRUE(same_bits(merged, state.published.parameters));
}

std::string options_json(const std::string& more = "", int rank = 4) {
  return R"({"lora.rank": )" + std::to_string(rank) + R"(, "lora.alpha": 8.0, "lora.targets": ["all-linear"])" + (more.empty() ? "" : ", " + more) + "}";
}

TEST(LoraLearner, BeginsWithTheWeightsItWasGiven) {
  for (const StageKind kind : {StageKind::kSft, StageKind::kRl}) {
    Learner learner(initial_state(), 2);
    const std::string before = weights_hash(learner);
    learner.start_stage(stage_start(kind, options_json()));
    EXPECT_EQ(weights_hash(learner), before);
    const LearnerState& state = learner.state();
    EXPECT_EQ(static_cast<std::int64_t>(state.masters.size()), state.adapters->parameters().size());
    EXPECT_EQ(state.adam.exp_avg.size(), state.masters.size());
    EXPECT_LT(state.masters.size(), static_cast<std::size_t>(state.layout.size() / 2));
  }
}

// Every family learns a small batch by heart with its weights frozen but for the adapters.
TEST(LoraLearner, TrainsTheAdaptedTensorsAlone) {
  for (const auto& [name, config] : family_configs()) {
    SCOPED_TRACE(name);
    Learner learner(initial_state(config), 2);
    const std::vector<bf16> base = learner.state().published.parameters;
    learner.start_stage(stage_start(StageKind::kSft, options_json(R"("optimizer.lr": 0.02, "router.bias_update_rate": 0)")));
    double first = 0, last = 0;
    for (int step = 0; step < 25; ++step) {
      trajectory::Batch batch = sft_batch(3, 0, 3, config);
      batch.step = step;
      last = learner.step(batch).at("nll");
      if (step == 0) first = last;
    }
    EXPECT_LT(last, 0.6 * first);
    const LearnerState& state = learner.state();
    std::set<std::string> moved;
    for (const Parameter& p : state.layout.by_name())
      if (std::memcmp(base.data() + p.offset, state.published.parameters.data() + p.offset, 2 * p.elements) != 0) moved.insert(p.name);
    EXPECT_EQ(moved, adapted(config, {"all-linear"}));
  }
}

TEST(LoraLearner, StepsAreTheSameBitsWithOtherThreads) {
  const auto run = [](int threads) {
    Learner learner(initial_state(), threads);
    learner.start_stage(stage_start(StageKind::kSft, options_json(R"("optimizer.micro_tokens": 60)")));
    for (int step = 0; step < 2; ++step) learner.step(sft_batch(5, step));
    learner.start_stage(stage_start(StageKind::kRl, options_json(), 1));
    trajectory::Batch batch = rl_batch(learner.state(), 5);
    batch.stage = 1;
    learner.step(batch);
    return masters_hash(learner.state()) + weights_hash(learner);
  };
  const std::string one = run(1);
  EXPECT_EQ(run(2), one);
  EXPECT_EQ(run(3), one);
}

TEST(LoraLearner, RatioIsExactlyOneOnFreshDataInEveryFamily) {
  for (const auto& [name, config] : family_configs()) {
    SCOPED_TRACE(name);
    Learner learner(initial_state(config), 2);
    learner.start_stage(stage_start(StageKind::kRl, options_json(R"("optimizer.lr": 0.01)")));
    for (int step = 0; step < 2; ++step) {
      const Metrics metrics = learner.step(rl_batch(learner.state(), 4, step));
      EXPECT_EQ(metrics.at("importance_ratio/min"), 1);
      EXPECT_EQ(metrics.at("importance_ratio/max"), 1);
      EXPECT_EQ(metrics.at("logp_abs_diff/max"), 0);
      if (step == 0) {
        EXPECT_EQ(metrics.at("kl"), 0);
      }
    }
  }
}

// Weight decay acts on the adapters: with no gradient to follow, A shrinks and the weights stay.
TEST(LoraLearner, WeightDecayShrinksTheAdapters) {
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kRl, options_json(R"("optimizer.weight_decay": 0.5, "optimizer.lr": 0.1)")));
  const std::vector<float> before = learner.state().masters;
  const std::string weights = weights_hash(learner);
  trajectory::Batch batch = rl_batch(learner.state(), 3);
  std::fill(batch.advantage.begin(), batch.advantage.end(), 0.0f);
  learner.step(batch);
  const Adapter& adapter = learner.state().adapters->adapters().front();
  for (std::int64_t i = 0; i < 4 * adapter.inputs; ++i) EXPECT_EQ(learner.state().masters[adapter.a + i], 0.95f * before[adapter.a + i]);
  EXPECT_EQ(weights_hash(learner), weights);
}

// What is trained after a stage with LoRA: with the adapters merged for good.
TEST(LoraLearner, TheNextStageStartsFromTheMergedWeights) {
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  learner.step(sft_batch(4));
  const std::string merged = weights_hash(learner);
  const std::vector<bf16> published = learner.state().published.parameters;
  learner.start_stage(stage_start(StageKind::kSft, options_json("", 2), 1));
  EXPECT_EQ(weights_hash(learner), merged);
  EXPECT_EQ(learner.state().adam.steps, 0);
  EXPECT_TRUE(same_bits(learner.state().reference.parameters, published));
  learner.start_stage(stage_start(StageKind::kRl, "{}", 2));
  EXPECT_FALSE(learner.state().adapters);
  EXPECT_EQ(weights_hash(learner), merged);
  ASSERT_EQ(learner.state().masters.size(), published.size());
  for (std::size_t i = 0; i < published.size(); i += 7) EXPECT_EQ(learner.state().masters[i], to_float(published[i]));
  trajectory::Batch batch = rl_batch(learner.state(), 4);
  batch.stage = 2;
  learner.step(batch);
  EXPECT_NE(weights_hash(learner), merged);
}

TEST(LoraLearner, UnknownTargetsLeaveItAsItWas) {
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  expect_error([&] { learner.start_stage(stage_start(StageKind::kSft, R"({"lora.rank": 4, "lora.targets": ["k_proj"]})", 1)); }, {"k_proj", "kv_b_proj"});
  EXPECT_EQ(learner.state().stage, 0);
  learner.step(sft_batch(3));
}

// Two steps, a checkpoint, two more; and the same from the checkpoint.
TEST(LoraResume, ContinuesBitForBit) {
  const Scratch scratch;
  for (const StageKind kind : {StageKind::kSft, StageKind::kRl}) {
    const fs::path folder = scratch.path() / name_of(kind);
    const std::string options = options_json(R"("loss.beta": 0.1, "loss.minibatches": 2)");
    std::vector<trajectory::Batch> batches;
    std::string straight;
    {
      Learner learner(initial_state(), 2);
      learner.start_stage(stage_start(kind, options));
      for (int step = 0; step < 4; ++step) {
        batches.push_back(kind == StageKind::kSft ? sft_batch(5, step) : rl_batch(learner.state(), 5, step));
        learner.step(batches.back());
        if (step == 1) {
          save_state(learner.state(), folder);
          EXPECT_EQ(sha256_hex(MappedFile(folder / "model.safetensors").bytes()), weights_hash(learner));
        }
      }
      straight = masters_hash(learner.state()) + weights_hash(learner);
    }
    Learner learner(load_resumed(folder), 2);
    learner.start_stage(stage_start(kind, options));
    for (int step = 2; step < 4; ++step) learner.step(batches[step]);
    EXPECT_EQ(masters_hash(learner.state()) + weights_hash(learner), straight) << name_of(kind);
    expect_error([&] { learner.start_stage(stage_start(kind, options_json("", 8))); }, {"`lora` keys", "at a stage's start"});
    expect_error([&] { learner.start_stage(stage_start(kind)); }, {"`lora` keys"});
  }
}

TEST(LoraResume, EndOfAStageLeadsToTheSameNextStage) {
  const Scratch scratch;
  const auto next = [](Learner& learner) {
    learner.start_stage(stage_start(StageKind::kRl, options_json("", 3), 1));
    trajectory::Batch batch = rl_batch(learner.state(), 4);
    batch.stage = 1;
    learner.step(batch);
    return masters_hash(learner.state()) + weights_hash(learner);
  };
  Learner learner(initial_state(), 2);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  learner.step(sft_batch(4));
  save_state(learner.state(), scratch.path() / "end");
  Learner resumed(load_resumed(scratch.path() / "end"), 2);
  EXPECT_EQ(next(resumed), next(learner));
}

// The base is the same in every checkpoint of a stage: one file, whichever of its folders are still there.
TEST(LoraResume, CheckpointsShareTheirBase) {
  const Scratch scratch;
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  const auto saved = [&](const Learner& from, const std::string& name) {
    save_state(from.state(), scratch.path() / (name + ".tmp"));
    fs::rename(scratch.path() / (name + ".tmp"), scratch.path() / name);
    return scratch.path() / name / "reference.safetensors";
  };
  const fs::path one = saved(learner, "one"), two = saved(learner, "two");
  EXPECT_TRUE(fs::equivalent(one, two));
  fs::remove_all(scratch.path() / "one");
  Learner resumed(load_resumed(scratch.path() / "two"), 1);
  const fs::path three = saved(resumed, "three");
  EXPECT_TRUE(fs::equivalent(two, three));
  fs::remove_all(scratch.path() / "two");
  fs::remove_all(scratch.path() / "three");
  const fs::path four = saved(resumed, "four");
  EXPECT_EQ(fs::hard_link_count(four), 1u);
  EXPECT_NO_THROW(load_resumed(scratch.path() / "four"));
  learner.start_stage(stage_start(StageKind::kSft, options_json(), 1));  // another base
  learner.step([] { auto batch = sft_batch(3); batch.stage = 1; return batch; }());
  EXPECT_EQ(fs::hard_link_count(saved(learner, "next")), 1u);
}

// Above 5 GB the published weights are shards with an index; here of 20 kB.
TEST(LoraResume, FromShardsToo) {
  const Scratch scratch;
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  learner.step(sft_batch(3));
  const fs::path folder = scratch.path() / "c", state = folder / "learner.json";
  save_state(learner.state(), folder);
  const model::TensorMap weights = model::read_safetensors(folder / "model.safetensors");
  model::write_safetensors(folder, weights, [&](const std::string& name) { return weights.at(name).dtype; }, {}, 20000);
  fs::remove(folder / "model.safetensors");
  auto json = nlohmann::json::parse(read_file(state));
  json.at("sha256").erase("model.safetensors");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("model")) files.push_back(entry.path());
  ASSERT_GT(files.size(), 3u);
  for (const fs::path& file : files) json.at("sha256")[file.filename().string()] = sha256_hex(MappedFile(file).bytes());
  write_file_durably(state, json.dump());
  EXPECT_EQ(weights_hash(Learner(load_resumed(folder), 1)), weights_hash(learner));
  fs::remove(files[1]);
  expect_error([&] { load_resumed(folder); }, {files[1].filename().string(), "missing"});
}

TEST(LoraResume, ADamagedAdapterIsNamed) {
  const Scratch scratch;
  Learner learner(initial_state(), 1);
  learner.start_stage(stage_start(StageKind::kSft, options_json()));
  learner.step(sft_batch(3));
  const fs::path folder = scratch.path() / "c", file = folder / "adapter" / "adapter_model.safetensors";
  save_state(learner.state(), folder);
  {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-5, std::ios::end);
    stream.put('\x7f');
  }
  expect_error([&] { load_resumed(folder); }, {"adapter_model.safetensors", "damaged", "laconic runs"});
  fs::remove(file);
  expect_error([&] { load_resumed(folder); }, {"adapter_model.safetensors", "missing"});
}

// What PEFT loads: its names and shapes, and base + s·B·A is what the checkpoint publishes.
TEST(LoraCheckpoint, HoldsTheAdapterInPeftsForm) {
  const Scratch scratch;
  Learner learner(initial_state(family("qwen2")), 1);
  const std::vector<bf16> base = learner.state().published.parameters;
  learner.start_stage(stage_start(StageKind::kSft, R"({"lora.rank": 2, "lora.alpha": 5.0, "lora.targets": ["v_proj", "up_proj"], "optimizer.lr": 0.05})"));
  learner.step(sft_batch(4, 0, 3, family("qwen2")));
  const fs::path folder = scratch.path() / "c";
  save_state(learner.state(), folder);
  const auto config = nlohmann::json::parse(read_file(folder / "adapter" / "adapter_config.json"));
  EXPECT_EQ(config.at("peft_type"), "LORA");
  EXPECT_EQ(config.at("r"), 2);
  EXPECT_EQ(config.at("lora_alpha"), 5);
  EXPECT_EQ(config.at("target_modules").size(), 6u);
  EXPECT_EQ(config.at("target_modules")[0], "model.layers.0.mlp.up_proj");
  const model::TensorMap tensors = model::read_safetensors(folder / "adapter" / "adapter_model.safetensors");
  EXPECT_EQ(tensors.size(), 12u);
  const std::string module = "base_model.model.model.layers.1.mlp.up_proj.";
  const model::Tensor &a = tensors.at(module + "lora_A.weight"), &b = tensors.at(module + "lora_B.weight");
  EXPECT_EQ(a.shape, (std::vector<std::int64_t>{2, 32}));
  EXPECT_EQ(b.shape, (std::vector<std::int64_t>{64, 2}));
  const std::vector<float> av = model::to_floats(a), bv = model::to_floats(b);
  const model::TensorMap published = model::read_safetensors(folder / "model.safetensors");
  const std::vector<float> w = model::to_floats(published.at("model.layers.1.mlp.up_proj.weight"));
  const std::int64_t offset = learner.state().layout.offset_of("model.layers.1.mlp.up_proj.weight");
  double moved = 0;
  for (int o = 0; o < 64; ++o)
    for (int i = 0; i < 32; ++i) {
      const double w0 = to_float(base[offset + o * 32 + i]);
      const double expected = w0 + 5.0 / 2 * (bv[o * 2] * av[i] + bv[o * 2 + 1] * av[32 + i]);
      EXPECT_NEAR(w[o * 32 + i], expected, 0x1p-8 * std::abs(expected) + 1e-6);
      moved += std::abs(expected - w0);
    }
  EXPECT_GT(moved, 1);
}

}  // namespace
}  // namespace laconic::learner
