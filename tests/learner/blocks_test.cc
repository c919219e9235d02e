// The gradient blocks: every derivative against finite differences in float64, values against the
// kernels, and the whole loop against plain autograd.
#include "learner/blocks.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "learner/gradient_loop.h"
#include "tests/learner/reference_model.h"
#include "tests/learner/support.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using at::Tensor;
using Function = std::function<Tensor(const std::vector<Tensor>&)>;

// Uniform in [−scale, scale) from Philox: no hidden generator.
Tensor values(std::vector<std::int64_t> shape, std::uint32_t stream, double scale = 1) {
  PhiloxStream random(99, stream);
  Tensor t = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = scale * (2 * random.uniform() - 1);
  return t;
}

// Central differences of (f(inputs) · cotangent).sum() against backward, on some 30 elements of each
// input. Relative tolerance 1e-7, the size of a fifth of the digits of float64 at step 1e-5.
void gradcheck(const Function& f, std::vector<Tensor> inputs) {
  for (Tensor& x : inputs) {
    x = x.detach().clone();
    x.set_requires_grad(true);
  }
  const Tensor out = f(inputs);
  const Tensor cotangent = values(out.sizes().vec(), 1000);
  torch::autograd::backward({out}, {cotangent});
  const at::AutoGradMode off(false);
  const double h = 1e-5;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor gradient = inputs[i].grad();
    ASSERT_TRUE(gradient.defined()) << "input " << i;
    const double scale = gradient.abs().max().item<double>();
    ASSERT_GT(scale, 0) << "input " << i;
    double* x = inputs[i].data_ptr<double>();
    const std::int64_t stride = std::max<std::int64_t>(1, inputs[i].numel() / 30);
    for (std::int64_t e = 0; e < inputs[i].numel(); e += stride) {
      const double kept = x[e];
      x[e] = kept + h;
      const double high = (f(inputs) * cotangent).sum().item<double>();
      x[e] = kept - h;
      const double low = (f(inputs) * cotangent).sum().item<double>();
      x[e] = kept;
      ASSERT_NEAR(gradient.contiguous().data_ptr<double>()[e], (high - low) / (2 * h), 1e-7 * (1 + scale)) << "input " << i << " element " << e;
    }
  }
}

std::shared_ptr<const Sequences> sequences_of(std::vector<std::int64_t> starts) {
  auto s = std::make_shared<Sequences>();
  s->starts = std::move(starts);
  return s;
}

TEST(Gradcheck, RmsNorm) {
  ThreadTeam team(2);
  gradcheck([&](const auto& in) { return rms_norm(team, in[0], in[1], 1e-6); }, {values({5, 19}, 1), values({19}, 2)});
  // A column slice, as the latent of MLA is.
  gradcheck([&](const auto& in) { return rms_norm(team, in[0].split_with_sizes({12, 7}, 1)[0], in[1], 1e-6); }, {values({5, 19}, 1), values({12}, 2)});
}

TEST(Gradcheck, Linear) {
  ThreadTeam team(2);
  gradcheck([&](const auto& in) { return linear(team, in[0], in[1]); }, {values({300, 5}, 13), values({70, 5}, 14)});
}

TEST(Gradcheck, Swiglu) {
  ThreadTeam team(2);
  gradcheck([&](const auto& in) { return swiglu(team, in[0]); }, {values({6, 2 * 21}, 3, 4)});
}

TEST(Gradcheck, LatentAttention) {
  ThreadTeam team(2);
  for (const bool interleaved : {true, false}) {
    // One sequence spans two query blocks, one is a single token.
    const auto sequences = sequences_of({0, 3, 4, 144});
    model::Config c = tiny_config();
    c.rope_interleave = interleaved;
    const Rotation rotation = make_rotation(c, 256, at::kDouble);
    const AttentionShape shape{2, 5, 4, 3, 0.4};
    gradcheck([&](const auto& in) { return latent_attention(team, in[0], in[1], in[2], sequences, rotation, shape); },
              {values({144, 2 * 9}, 4), values({144, 2 * 8}, 5), values({144, 4}, 6)});
  }
}

