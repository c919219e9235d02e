// How a differentiable function is made: a closure as autograd node, loops over rows, tasks handed
// out to the team. For the files that implement functions.h. A seam header: includes torch.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <atomic>
#include <functional>

#include "base/thread_team.h"
#include "learner/blas.h"

namespace laconic::learner {

using at::Tensor;
using Backward = std::function<torch::autograd::variable_list(const Tensor&)>;

// An autograd node whose backward is a closure. It may hold inputs, never the output.
struct ClosureNode : torch::autograd::Node {
  Backward backward;
  std::string name() const override { return "laconic"; }
  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    at::AutoGradMode off(false);
    return backward(gradients[0].contiguous());
  }
  void release_variables() override { backward = nullptr; }
};

// Records `backward` (one gradient per input, in order) as the derivative of `output`.
inline Tensor differentiable(Tensor output, torch::autograd::variable_list inputs, Backward backward) {
  if (!torch::autograd::compute_requires_grad(inputs)) return output;
  std::shared_ptr<ClosureNode> node(new ClosureNode, torch::autograd::deleteNode);
  node->backward = std::move(backward);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  torch::autograd::set_history(output, node);
  return output;
}

// Calls f with a value of the tensor's element type.
template <class F>
void by_type(const Tensor& like, F&& f) {
  if (like.scalar_type() == at::kFloat) f(float{});
  else f(double{});
}

// Uninitialised scratch of the tensor's type; lives as long as the returned tensor.
inline Tensor scratch_like(const Tensor& like, std::int64_t elements) { return at::empty({elements}, like.options().requires_grad(false)); }

inline void for_rows(ThreadTeam& team, std::int64_t rows, const std::function<void(std::int64_t, std::int64_t)>& body) {
  team.run([&](const Ctx& ctx) {
    const auto [begin, end] = ctx.share(rows);
    if (begin < end) body(begin, end);
  });
}

// Tasks handed out one by one: who runs a task does not matter, a task's bits are its own.
inline void for_tasks(ThreadTeam& team, std::int64_t tasks, const std::function<void(std::int64_t, int)>& body) {
  std::atomic<std::int64_t> next{0};
  team.run([&](const Ctx& ctx) {
    const SerialBlas serial;
    for (std::int64_t t = next++; t < tasks; t = next++) body(t, ctx.tid);
  });
}

// Where the gradient of a weight goes: of a leaf with a .grad straight into it, so that nothing of the
// weight's size is made and added; else into a tensor of its own; nowhere when the weight is frozen.
class WeightGradient {
 public:
  explicit WeightGradient(const Tensor& weight) : learns_(weight.requires_grad()), weight_(weight.detach()) {
    if (learns_ && weight.is_leaf()) sink_ = weight.grad();
  }
  bool learns() const { return learns_; }
  const Tensor& weight() const { return weight_; }

  // In the backward: what the gradient is added to; undefined when frozen.
  Tensor room() const { return sink_.defined() ? sink_ : learns_ ? at::zeros_like(weight_) : Tensor(); }
  // What the backward returns, given its room.
  Tensor result(const Tensor& room) const { return sink_.defined() ? Tensor() : room; }

 private:
  bool learns_;
  Tensor weight_, sink_;
};

template <class T>
T* data_or_null(const Tensor& tensor) { return tensor.defined() ? tensor.mutable_data_ptr<T>() : nullptr; }

// Shares of a fixed size, so that a product's bits do not depend on the number of threads.
inline constexpr std::int64_t kRowChunk = 256, kWeightChunk = 64;
inline std::int64_t chunks(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

}  // namespace laconic::learner
