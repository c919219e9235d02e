#include "learner/gradient.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "learner/gradient_loop.h"

namespace laconic::learner {
namespace {

using at::Tensor;

// Logits of one head chunk stay below this many elements.
constexpr std::int64_t kHeadChunk = 1 << 24;

// g ← g + Jᵀ g of a residual block at `input`.
void through(const std::function<Tensor(const Tensor&)>& block, const Tensor& input, Tensor& g) {
  const Tensor leaf = input.detach().set_requires_grad(true);
  torch::autograd::backward({block(leaf)}, {g});
  g.add_(leaf.grad());
}

// g ← g + gradient of a scalar loss at `input`; returns the loss.
double through_router(const std::function<Tensor(const Tensor&)>& loss, const Tensor& input, Tensor& g) {
  const Tensor leaf = input.detach().set_requires_grad(true), value = loss(leaf);
  torch::autograd::backward({value});
  g.add_(leaf.grad());
  return value.item<double>();
}

// A layer's weights for router_loss: [1, experts], or each row's sequence's [rows, experts]; of g's type.
Tensor router_weights(const BlockContext& context, const MicroBatch& micro, const RouterLoss& auxiliary, std::int64_t moe_layer, const Tensor& g) {
  const std::int64_t experts = context.config.n_routed_experts, layers = context.config.moe_layers();
  const Tensor all = at::from_blob(const_cast<float*>(auxiliary.weights.data()), {auxiliary.groups, layers, experts}, at::kFloat);
  const Tensor groups = all.select(1, moe_layer).to(g.scalar_type());
  if (auxiliary.groups == 1) return groups;
  Tensor rows = at::empty({micro.rows(), experts}, g.options());
  for (std::int64_t s = 0; s < auxiliary.groups; ++s) rows.slice(0, micro.row_starts[s], micro.row_starts[s + 1]).copy_(groups[s]);
  return rows;
}

// The gradient of the residual stream entering the head, zero where a row has no target.
Tensor head_gradient(const BlockContext& context, const MicroBatch& micro, const Tensor& input, const Tensor& dlogp) {
  Tensor g = at::zeros(input.sizes(), input.options());
  const std::int64_t chunk = std::max<std::int64_t>(64, kHeadChunk / context.config.vocab_size);
  for (std::int64_t begin = 0; begin < micro.targets(); begin += chunk) {
    const std::int64_t count = std::min(chunk, micro.targets() - begin);
    auto targets = std::make_shared<Targets>();
    targets->ids.assign(micro.target_ids.begin() + begin, micro.target_ids.begin() + begin + count);
    targets->inverse_temperature = micro.temperature == 0 ? 1 : 1.0 / micro.temperature;
    if (!micro.kept_offsets.empty()) {
      const std::int64_t base = micro.kept_offsets[begin];
      for (std::int64_t i = begin; i <= begin + count; ++i) targets->kept_offsets.push_back(micro.kept_offsets[i] - base);
      targets->kept_ids.assign(micro.kept_ids.begin() + base, micro.kept_ids.begin() + micro.kept_offsets[begin + count]);
    }
    const Tensor rows = at::from_blob(const_cast<std::int64_t*>(micro.target_rows.data()) + begin, {count}, at::kLong);
    const Tensor leaf = input.index_select(0, rows).set_requires_grad(true);
    torch::autograd::backward({head_block(context, leaf, targets)}, {dlogp.narrow(0, begin, count)});
    g.index_copy_(0, rows, leaf.grad());
  }
  return g;
}

template <class T>
void add_embedding_gradient(ThreadTeam& team, const MicroBatch& micro, const Tensor& g, const Tensor& embedding_gradient) {
  const T* from = g.const_data_ptr<T>();
  T* to = embedding_gradient.mutable_data_ptr<T>();
  const std::int64_t hidden = g.size(1);
  team.run([&](const Ctx& ctx) {  // columns are split, rows ascend: one order whatever the threads
    const auto [begin, end] = ctx.share(hidden, 16);
    for (std::int64_t r = 0; r < micro.rows(); ++r)
      for (std::int64_t c = begin; c < end; ++c) to[std::int64_t{micro.tokens[r]} * hidden + c] += from[r * hidden + c];
  });
}

}  // namespace

double accumulate_gradient(const BlockContext& context, const MicroBatch& micro, const Tensor& block_inputs,
                           std::span<const std::uint16_t> expert_ids, const Tensor& dlogp, const RouterLoss& auxiliary) {
  const model::Config& c = context.config;
  const std::int64_t rows = micro.rows(), top_k = c.num_experts_per_tok, stride = c.moe_layers() * top_k;
  Tensor g = head_gradient(context, micro, block_inputs[2 * c.layers()], dlogp);
  double auxiliary_loss = 0;
  for (std::int64_t layer = c.layers() - 1; layer >= 0; --layer) {
    if (c.is_moe(layer)) {
      const std::uint16_t* ids = expert_ids.data() + (layer - c.first_k_dense_replace) * top_k;
      auto plan = std::make_shared<RoutePlan>(plan_routes(ids, stride, rows, static_cast<int>(top_k), static_cast<int>(c.n_routed_experts)));
      const Tensor wide = at::empty({rows, top_k}, at::kLong);
      for (std::int64_t r = 0; r < rows; ++r) std::copy_n(ids + r * stride, top_k, wide.mutable_data_ptr<std::int64_t>() + r * top_k);
      through([&](const Tensor& x) { return moe_block(context, layer, x, wide, plan); }, block_inputs[2 * layer + 1], g);
      if (auxiliary.groups > 0) {
        const Tensor weights = router_weights(context, micro, auxiliary, layer - c.first_k_dense_replace, g);
        auxiliary_loss += through_router([&](const Tensor& x) { return router_loss(context, layer, x, weights); }, block_inputs[2 * layer + 1], g);
      }
    } else {
      through([&](const Tensor& x) { return dense_block(context, layer, x); }, block_inputs[2 * layer + 1], g);
    }
    through([&](const Tensor& x) { return attention_block(context, layer, x); }, block_inputs[2 * layer], g);
  }
  const Tensor& embedding = context.parameters["model.embed_tokens.weight"].grad();
  if (!embedding.defined()) return auxiliary_loss;  // frozen
  if (g.scalar_type() == at::kFloat) add_embedding_gradient<float>(context.team, micro, g, embedding);
  else add_embedding_gradient<double>(context.team, micro, g, embedding);
  return auxiliary_loss;
}

struct Gradient::Impl {
  const model::Config& config;
  ThreadTeam& team;
  LeafParameters parameters;
  std::optional<AdapterLeaves> adapters;
  Rotation rotation;
};

namespace {

Tensor flat_view(std::vector<float>& values) { return at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kFloat); }

void set_up_torch() {
  at::set_num_threads(1);  // functions.h
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);  // every block is written whole: at::zeros says where not
}

}  // namespace