TEST(Gradcheck, GroupedAttention) {
  ThreadTeam team(2);
  const auto sequences = sequences_of({0, 3, 4, 144});
  model::Config c = family_configs()[2].second;  // half-split, llama3's scaling
  c.head_dim = 6;
  const Rotation rotation = make_rotation(c, 256, at::kDouble);
  for (const int kv_heads : {1, 2, 4})
    gradcheck([&](const auto& in) { return grouped_attention(team, in[0], in[1], in[2], sequences, rotation, {4, kv_heads, 6, 0.4}); },
              {values({144, 4 * 6}, 4), values({144, kv_heads * 6}, 5), values({144, kv_heads * 6}, 6)});
}

TEST(Gradcheck, RoutedExperts) {
  ThreadTeam team(2);
  const std::vector<std::uint16_t> ids = {0, 3, 3, 1, 1, 0, 3, 0, 1, 3};  // expert 2 gets nothing
  const auto plan = std::make_shared<RoutePlan>(plan_routes(ids.data(), 2, 5, 2, 4));
  gradcheck([&](const auto& in) { return routed_experts(team, in[0], in[1], in[2], in[3], plan); },
            {values({5, 8}, 7), values({5, 2}, 8), values({4, 2 * 6, 8}, 9), values({4, 8, 6}, 10)});
}

TEST(Gradcheck, TargetLogprob) {
  ThreadTeam team(2);
  auto all = std::make_shared<Targets>();
  all->ids = {3, 0, 10, 7};
  all->inverse_temperature = 1 / 0.7;
  gradcheck([&](const auto& in) { return target_logprob(team, in[0], in[1], all); }, {values({4, 6}, 11), values({11, 6}, 12)});
  auto kept = std::make_shared<Targets>(*all);
  kept->kept_offsets = {0, 3, 5, 5, 6};  // the third row keeps everything, the last only its target
  kept->kept_ids = {1, 3, 4, 0, 9, 7};
  gradcheck([&](const auto& in) { return target_logprob(team, in[0], in[1], kept); }, {values({4, 6}, 11), values({11, 6}, 12)});
  EXPECT_EQ(target_logprob(team, values({4, 6}, 11), values({11, 6}, 12), kept)[3].item<double>(), 0);
}

// The loop's surroundings in float64 at random weights.
struct Float64Model {
  explicit Float64Model(const model::Config& c)
      : config(c), layout(c), weights(values({layout.size()}, 20, 0.3)), gradients(at::zeros({layout.size()}, at::kDouble)), parameters(c, layout, weights, gradients) {
    at::set_num_threads(1);  // functions.h
  }
  BlockContext context(std::shared_ptr<const Sequences> sequences) {
    return {team, config, parameters, std::move(sequences), make_rotation(config, config.max_position_embeddings, at::kDouble)};
  }
  model::Config config;
  ParameterLayout layout;
  Tensor weights, gradients;
  LeafParameters parameters;
  ThreadTeam team{2};
};

// Of each family: the input's derivative of every block, in float64 at random weights.
TEST(Gradcheck, Blocks) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    Float64Model m(config);
    const BlockContext context = m.context(sequences_of({0, 4, 7}));
    const Tensor x = values({7, 32}, 21);
    gradcheck([&](const auto& in) { return attention_block(context, 1, in[0]); }, {x});
    if (!config.is_moe(0)) gradcheck([&](const auto& in) { return dense_block(context, 0, in[0]); }, {x});
    if (config.is_moe(1)) {
      const std::vector<std::uint16_t> ids = {0, 3, 3, 1, 1, 0, 3, 0, 1, 3, 7, 6, 6, 5};
      const auto plan = std::make_shared<RoutePlan>(plan_routes(ids.data(), 2, 7, 2, 8));
      Tensor wide = at::empty({7, 2}, at::kLong);
      std::copy(ids.begin(), ids.end(), wide.data_ptr<std::int64_t>());
      gradcheck([&](const auto& in) { return moe_block(context, 1, in[0], wide, plan); }, {x});
    }
    auto targets = std::make_shared<Targets>();
    targets->ids = {3, 0, 10, 7, 262, 8, 2};
    gradcheck([&](const auto& in) { return head_block(context, in[0], targets); }, {x});
  }
}

