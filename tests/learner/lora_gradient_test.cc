// The adapters' gradient in float64: of one product against plain autograd, of whole models against
// the full gradient projected onto the adapters.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <numeric>

#include "learner/gradient_loop.h"
#include "tests/learner/support.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using at::Tensor;

Tensor values(std::vector<std::int64_t> shape, std::uint32_t stream, double scale = 1) {
  PhiloxStream random(98, stream);
  Tensor t = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = scale * (2 * random.uniform() - 1);
  return t;
}

Tensor leaf_of(const Tensor& t) { return t.detach().clone().set_requires_grad(true); }

// y = x·(W0 + s·B·A)ᵀ with adapters on two of three row ranges; 300 rows and 70 columns cross the
// chunks of rows and of weights.
TEST(LoraGradient, OfAProductIsPlainAutograd) {
  ThreadTeam team(2);
  const double scale = 0.7;
  const Tensor w0 = values({150, 70}, 1), cotangent = values({300, 150}, 2);
  const std::vector<Tensor> given = {values({300, 70}, 3), values({3, 70}, 4), values({80, 3}, 5), values({3, 70}, 6), values({60, 3}, 7)};
  const auto merged = [&](const std::vector<Tensor>& in) {
    return at::cat({w0.narrow(0, 0, 80) + scale * in[2].matmul(in[1]), w0.narrow(0, 80, 10), w0.narrow(0, 90, 60) + scale * in[4].matmul(in[3])});
  };
  std::vector<Tensor> plain, ours;
  for (const Tensor& t : given) {
    plain.push_back(leaf_of(t));
    ours.push_back(leaf_of(t));
  }
  torch::autograd::backward({plain[0].matmul(merged(plain).t())}, {cotangent});
  const Tensor w = merged(given);
  const Tensor y = with_low_rank_gradient(team, linear(team, ours[0], w), ours[0], {{0, ours[1], ours[2]}, {90, ours[3], ours[4]}}, scale);
  EXPECT_LT((y - given[0].matmul(w.t())).abs().max().item<double>(), 1e-12);
  torch::autograd::backward({y}, {cotangent});
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double size = plain[i].grad().abs().max().item<double>();
    EXPECT_LT((ours[i].grad() - plain[i].grad()).abs().max().item<double>(), 1e-13 * size) << "input " << i;
  }
}

// Both gradients of the same micro-batch at the same inputs: of all weights, and of adapters alone.
TEST(LoraGradient, IsTheFullGradientProjectedInEveryFamily) {
  for (const auto& [family, config] : family_configs()) {
    SCOPED_TRACE(family);
    const trajectory::Batch batch = sft_batch(3, 0, 17, config);
    const BatchIndex index(batch);
    const MicroBatch micro = pack(batch, index, split_sequences(index, 0, index.sequences(), 1 << 20)[0], config);
    std::vector<std::uint16_t> ids(static_cast<std::size_t>(micro.rows() * config.moe_layers() * 2));
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::uint16_t>((3 * (i / 2) + 5 * (i % 2)) % 8);
    const ParameterLayout layout(config);
    const AdapterLayout adapters(config, layout, {.rank = 3, .alpha = 2, .targets = {"all-linear"}}, "test");
    const Tensor weights = values({layout.size()}, 20, 0.3), inputs = values({2 * config.layers() + 1, micro.rows(), config.hidden_size}, 21);
    const Tensor dlogp = values({micro.targets()}, 22), low = values({adapters.parameters().size()}, 23);
    const Tensor full = at::zeros({layout.size()}, at::kDouble), projected = at::zeros({adapters.parameters().size()}, at::kDouble);
    ThreadTeam team(2);
    auto sequences = std::make_shared<Sequences>();
    sequences->starts = micro.row_starts;
    const Rotation rotation = make_rotation(config, config.max_position_embeddings, at::kDouble);

    const LeafParameters learning(config, layout, weights, full), frozen(config, layout, weights, Tensor());
    accumulate_gradient({team, config, learning, sequences, rotation}, micro, inputs, ids, dlogp);
    const AdapterLeaves leaves(layout, adapters, low, projected);
    for (int times = 0; times < 2; ++times)  // it adds
      accumulate_gradient({team, config, frozen, sequences, rotation, &leaves}, micro, inputs, ids, dlogp);
    EXPECT_FALSE(frozen["model.embed_tokens.weight"].requires_grad());

    for (const Adapter& adapter : adapters.adapters()) {
      const auto matrix = [](const Tensor& flat, std::int64_t at, std::int64_t rows, std::int64_t columns) { return flat.narrow(0, at, rows * columns).view({rows, columns}); };
      const Tensor dw = matrix(full, adapter.w, adapter.outputs, adapter.inputs);
      const Tensor a = matrix(low, adapter.a, 3, adapter.inputs), b = matrix(low, adapter.b, adapter.outputs, 3);
      const Tensor da = 2.0 / 3 * b.t().matmul(dw), db = 2.0 / 3 * dw.matmul(a.t());
      ASSERT_GT(da.abs().max().item<double>(), 0) << adapter.weight;
      ASSERT_GT(db.abs().max().item<double>(), 0) << adapter.weight;
      EXPECT_LT((matrix(projected, adapter.a, 3, adapter.inputs) - 2 * da).abs().max().item<double>(), 1e-11 * da.abs().max().item<double>()) << adapter.weight;
      EXPECT_LT((matrix(projected, adapter.b, adapter.outputs, 3) - 2 * db).abs().max().item<double>(), 1e-11 * db.abs().max().item<double>()) << adapter.weight;
    }
  }
}

}  // namespace
}  // namespace laconic::learner
