#include "learner/functions.h"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "learner/elementwise.h"
#include "learner/function_support.h"

namespace laconic::learner {
namespace {

// dst = src rotated by its positions; direction −1 undoes it (the derivative of a rotation).
template <class T>
void rotate(const T* src, T* dst, const T* cos, const T* sin, int half, bool interleaved, T direction) {
  for (int i = 0; i < half; ++i) {
    const int first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
    const T a = src[first], b = src[second], s = direction * sin[i];
    dst[first] = a * cos[i] - b * s;
    dst[second] = b * cos[i] + a * s;
  }
}

constexpr std::int64_t kQueryBlock = 128;

// One (sequence, head) of attention: where its operands lie.
template <class T>
struct HeadView {
  const T *q, *k, *v, *k_rope;  // q: nope then (rotated) rope; k_rope rotated
  std::int64_t ld_q, ld_kv, length;
  int nope, rope, value;
  T scale;

  // scores[m, columns] of queries [first, first + m) against keys [0, columns).
  void scores(std::int64_t first, std::int64_t m, std::int64_t columns, T* out) const {
    const T* rows = q + first * ld_q;
    matmul(false, true, m, columns, nope, scale, rows, ld_q, k, ld_kv, T(0), out, columns);
    matmul(false, true, m, columns, rope, scale, rows + nope, ld_q, k_rope, rope, T(1), out, columns);
  }
};

std::int64_t longest(const Sequences& sequences) {
  std::int64_t length = 0;
  for (std::int64_t i = 0; i < sequences.count(); ++i) length = std::max(length, sequences.starts[i + 1] - sequences.starts[i]);
  return length;
}

// Rotates the rope part of each of `heads` heads of width `stride`, starting `skip` into the head.
template <class T>
void rotate_rows(ThreadTeam& team, const Sequences& sequences, const Rotation& rotation, int heads, int stride, int skip, int rope,
                 T direction, const T* src, T* dst) {
  const T* cos = rotation.cos.const_data_ptr<T>();
  const T* sin = rotation.sin.const_data_ptr<T>();
  const int half = rope / 2;
  for_rows(team, sequences.count(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      for (std::int64_t row = sequences.starts[i], position = 0; row < sequences.starts[i + 1]; ++row, ++position)
        for (int h = 0; h < heads; ++h) {
          const std::int64_t at = row * heads * stride + std::int64_t{h} * stride + skip;
          rotate(src + at, dst + at, cos + position * half, sin + position * half, half, rotation.interleaved, direction);
        }
  });
}

}  // namespace

Tensor latent_attention(ThreadTeam& team, const Tensor& q, const Tensor& kv, const Tensor& k_rope,
                        std::shared_ptr<const Sequences> sequences, const Rotation& rotation, const AttentionShape& shape) {
  const std::int64_t rows = q.size(0), heads = shape.heads;
  const int qk = shape.nope + shape.rope, kv_width = shape.nope + shape.value;
  Tensor rotated_q = q.detach().clone(), rotated_k = k_rope.detach().clone();
  Tensor out = at::empty({rows, heads * shape.value}, q.options()), lse = at::empty({heads, rows}, q.options());
  const auto view = [=](auto tag, std::int64_t task, const Tensor& tq, const Tensor& tkv, const Tensor& tk) {
    using T = decltype(tag);
    const std::int64_t start = sequences->starts[task / heads], h = task % heads;
    HeadView<T> v;
    v.ld_q = heads * qk;
    v.ld_kv = heads * kv_width;
    v.length = sequences->starts[task / heads + 1] - start;
    v.q = tq.const_data_ptr<T>() + start * v.ld_q + h * qk;
    v.k = tkv.const_data_ptr<T>() + start * v.ld_kv + h * kv_width;
    v.v = v.k + shape.nope;
    v.k_rope = tk.const_data_ptr<T>() + start * shape.rope;
    v.nope = shape.nope, v.rope = shape.rope, v.value = shape.value;
    v.scale = static_cast<T>(shape.scale);
    return v;
  };
  by_type(q, [&](auto tag) {
    using T = decltype(tag);
    rotate_rows(team, *sequences, rotation, shape.heads, qk, shape.nope, shape.rope, T(1), q.const_data_ptr<T>(), rotated_q.mutable_data_ptr<T>());
    rotate_rows(team, *sequences, rotation, 1, shape.rope, 0, shape.rope, T(1), k_rope.const_data_ptr<T>(), rotated_k.mutable_data_ptr<T>());
    const std::int64_t block = kQueryBlock * longest(*sequences);
    const Tensor scratch = scratch_like(q, block * team.size());
    for_tasks(team, sequences->count() * heads, [&](std::int64_t task, int thread) {
      const HeadView<T> head = view(tag, task, rotated_q, kv, rotated_k);
      const std::int64_t start = sequences->starts[task / heads], h = task % heads;
      T* scores = scratch.mutable_data_ptr<T>() + thread * block;
      T* o = out.mutable_data_ptr<T>() + start * heads * shape.value + h * shape.value;
      for (std::int64_t first = 0; first < head.length; first += kQueryBlock) {
        const std::int64_t m = std::min(kQueryBlock, head.length - first), columns = first + m;
        head.scores(first, m, columns, scores);
        causal_softmax(scores, m, columns, first, lse.mutable_data_ptr<T>() + h * rows + start + first);
        matmul(false, false, m, shape.value, columns, T(1), scores, columns, head.v, head.ld_kv, T(0), o + first * heads * shape.value, heads * shape.value);
      }
    });
  });
  return differentiable(out, {q, kv, k_rope}, [&team, sequences, rotation, shape, view, rotated_q, rotated_k, lse, kv = kv.detach()](const Tensor& dout) -> torch::autograd::variable_list {
    const std::int64_t n = kv.size(0), nh = shape.heads;
    const int wq = shape.nope + shape.rope;
    Tensor dq = at::empty_like(rotated_q), dkv = at::zeros({n, kv.size(1)}, kv.options()), dk_rope = at::empty_like(rotated_k);
    Tensor dk_heads = at::zeros({n, nh, shape.rope}, kv.options());  // summed over heads below, ascending
    by_type(kv, [&](auto tag) {
      using T = decltype(tag);
      const std::int64_t block = kQueryBlock * longest(*sequences);
      const Tensor scratch = scratch_like(kv, 2 * block * team.size());
      for_tasks(team, sequences->count() * nh, [&](std::int64_t task, int thread) {
        const HeadView<T> head = view(tag, task, rotated_q, kv, rotated_k);
        const std::int64_t start = sequences->starts[task / nh], h = task % nh, ld_o = nh * shape.value, ld_r = nh * shape.rope;
        T *p = scratch.mutable_data_ptr<T>() + 2 * thread * block, *ds = p + block;
        const T* g = dout.const_data_ptr<T>() + start * ld_o + h * shape.value;
        T* gq = dq.mutable_data_ptr<T>() + start * head.ld_q + h * wq;
        T* gk = dkv.mutable_data_ptr<T>() + start * head.ld_kv + h * (shape.nope + shape.value);
        T* gr = dk_heads.mutable_data_ptr<T>() + start * ld_r + h * shape.rope;
        for (std::int64_t first = 0; first < head.length; first += kQueryBlock) {
          const std::int64_t m = std::min(kQueryBlock, head.length - first), columns = first + m;
          const T *rows_q = head.q + first * head.ld_q, *rows_g = g + first * ld_o;
          head.scores(first, m, columns, p);
          matmul(false, true, m, columns, shape.value, T(1), rows_g, ld_o, head.v, head.ld_kv, T(0), ds, columns);
          causal_softmax_backward(p, ds, m, columns, first, lse.const_data_ptr<T>() + h * n + start + first);
          matmul(true, false, columns, shape.value, m, T(1), p, columns, rows_g, ld_o, T(1), gk + shape.nope, head.ld_kv);
          matmul(true, false, columns, shape.nope, m, head.scale, ds, columns, rows_q, head.ld_q, T(1), gk, head.ld_kv);
          matmul(false, false, m, shape.nope, columns, head.scale, ds, columns, head.k, head.ld_kv, T(0), gq + first * head.ld_q, head.ld_q);
          matmul(true, false, columns, shape.rope, m, head.scale, ds, columns, rows_q + shape.nope, head.ld_q, T(1), gr, ld_r);
          matmul(false, false, m, shape.rope, columns, head.scale, ds, columns, head.k_rope, shape.rope, T(0), gq + first * head.ld_q + shape.nope, head.ld_q);
        }
      });
      T* shared = dk_rope.mutable_data_ptr<T>();
      const T* parts = dk_heads.const_data_ptr<T>();
      for_rows(team, n, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r)
          for (int c = 0; c < shape.rope; ++c) {
            T sum = 0;
            for (std::int64_t h = 0; h < nh; ++h) sum += parts[(r * nh + h) * shape.rope + c];
            shared[r * shape.rope + c] = sum;
          }
      });
      rotate_rows(team, *sequences, rotation, shape.heads, wq, shape.nope, shape.rope, T(-1), dq.const_data_ptr<T>(), dq.mutable_data_ptr<T>());
      rotate_rows(team, *sequences, rotation, 1, shape.rope, 0, shape.rope, T(-1), shared, shared);
    });
    return {dq, dkv, dk_rope};
  });
}

}  // namespace laconic::learner