// A batch packed whole, with random routing.
struct Routed {
  trajectory::Batch batch;
  MicroBatch micro;
  std::vector<std::uint16_t> ids;
};

Routed routed_batch(const model::Config& config, int sequences, float temperature) {
  Routed r;
  r.batch = sft_batch(sequences, 0, 17, config);
  r.batch.temperature = temperature;
  const BatchIndex index(r.batch);
  r.micro = pack(r.batch, index, split_sequences(index, 0, index.sequences(), 1 << 20)[0], config);
  if (config.moe_layers() == 0) return r;
  PhiloxStream random(5, 5);
  const std::uint32_t experts = static_cast<std::uint32_t>(config.n_routed_experts);
  for (std::int64_t i = 0; i < r.micro.rows() * config.moe_layers(); ++i) {
    const std::uint16_t first = static_cast<std::uint16_t>(random.below(experts));
    r.ids.push_back(first);
    r.ids.push_back(static_cast<std::uint16_t>((first + 1 + random.below(experts - 1)) % experts));
  }
  return r;
}

using RouterScores = std::vector<std::vector<Tensor>>;  // of each sequence's MoE layers: [S, experts]

// d(Σ dlogp · logp + auxiliary) by plain end-to-end autograd; also the log-probs, in target order.
std::pair<std::vector<Tensor>, Tensor> plain_gradient(const ParameterLayout& layout, const model::Config& config, const Tensor& flat, const Routed& r, const Tensor& dlogp,
                                                      const std::function<Tensor(const RouterScores&)>& auxiliary = {}) {
  RouterScores scores(r.micro.sequences.size());
  std::map<std::string, Tensor> leaves;
  for (const Parameter& p : layout.by_name()) leaves[p.name] = flat.narrow(0, p.offset, p.elements).view(p.shape).clone().set_requires_grad(true);
  const reference::Weights weights = [&](const std::string& name) { return leaves.at(name); };
  std::vector<Tensor> logp;
  const std::int64_t slots = config.moe_layers() * 2;
  for (std::size_t s = 0; s < r.micro.sequences.size(); ++s) {
    const std::int64_t first = r.micro.row_starts[s], rows = r.micro.row_starts[s + 1] - first, token = first + static_cast<std::int64_t>(s);
    Tensor fed = at::empty({rows}, at::kLong), next = at::empty({rows}, at::kLong);
    for (std::int64_t i = 0; i < rows; ++i) {
      fed.data_ptr<std::int64_t>()[i] = r.batch.tokens[token + i];
      next.data_ptr<std::int64_t>()[i] = r.batch.tokens[token + i + 1];
    }
    std::vector<Tensor> ids;
    for (std::int64_t l = 0; l < config.moe_layers(); ++l) {
      ids.push_back(at::empty({rows, 2}, at::kLong));
      for (std::int64_t i = 0; i < rows * 2; ++i) ids.back().data_ptr<std::int64_t>()[i] = r.ids[(first + i / 2) * slots + l * 2 + i % 2];
    }
    const Tensor all = reference::sequence_logprob(config, weights, fed, next, ids, r.batch.temperature, &scores[s]);
    for (std::int64_t t = r.micro.target_starts[s]; t < r.micro.target_starts[s + 1]; ++t) logp.push_back(all[r.micro.target_rows[t] - first]);
  }
  const Tensor stacked = at::stack(logp);
  Tensor total = (stacked * dlogp).sum();
  if (auxiliary) total = total + auxiliary(scores);
  torch::autograd::backward({total});
  std::vector<Tensor> gradients;
  for (const Parameter& p : layout.by_name()) {
    const Tensor& g = leaves[p.name].grad();
    gradients.push_back(g.defined() ? g : at::zeros(p.shape, flat.options()));
  }
  return {gradients, stacked.detach()};
}

