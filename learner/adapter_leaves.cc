#include "learner/adapter_leaves.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>

#include "learner/function_support.h"

namespace laconic::learner {
namespace {

// The gradient of one part. `dy`: its first column, row stride `stride`.
template <class T>
void low_rank_gradient(ThreadTeam& team, std::int64_t rows, std::int64_t outputs, std::int64_t inputs, std::int64_t rank, T scale, const T* x, const T* dy,
                       std::int64_t stride, const T* a, const T* b, const Tensor& like, T* da, T* db) {
  const Tensor narrow = scratch_like(like, 2 * rows * rank);
  T *dy_b = narrow.mutable_data_ptr<T>(), *x_a = dy_b + rows * rank;  // [rows, rank] each
  const std::int64_t row_tasks = chunks(rows, kRowChunk), input_tasks = chunks(inputs, kWeightChunk);
  for_tasks(team, 2 * row_tasks, [&](std::int64_t task, int) {
    const std::int64_t first = task / 2 * kRowChunk, n = std::min(kRowChunk, rows - first);
    if (task % 2 == 0) matmul(false, false, n, rank, outputs, scale, dy + first * stride, stride, b, rank, T(0), dy_b + first * rank, rank);
    else matmul(false, true, n, rank, inputs, scale, x + first * inputs, inputs, a, inputs, T(0), x_a + first * rank, rank);
  });
  for_tasks(team, input_tasks + chunks(outputs, kWeightChunk), [&](std::int64_t task, int) {
    if (task < input_tasks) {
      const std::int64_t first = task * kWeightChunk, n = std::min(kWeightChunk, inputs - first);
      matmul(true, false, rank, n, rows, T(1), dy_b, rank, x + first, inputs, T(0), da + first, inputs);
    } else {
      const std::int64_t first = (task - input_tasks) * kWeightChunk, n = std::min(kWeightChunk, outputs - first);
      matmul(true, false, n, rank, rows, T(1), dy + first, stride, x_a, rank, T(0), db + first * rank, rank);
    }
  });
}

}  // namespace

Tensor with_low_rank_gradient(ThreadTeam& team, const Tensor& y, const Tensor& x, std::vector<LowRank> parts, double scale) {
  torch::autograd::variable_list inputs = {y};
  for (LowRank& part : parts) {
    inputs.push_back(part.a);
    inputs.push_back(part.b);
    part.a = part.a.detach();  // the node holds values, not leaves
    part.b = part.b.detach();
  }
  return differentiable(y.detach(), inputs, [&team, scale, parts = std::move(parts), x = x.detach()](const Tensor& dy) -> torch::autograd::variable_list {
    torch::autograd::variable_list gradients = {dy};
    for (const LowRank& part : parts) {
      Tensor da = at::empty_like(part.a), db = at::empty_like(part.b);
      by_type(x, [&](auto tag) {
        using T = decltype(tag);
        low_rank_gradient(team, x.size(0), part.b.size(0), x.size(1), part.a.size(0), static_cast<T>(scale), x.const_data_ptr<T>(), dy.const_data_ptr<T>() + part.first,
                          dy.size(1), part.a.const_data_ptr<T>(), part.b.const_data_ptr<T>(), x, da.mutable_data_ptr<T>(), db.mutable_data_ptr<T>());
      });
      gradients.push_back(da);
      gradients.push_back(db);
    }
    return gradients;
  });
}

AdapterLeaves::AdapterLeaves(const ParameterLayout& model, const AdapterLayout& layout, const Tensor& values, const Tensor& gradients) : model_(model), layout_(layout) {
  const auto leaf = [&](std::int64_t offset, std::int64_t rows, std::int64_t columns) {
    Tensor view = values.narrow(0, offset, rows * columns).view({rows, columns}).detach().set_requires_grad(true);
    view.mutable_grad() = gradients.narrow(0, offset, rows * columns).view({rows, columns}).detach();  // accumulated in place
    return view;
  };
  for (const Adapter& adapter : layout.adapters()) {
    a_.push_back(leaf(adapter.a, layout.rank(), adapter.inputs));
    b_.push_back(leaf(adapter.b, adapter.outputs, layout.rank()));
  }
}

Tensor AdapterLeaves::attach(ThreadTeam& team, const std::string& name, const Tensor& x, const Tensor& y) const {
  const std::vector<Adapter>& all = layout_.adapters();
  const std::int64_t inputs = x.size(1), offset = model_.offset_of(name), end = offset + y.size(1) * inputs;
  auto at = std::lower_bound(all.begin(), all.end(), offset, [](const Adapter& adapter, std::int64_t o) { return adapter.w < o; });
  std::vector<LowRank> parts;
  for (; at != all.end() && at->w < end; ++at) parts.push_back({(at->w - offset) / inputs, a_[at - all.begin()], b_[at - all.begin()]});
  return parts.empty() ? y : with_low_rank_gradient(team, y, x, std::move(parts), layout_.scale());
}

}  // namespace laconic::learner
