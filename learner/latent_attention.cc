#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include "learner/causal_attention.h"

namespace laconic::learner {

Tensor latent_attention(ThreadTeam& team, const Tensor& q, const Tensor& kv, const Tensor& k_rope,
                        std::shared_ptr<const Sequences> sequences, const Rotation& rotation, const AttentionShape& shape,
                        const Selected& selected) {
  const std::int64_t rows = q.size(0), heads = shape.heads;
  const int qk = shape.nope + shape.rope;
  Tensor rotated_q = q.detach().clone(), rotated_k = k_rope.detach().clone();
  Tensor out = at::empty({rows, heads * shape.value}, q.options()), lse = at::empty({heads, rows}, q.options());
  const auto view = [=](auto tag, std::int64_t task, const Tensor& tq, const Tensor& tkv, const Tensor& tk) {
    using T = decltype(tag);
    const std::int64_t start = sequences->starts[task / heads], h = task % heads;
    CausalHead<T> head;
    head.ld_q = heads * qk;
    head.ld_k = head.ld_v = heads * (shape.nope + shape.value);
    head.ld_rope = shape.rope;
    head.ld_out = heads * shape.value;
    head.length = sequences->starts[task / heads + 1] - start;
    head.q = tq.const_data_ptr<T>() + start * head.ld_q + h * qk;
    head.k = tkv.const_data_ptr<T>() + start * head.ld_k + h * (shape.nope + shape.value);
    head.v = head.k + shape.nope;
    head.k_rope = tk.const_data_ptr<T>() + start * shape.rope;
    head.nope = shape.nope, head.rope = shape.rope, head.value = shape.value;
    head.scale = static_cast<T>(shape.scale);
    if (selected.words) head.selected = {selected.words + start * selected.ld, selected.ld};
    return head;
  };
  by_type(q, [&](auto tag) {
    using T = decltype(tag);
    rotate_rows(team, *sequences, rotation, shape.heads, qk, shape.nope, shape.rope, T(1), q.const_data_ptr<T>(), rotated_q.mutable_data_ptr<T>());
    rotate_rows(team, *sequences, rotation, 1, shape.rope, 0, shape.rope, T(1), k_rope.const_data_ptr<T>(), rotated_k.mutable_data_ptr<T>());
    const std::int64_t block = score_block(*sequences);
    const Tensor scratch = scratch_like(q, block * team.size());
    for_tasks(team, sequences->count() * heads, [&](std::int64_t task, int thread) {
      const CausalHead<T> head = view(tag, task, rotated_q, kv, rotated_k);
      const std::int64_t start = sequences->starts[task / heads], h = task % heads;
      head.forward(scratch.mutable_data_ptr<T>() + thread * block, out.mutable_data_ptr<T>() + start * head.ld_out + h * shape.value,
                   lse.mutable_data_ptr<T>() + h * rows + start);
    });
  });
  return differentiable(out, {q, kv, k_rope}, [&team, sequences, rotation, shape, view, rotated_q, rotated_k, lse, kv = kv.detach()](const Tensor& dout) -> torch::autograd::variable_list {
    const std::int64_t n = kv.size(0), nh = shape.heads;
    const int wq = shape.nope + shape.rope;
    Tensor dq = at::empty_like(rotated_q), dkv = at::zeros({n, kv.size(1)}, kv.options()), dk_rope = at::empty_like(rotated_k);
    const Tensor dk_heads = at::zeros({n, nh, shape.rope}, kv.options());  // each head's share of dk_rope
    by_type(kv, [&](auto tag) {
      using T = decltype(tag);
      const std::int64_t block = score_block(*sequences);
      const Tensor scratch = scratch_like(kv, 2 * block * team.size());
      for_tasks(team, sequences->count() * nh, [&](std::int64_t task, int thread) {
        const CausalHead<T> head = view(tag, task, rotated_q, kv, rotated_k);
        const std::int64_t start = sequences->starts[task / nh], h = task % nh;
        typename CausalHead<T>::Gradient into;
        into.dq = dq.mutable_data_ptr<T>() + start * head.ld_q + h * wq;
        into.dk = dkv.mutable_data_ptr<T>() + start * head.ld_k + h * (shape.nope + shape.value);
        into.dv = into.dk + shape.nope;
        into.dk_rope = dk_heads.mutable_data_ptr<T>() + (start * nh + h) * shape.rope;
        into.ld_k = into.ld_v = head.ld_k;
        into.ld_rope = nh * shape.rope;
        head.backward(scratch.mutable_data_ptr<T>() + 2 * thread * block, lse.const_data_ptr<T>() + h * n + start,
                      dout.const_data_ptr<T>() + start * head.ld_out + h * shape.value, into);
      });
      T* shared = dk_rope.mutable_data_ptr<T>();
      sum_heads(team, n, 1, nh, shape.rope, dk_heads.const_data_ptr<T>(), shared);
      rotate_rows(team, *sequences, rotation, shape.heads, wq, shape.nope, shape.rope, T(-1), dq.const_data_ptr<T>(), dq.mutable_data_ptr<T>());
      rotate_rows(team, *sequences, rotation, 1, shape.rope, 0, shape.rope, T(-1), shared, shared);
    });
    return {dq, dkv, dk_rope};
  });
}

}  // namespace laconic::learner