// What a MoE layer's block is given.
struct LayerRoutes {
  Tensor ids;  // int64 [rows, 2]
  std::shared_ptr<const RoutePlan> plan;
};

LayerRoutes layer_routes(const model::Config& config, const Routed& r, std::int64_t layer) {
  const std::uint16_t* ids = r.ids.data() + (layer - config.first_k_dense_replace) * 2;
  const std::int64_t rows = r.micro.rows(), slots = config.moe_layers() * 2;
  LayerRoutes routes{at::empty({rows, 2}, at::kLong), std::make_shared<RoutePlan>(plan_routes(ids, slots, rows, 2, 8))};
  for (std::int64_t i = 0; i < rows * 2; ++i) routes.ids.data_ptr<std::int64_t>()[i] = ids[i / 2 * slots + i % 2];
  return routes;
}

Tensor ffn_block(const BlockContext& context, const Routed& r, std::int64_t layer, const Tensor& x) {
  if (!context.config.is_moe(layer)) return dense_block(context, layer, x);
  const LayerRoutes routes = layer_routes(context.config, r, layer);
  return moe_block(context, layer, x, routes.ids, routes.plan);
}

// The auxiliary losses as their sources write them, from shares and means.
Tensor auxiliary_by_definition(const model::Config& config, const Routed& r, const RouterScores& scores, bool by_sequence) {
  const std::int64_t layers = config.moe_layers(), experts = config.n_routed_experts;
  const auto chosen = [&](std::int64_t first, std::int64_t end, std::int64_t layer) {  // choices of each expert per row
    Tensor f = at::zeros({experts}, at::kDouble);
    for (std::int64_t i = first * 2; i < end * 2; ++i) f.data_ptr<double>()[r.ids[(i / 2 * layers + layer) * 2 + i % 2]] += 1.0 / static_cast<double>(end - first);
    return f;
  };
  const auto normalised = [](const Tensor& s) { return s / s.sum(1, true); };
  Tensor loss = at::zeros({}, at::kDouble);
  for (std::int64_t l = 0; l < layers; ++l) {
    std::vector<Tensor> all;
    for (std::size_t s = 0; s < scores.size(); ++s) {
      all.push_back(normalised(scores[s][l]));
      const Tensor f = chosen(r.micro.row_starts[s], r.micro.row_starts[s + 1], l) * (static_cast<double>(experts) / 2);
      if (by_sequence) loss = loss + (f * all.back().mean(0)).sum() / static_cast<double>(scores.size());
    }
    if (!by_sequence) loss = loss + static_cast<double>(experts) * (chosen(0, r.micro.rows(), l) * at::cat(all, 0).mean(0)).sum() / static_cast<double>(layers);
  }
  return loss;
}

enum class Auxiliary { kNone, kBatch, kSequence };

RouterLoss router_loss_of(const model::Config& config, const Routed& r, Auxiliary kind, double coefficient) {
  if (kind == Auxiliary::kNone) return {};
  const std::int64_t sequences = static_cast<std::int64_t>(r.micro.sequences.size());
  if (kind == Auxiliary::kSequence) return sequence_router_loss(r.micro.row_starts, r.ids, config.moe_layers(), config.n_routed_experts, 2, sequences, coefficient);
  ExpertLoad load(config.moe_layers(), config.n_routed_experts);
  load.add(r.ids, 2);
  return batch_router_loss(load, r.micro.rows(), coefficient);
}