Gradient::Gradient(const model::Config& config, const ParameterLayout& layout, ThreadTeam& team, std::vector<float>& weights, std::vector<float>& gradients) {
  set_up_torch();
  impl_.reset(new Impl{config, team, LeafParameters(config, layout, flat_view(weights), flat_view(gradients)), std::nullopt,
                       make_rotation(config, config.max_position_embeddings, at::kFloat)});
}

Gradient::Gradient(const model::Config& config, const ParameterLayout& layout, ThreadTeam& team, std::vector<float>& weights, const AdapterLayout& adapters,
                   std::vector<float>& values, std::vector<float>& gradients) {
  set_up_torch();
  impl_.reset(new Impl{config, team, LeafParameters(config, layout, flat_view(weights), Tensor()), AdapterLeaves(layout, adapters, flat_view(values), flat_view(gradients)),
                       make_rotation(config, config.max_position_embeddings, at::kFloat)});
}

Gradient::~Gradient() = default;

double Gradient::accumulate(const MicroBatch& micro, const float* block_inputs, std::span<const std::uint16_t> expert_ids, std::span<const float> dlogp,
                            const RouterLoss& auxiliary, std::span<const std::uint32_t> selected, std::int64_t selected_words) {
  if (micro.targets() == 0 && auxiliary.groups == 0) return 0;
  const model::Config& c = impl_->config;
  auto sequences = std::make_shared<Sequences>();
  sequences->starts = micro.row_starts;
  const BlockContext context{impl_->team, c, impl_->parameters, sequences, impl_->rotation, impl_->adapters ? &*impl_->adapters : nullptr,
                             selected.empty() ? Selected{} : Selected{selected.data(), selected_words}};
  const Tensor inputs = at::from_blob(const_cast<float*>(block_inputs), {2 * c.layers() + 1, micro.rows(), c.hidden_size}, at::kFloat);
  const Tensor d = at::from_blob(const_cast<float*>(dlogp.data()), {static_cast<std::int64_t>(dlogp.size())}, at::kFloat);
  return accumulate_gradient(context, micro, inputs, expert_ids, d, auxiliary);
}

TorchFacts torch_facts() { return {TORCH_VERSION, at::get_cpu_capability()}; }

}  // namespace laconic::learner
