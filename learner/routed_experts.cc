#include "learner/functions.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cstring>

#include "learner/elementwise.h"
#include "learner/function_support.h"

namespace laconic::learner {

Tensor routed_experts(ThreadTeam& team, const Tensor& x, const Tensor& weights, const Tensor& gate_up, const Tensor& down,
                      std::shared_ptr<const RoutePlan> plan) {
  const std::int64_t pairs = static_cast<std::int64_t>(plan->token_of.size()), hidden = x.size(1), width = down.size(2);
  // By sorted position: the expert's input, its gate_up output, its weight, its weighted activation.
  Tensor in = at::empty({pairs, hidden}, x.options()), hidden_units = at::empty({pairs, 2 * width}, x.options());
  Tensor sorted_weights = at::empty({pairs}, x.options()), active = at::empty({pairs, width}, x.options());
  Tensor y = at::empty({plan->tokens, hidden}, x.options());
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const T *px = x.const_data_ptr<T>(), *pw = weights.const_data_ptr<T>(), *gu = gate_up.const_data_ptr<T>(), *dn = down.const_data_ptr<T>();
    T *pi = in.mutable_data_ptr<T>(), *ph = hidden_units.mutable_data_ptr<T>(), *ps = sorted_weights.mutable_data_ptr<T>();
    T *pa = active.mutable_data_ptr<T>(), *py = y.mutable_data_ptr<T>();
    for (std::int64_t i = 0; i < pairs; ++i) ps[plan->place_of[i]] = pw[i];
    const Tensor output_rows = scratch_like(x, pairs * hidden);
    T* outputs = output_rows.mutable_data_ptr<T>();
    for_tasks(team, plan->experts, [&](std::int64_t task, int) {
      const std::int64_t e = plan->largest_first[task], begin = plan->offsets[e], n = plan->offsets[e + 1] - begin;
      for (std::int64_t r = begin; r < begin + n; ++r) std::memcpy(pi + r * hidden, px + plan->token_of[r] * hidden, hidden * sizeof(T));
      matmul(false, true, n, 2 * width, hidden, T(1), pi + begin * hidden, hidden, gu + e * 2 * width * hidden, hidden, T(0), ph + begin * 2 * width, 2 * width);
      swiglu_rows(ph, ps, begin, begin + n, width, pa);
      matmul(false, true, n, hidden, width, T(1), pa + begin * width, width, dn + e * hidden * width, width, T(0), outputs + begin * hidden, hidden);
    });
    for_rows(team, plan->tokens, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        std::memset(py + t * hidden, 0, hidden * sizeof(T));
        for (int s = 0; s < plan->top_k; ++s) {
          const T* part = outputs + std::int64_t{plan->place_of[t * plan->top_k + s]} * hidden;
          for (std::int64_t c = 0; c < hidden; ++c) py[t * hidden + c] += part[c];
        }
      }
    });
  });
  return differentiable(y, {x, weights, gate_up, down}, [&team, plan, in, hidden_units, sorted_weights, active, gate_up = WeightGradient(gate_up), down = WeightGradient(down)](const Tensor& dy) -> torch::autograd::variable_list {
    const std::int64_t n_pairs = in.size(0), dim = in.size(1), wide = active.size(1);
    Tensor dx = at::empty({plan->tokens, dim}, in.options()), dweights = at::empty({plan->tokens, plan->top_k}, in.options());
    const Tensor d_gate_up = gate_up.room(), d_down = down.room();
    by_type(in, [&](auto tag) {
      using T = decltype(tag);
      const T *pg = dy.const_data_ptr<T>(), *pi = in.const_data_ptr<T>(), *ph = hidden_units.const_data_ptr<T>();
      const T *ps = sorted_weights.const_data_ptr<T>(), *pa = active.const_data_ptr<T>();
      const T *gu = gate_up.weight().const_data_ptr<T>(), *dn = down.weight().const_data_ptr<T>();
      T *dgu = data_or_null<T>(d_gate_up), *ddn = data_or_null<T>(d_down), *px = dx.mutable_data_ptr<T>(), *pw = dweights.mutable_data_ptr<T>();
      const Tensor row_scratch = scratch_like(in, n_pairs * dim), active_scratch = scratch_like(in, n_pairs * wide);
      const Tensor hidden_scratch = scratch_like(in, 2 * n_pairs * wide), weight_scratch = scratch_like(in, n_pairs);
      T *rows = row_scratch.mutable_data_ptr<T>(), *d_active = active_scratch.mutable_data_ptr<T>();  // rows: dy, then dx
      T *d_hidden = hidden_scratch.mutable_data_ptr<T>(), *d_sorted = weight_scratch.mutable_data_ptr<T>();
      for_tasks(team, plan->experts, [&](std::int64_t task, int) {
        const std::int64_t e = plan->largest_first[task], begin = plan->offsets[e], n = plan->offsets[e + 1] - begin;
        T *g = rows + begin * dim, *da = d_active + begin * wide, *dh = d_hidden + begin * 2 * wide;
        if (n == 0) return;
        for (std::int64_t r = 0; r < n; ++r) std::memcpy(g + r * dim, pg + plan->token_of[begin + r] * dim, dim * sizeof(T));
        if (ddn) matmul(true, false, dim, wide, n, T(1), g, dim, pa + begin * wide, wide, T(1), ddn + e * dim * wide, wide);
        matmul(false, false, n, wide, dim, T(1), g, dim, dn + e * dim * wide, wide, T(0), da, wide);
        swiglu_backward_rows(ph, ps, d_active, begin, begin + n, wide, d_hidden, d_sorted);
        if (dgu) matmul(true, false, 2 * wide, dim, n, T(1), dh, 2 * wide, pi + begin * dim, dim, T(1), dgu + e * 2 * wide * dim, dim);
        matmul(false, false, n, dim, 2 * wide, T(1), dh, 2 * wide, gu + e * 2 * wide * dim, dim, T(0), g, dim);
      });
      for_rows(team, plan->tokens, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t t = begin; t < end; ++t) {
          std::memset(px + t * dim, 0, dim * sizeof(T));
          for (int s = 0; s < plan->top_k; ++s) {
            const std::int64_t place = plan->place_of[t * plan->top_k + s];
            pw[t * plan->top_k + s] = d_sorted[place];
            for (std::int64_t c = 0; c < dim; ++c) px[t * dim + c] += rows[place * dim + c];
          }
        }
      });
    });
    return {dx, dweights, gate_up.result(d_gate_up), down.result(d_down)};
  });
}

}  // namespace laconic::learner