// The loop on block inputs that the blocks themselves made, in float64: no rounding to hide behind.
void expect_plain_autograd(const model::Config& config, Auxiliary kind = Auxiliary::kNone) {
  Float64Model m(config);
  const Routed r = routed_batch(config, 2, 0.8f);
  const std::int64_t rows = r.micro.rows(), layers = config.layers();
  const BlockContext context = m.context(sequences_of(r.micro.row_starts));
  Tensor inputs = at::zeros({2 * layers + 1, rows, config.hidden_size}, at::kDouble);
  {
    const at::AutoGradMode off(false);
    for (std::int64_t i = 0; i < rows; ++i) inputs[0][i] = m.parameters["model.embed_tokens.weight"][r.micro.tokens[i]];
    for (std::int64_t l = 0; l < layers; ++l) {
      inputs[2 * l + 1] = inputs[2 * l] + attention_block(context, l, inputs[2 * l]);
      inputs[2 * l + 2] = inputs[2 * l + 1] + ffn_block(context, r, l, inputs[2 * l + 1]);
    }
  }
  const Tensor dlogp = values({r.micro.targets()}, 30);
  constexpr double kCoefficient = 3;
  const double loss = accumulate_gradient(context, r.micro, inputs, r.ids, dlogp, router_loss_of(config, r, kind, kCoefficient));
  double by_definition = 0;
  const auto [expected, logp] = plain_gradient(m.layout, config, m.weights, r, dlogp, [&](const RouterScores& scores) {
    if (kind == Auxiliary::kNone) return at::zeros({}, at::kDouble);
    const Tensor value = kCoefficient * auxiliary_by_definition(config, r, scores, kind == Auxiliary::kSequence);
    by_definition = value.item<double>();
    return value;
  });
  EXPECT_NEAR(loss, by_definition, 2e-6 * by_definition);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Parameter& p = m.layout.by_name()[i];
    const Tensor got = m.gradients.narrow(0, p.offset, p.elements).view(p.shape);
    const double scale = expected[i].abs().max().item<double>(), error = (got - expected[i]).abs().max().item<double>();
    EXPECT_GT(scale, 0) << p.name;
    // fp32 cosines and sines are the one place where the two differ by more than float64's rounding
    EXPECT_LE(error, 2e-6 * (scale + 1e-3)) << p.name;
  }
}

TEST(GradientLoop, IsPlainAutogradOfTheWholeModel) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    expect_plain_autograd(config);
  }
  model::Config config = tiny_config();
  config.q_lora_rank = 0;
  SCOPED_TRACE("one query projection");
  expect_plain_autograd(config);
}

TEST(GradientLoop, AuxiliaryLossIsPlainAutogradToo) {
  for (const auto& [family, config] : family_configs())
    for (const Auxiliary kind : {Auxiliary::kBatch, Auxiliary::kSequence}) {
      if (config.moe_layers() == 0) continue;
      SCOPED_TRACE(family + (kind == Auxiliary::kBatch ? " batch" : " sequence"));
      expect_plain_autograd(config, kind);
    }
}

// One micro-batch through the kernels, with what they kept.
struct Scored {
  LearnerState state;
  ThreadTeam team{2};
  Routed routed = routed_batch(state.config, 2, 0.9f);
  std::vector<float> wide, gradients;
  std::unique_ptr<Scorer> scorer = std::make_unique<Scorer>(state.config, team);
  MicroValues values;

  explicit Scored(const model::Config& config) : state(initial_state(config)) {
    routed.micro.forced_experts = routed.ids;
    const auto model = model::pack_model(state.config, state.published.tensors(state.config, state.layout));
    values = scorer->score(*model, routed.micro, true, true);
    EXPECT_EQ(values.expert_ids, routed.ids);
    wide.resize(state.masters.size());
    gradients.resize(wide.size());
    for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = to_float(state.published.parameters[i]);
  }
  Tensor inputs() {
    return at::from_blob(const_cast<float*>(scorer->block_inputs()), {2 * state.config.layers() + 1, routed.micro.rows(), state.config.hidden_size}, at::kFloat);
  }
};

