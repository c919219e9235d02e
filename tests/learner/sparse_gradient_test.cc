// Sparse attention in the gradient: it follows the positions that the kernels selected, and the indexer
// that selected them stays as it is.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "learner/blocks.h"
#include "tests/learner/support.h"

namespace laconic::learner {
namespace {

using namespace testing_support;
using at::Tensor;

model::Config sparse_config(int topk) {
  model::Config c = tiny_config();
  c.model_type = "deepseek_v32";
  c.index_n_heads = 3;
  c.index_head_dim = 10;
  c.index_topk = topk;
  return c;
}

Tensor values(std::vector<std::int64_t> shape, std::uint32_t stream) {
  PhiloxStream random(98, stream);
  Tensor t = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = 2 * random.uniform() - 1;
  return t;
}

// Value and derivatives against autograd of a masked softmax, in float64; a sequence longer than a query block.
TEST(SparseGradient, LatentAttentionOverASelection) {
  constexpr std::int64_t kRows = 190, kHeads = 2, kNope = 5, kRope = 4, kValue = 3, kWords = 6;
  const std::vector<std::int64_t> starts = {0, 3, 4, kRows};
  const auto sequences = std::make_shared<Sequences>(Sequences{starts});
  const Rotation still{at::ones({kRows, kRope / 2}, at::kDouble), at::zeros({kRows, kRope / 2}, at::kDouble), true};
  std::vector<std::uint32_t> words(kRows * kWords, 0xcccccccc);  // what lies beyond a row's own position is nobody's
  Tensor unselected = at::ones({kRows, kRows}, at::kBool);
  PhiloxStream random(7, 0);
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (std::int64_t t = 0; t < starts[s + 1] - starts[s]; ++t)
      for (std::int64_t p = 0; p <= t; ++p) {
        const std::int64_t row = starts[s] + t;
        const bool taken = p == t / 2 || random.uniform() < 0.3;
        std::uint32_t& word = words[static_cast<std::size_t>(row * kWords + p / 32)];
        word = taken ? word | 1u << p % 32 : word & ~(1u << p % 32);
        if (taken) unselected[row][starts[s] + p] = false;
      }
  const std::vector<Tensor> in = {values({kRows, kHeads * (kNope + kRope)}, 1).set_requires_grad(true), values({kRows, kHeads * (kNope + kValue)}, 2).set_requires_grad(true),
                                  values({kRows, kRope}, 3).set_requires_grad(true)};
  const Tensor cotangent = values({kRows, kHeads * kValue}, 4);
  ThreadTeam team(2);
  const Tensor out = latent_attention(team, in[0], in[1], in[2], sequences, still, {kHeads, kNope, kRope, kValue, 0.8}, {words.data(), kWords});
  torch::autograd::backward({out}, {cotangent});
  std::vector<Tensor> gradients;
  for (const Tensor& x : in) gradients.push_back(x.grad().clone()), x.mutable_grad().zero_();

  const Tensor q = in[0].view({kRows, kHeads, kNope + kRope}), kv = in[1].view({kRows, kHeads, kNope + kValue});
  const Tensor k = at::cat({kv.narrow(2, 0, kNope), in[2].unsqueeze(1).expand({kRows, kHeads, kRope})}, 2);
  const Tensor scores = (q.transpose(0, 1).matmul(k.permute({1, 2, 0})) * 0.8).masked_fill(unselected, -INFINITY);
  const Tensor expected = at::softmax(scores, 2).matmul(kv.narrow(2, kNope, kValue).transpose(0, 1)).transpose(0, 1).reshape({kRows, -1});
  torch::autograd::backward({expected}, {cotangent});
  EXPECT_LE((out - expected).abs().max().item<double>(), 1e-12);
  for (std::size_t i = 0; i < in.size(); ++i) EXPECT_LE((gradients[i] - in[i].grad()).abs().max().item<double>(), 1e-12) << "input " << i;
}

// The block in ATen at the kernels' inputs and selection, against what the kernels added to the stream.
TEST(SparseGradient, TheBlockIsNearTheKernelsWithTheirSelectionAndFarWithout) {
  const model::Config config = sparse_config(4);
  const LearnerState state = initial_state(config);
  trajectory::Batch batch = sft_batch(4, 0, 17, config);
  const BatchIndex index(batch);
  const MicroBatch micro = pack(batch, index, split_sequences(index, 0, index.sequences(), 1 << 20)[0], config);
  ThreadTeam team(2);
  Scorer scorer(state.config, team);
  const MicroValues scored = scorer.score(*model::pack_model(config, state.published.tensors(config, state.layout)), micro, false, true);
  ASSERT_FALSE(scored.selected.empty());
  std::vector<float> wide(state.masters.size()), gradients(state.masters.size());
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = to_float(state.published.parameters[i]);
  const LeafParameters parameters(config, state.layout, at::from_blob(wide.data(), {state.layout.size()}, at::kFloat), at::from_blob(gradients.data(), {state.layout.size()}, at::kFloat));
  const auto sequences = std::make_shared<Sequences>(Sequences{micro.row_starts});
  BlockContext context{team, config, parameters, sequences, make_rotation(config, 64, at::kFloat)};
  const Tensor inputs = at::from_blob(const_cast<float*>(scorer.block_inputs()), {2 * config.layers() + 1, micro.rows(), config.hidden_size}, at::kFloat);
  const at::AutoGradMode off(false);
  for (const bool followed : {true, false}) {
    context.selected = followed ? Selected{scored.selected.data(), scored.selected_words} : Selected{};
    for (std::int64_t l = 0; l < config.layers(); ++l) {
      const Tensor kernel = inputs[2 * l + 1] - inputs[2 * l];
      const double error = (attention_block(context, l, inputs[2 * l]) - kernel).pow(2).mean().sqrt().item<double>() / kernel.pow(2).mean().sqrt().item<double>();
      if (followed) {
        EXPECT_LE(error, 0.01) << "layer " << l;
      } else {
        EXPECT_GT(error, 0.1) << "layer " << l;
      }
    }
  }
}

// Nothing is reported, and so nothing masked, where every sequence fits.
TEST(SparseGradient, ShortSequencesNeedNoSelection) {
  const model::Config config = sparse_config(60);
  const LearnerState state = initial_state(config);
  trajectory::Batch batch = sft_batch(3, 0, 17, config);
  const BatchIndex index(batch);
  const MicroBatch micro = pack(batch, index, split_sequences(index, 0, index.sequences(), 1 << 20)[0], config);
  ThreadTeam team(1);
  Scorer scorer(state.config, team);
  EXPECT_TRUE(scorer.score(*model::pack_model(config, state.published.tensors(config, state.layout)), micro, false, true).selected.empty());
}

TEST(SparseGradient, AStepMovesAllButTheIndexerAndItsRatioIsOne) {
  const model::Config config = sparse_config(4);
  const LearnerState before = initial_state(config);
  for (const int micro_tokens : {100000, 40}) {
    Learner learner(initial_state(config), micro_tokens == 40 ? 1 : 2);
    learner.start_stage(stage_start(StageKind::kRl, R"({"optimizer.lr": 0.01, "optimizer.weight_decay": 0.1, "optimizer.micro_tokens": )" + std::to_string(micro_tokens) + "}"));
    const Metrics metrics = learner.step(rl_batch(learner.state(), 7));
    EXPECT_EQ(metrics.at("importance_ratio/min"), 1);
    EXPECT_EQ(metrics.at("importance_ratio/max"), 1);
    int indexer = 0;
    for (const Parameter& p : before.layout.by_name()) {
      const auto at = static_cast<std::ptrdiff_t>(p.offset);
      const bool same = std::equal(before.masters.begin() + at, before.masters.begin() + at + p.elements, learner.state().masters.begin() + at);
      const bool is_indexer = p.name.find(".indexer.") != std::string::npos;
      EXPECT_EQ(same, is_indexer) << p.name;
      indexer += is_indexer;
    }
    EXPECT_EQ(indexer, 5 * config.layers());
  }
}

}  // namespace
}  // namespace laconic::learner
