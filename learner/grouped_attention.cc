#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include "learner/causal_attention.h"

namespace laconic::learner {

Tensor grouped_attention(ThreadTeam& team, const Tensor& q, const Tensor& k, const Tensor& v, std::shared_ptr<const Sequences> sequences,
                         const Rotation& rotation, const GroupedShape& shape) {
  const std::int64_t rows = q.size(0), group = shape.heads / shape.kv_heads;
  Tensor rotated_q = at::empty_like(q.detach()), rotated_k = at::empty_like(k.detach());
  Tensor out = at::empty({rows, q.size(1)}, q.options()), lse = at::empty({shape.heads, rows}, q.options());
  const auto view = [=](auto tag, std::int64_t task, const Tensor& tq, const Tensor& tk, const Tensor& tv) {
    using T = decltype(tag);
    const std::int64_t start = sequences->starts[task / shape.heads], h = task % shape.heads, kv = h / group;
    CausalHead<T> head;
    head.ld_q = head.ld_out = std::int64_t{shape.heads} * shape.dim;
    head.ld_k = head.ld_v = std::int64_t{shape.kv_heads} * shape.dim;
    head.length = sequences->starts[task / shape.heads + 1] - start;
    head.q = tq.const_data_ptr<T>() + start * head.ld_q + h * shape.dim;
    head.k = tk.const_data_ptr<T>() + start * head.ld_k + kv * shape.dim;
    head.v = tv.const_data_ptr<T>() + start * head.ld_v + kv * shape.dim;
    head.nope = head.value = shape.dim;  // one product for the whole key: it is rotated in place
    head.scale = static_cast<T>(shape.scale);
    return head;
  };
  by_type(q, [&](auto tag) {
    using T = decltype(tag);
    rotate_rows(team, *sequences, rotation, shape.heads, shape.dim, 0, shape.dim, T(1), q.const_data_ptr<T>(), rotated_q.mutable_data_ptr<T>());
    rotate_rows(team, *sequences, rotation, shape.kv_heads, shape.dim, 0, shape.dim, T(1), k.const_data_ptr<T>(), rotated_k.mutable_data_ptr<T>());
    const std::int64_t block = score_block(*sequences);
    const Tensor scratch = scratch_like(q, block * team.size());
    for_tasks(team, sequences->count() * shape.heads, [&](std::int64_t task, int thread) {
      const CausalHead<T> head = view(tag, task, rotated_q, rotated_k, v);
      const std::int64_t start = sequences->starts[task / shape.heads], h = task % shape.heads;
      head.forward(scratch.mutable_data_ptr<T>() + thread * block, out.mutable_data_ptr<T>() + start * head.ld_out + h * shape.dim,
                   lse.mutable_data_ptr<T>() + h * rows + start);
    });
  });
  return differentiable(out, {q, k, v}, [&team, sequences, rotation, shape, group, view, rotated_q, rotated_k, lse, v = v.detach()](const Tensor& dout) -> torch::autograd::variable_list {
    const std::int64_t n = v.size(0), heads = shape.heads, dim = shape.dim;
    Tensor dq = at::empty_like(rotated_q), dk = at::empty_like(rotated_k), dv = at::empty_like(v);
    // Each query head's share, summed over the group below: heads are tasks of their own.
    const Tensor dk_heads = at::zeros({n, heads, dim}, v.options()), dv_heads = at::zeros({n, heads, dim}, v.options());
    by_type(v, [&](auto tag) {
      using T = decltype(tag);
      const std::int64_t block = score_block(*sequences);
      const Tensor scratch = scratch_like(v, 2 * block * team.size());
      for_tasks(team, sequences->count() * heads, [&](std::int64_t task, int thread) {
        const CausalHead<T> head = view(tag, task, rotated_q, rotated_k, v);
        const std::int64_t start = sequences->starts[task / heads], h = task % heads, at = start * head.ld_out + h * dim;
        const typename CausalHead<T>::Gradient into{.dq = dq.mutable_data_ptr<T>() + at, .dk = dk_heads.mutable_data_ptr<T>() + at,
                                                    .dv = dv_heads.mutable_data_ptr<T>() + at, .ld_k = heads * dim, .ld_v = heads * dim};
        head.backward(scratch.mutable_data_ptr<T>() + 2 * thread * block, lse.const_data_ptr<T>() + h * n + start, dout.const_data_ptr<T>() + at, into);
      });
      sum_heads(team, n, shape.kv_heads, group, dim, dk_heads.const_data_ptr<T>(), dk.mutable_data_ptr<T>());
      sum_heads(team, n, shape.kv_heads, group, dim, dv_heads.const_data_ptr<T>(), dv.mutable_data_ptr<T>());
      rotate_rows(team, *sequences, rotation, shape.heads, shape.dim, 0, shape.dim, T(-1), dq.const_data_ptr<T>(), dq.mutable_data_ptr<T>());
      rotate_rows(team, *sequences, rotation, shape.kv_heads, shape.dim, 0, shape.dim, T(-1), dk.const_data_ptr<T>(), dk.mutable_data_ptr<T>());
    });
    return {dq, dk, dv};
  });
}

}  // namespace laconic::learner