// Root mean square of the difference over that of the kernel's own contribution. bf16 rounds inputs of
// products to 8 bits (relative error 2⁻⁹ each, some two or three in a row per block).
constexpr double kBlockTolerance = 0.01;

void expect_near_kernels(const model::Config& config) {
  Scored s(config);
  Tensor weights = at::from_blob(s.wide.data(), {s.state.layout.size()}, at::kFloat), gradients = at::from_blob(s.gradients.data(), {s.state.layout.size()}, at::kFloat);
  const LeafParameters parameters(config, s.state.layout, weights, gradients);
  const BlockContext context{s.team, config, parameters, sequences_of(s.routed.micro.row_starts), make_rotation(config, 64, at::kFloat)};
  const Tensor inputs = s.inputs();
  const at::AutoGradMode off(false);
  const auto near = [&](const Tensor& value, std::int64_t index, const char* what) {
    const Tensor kernel = inputs[index + 1] - inputs[index];
    EXPECT_LE((value - kernel).pow(2).mean().sqrt().item<double>(), kBlockTolerance * kernel.pow(2).mean().sqrt().item<double>()) << what << ", input " << index;
  };
  for (std::int64_t l = 0; l < config.layers(); ++l) {
    near(attention_block(context, l, inputs[2 * l]), 2 * l, "attention");
    near(ffn_block(context, s.routed, l, inputs[2 * l + 1]), 2 * l + 1, "FFN");
  }
  auto targets = std::make_shared<Targets>();
  targets->ids = s.routed.micro.target_ids;
  targets->inverse_temperature = 1 / 0.9f;
  const Tensor rows = at::from_blob(s.routed.micro.target_rows.data(), {s.routed.micro.targets()}, at::kLong);
  const Tensor logp = head_block(context, inputs[2 * config.layers()].index_select(0, rows), targets);
  for (std::int64_t t = 0; t < logp.size(0); ++t) EXPECT_NEAR(logp[t].item<float>(), s.values.logp[t], 0.03) << "target " << t;
}

TEST(KernelValues, EachBlockIsNearItsAtenBlock) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    expect_near_kernels(config);
  }
}

// At the kernels' own inputs in fp32, the whole gradient against float64 autograd of the unrounded
// model: the angle between them stays small.
void expect_same_direction(const model::Config& config) {
  Scored s(config);
  Gradient gradient(s.state.config, s.state.layout, s.team, s.wide, s.gradients);
  const Tensor dlogp = values({s.routed.micro.targets()}, 31);
  const Tensor narrow = dlogp.to(at::kFloat);
  gradient.accumulate(s.routed.micro, s.scorer->block_inputs(), s.routed.ids, {narrow.data_ptr<float>(), static_cast<std::size_t>(narrow.numel())});
  const Tensor flat = at::from_blob(s.wide.data(), {s.state.layout.size()}, at::kFloat).to(at::kDouble);
  const auto [expected, logp] = plain_gradient(s.state.layout, s.state.config, flat, s.routed, dlogp);
  double dot = 0, own = 0, theirs = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Parameter& p = s.state.layout.by_name()[i];
    const Tensor got = at::from_blob(s.gradients.data() + p.offset, p.shape, at::kFloat).to(at::kDouble);
    dot += (got * expected[i]).sum().item<double>();
    own += got.pow(2).sum().item<double>();
    theirs += expected[i].pow(2).sum().item<double>();
  }
  EXPECT_GT(dot / std::sqrt(own * theirs), 0.999);
  EXPECT_NEAR(std::sqrt(own / theirs), 1, 0.02);
}

TEST(GradientLoop, AtKernelInputsPointsWhereTheUnroundedGradientPoints) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    expect_same_direction(config);
  }
}

}  // namespace
}  // namespace laconic::learner
