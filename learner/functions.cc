#include "learner/functions.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "learner/blas.h"
#include "learner/elementwise.h"

namespace laconic::learner {
namespace {

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
Tensor differentiable(Tensor output, torch::autograd::variable_list inputs, Backward backward) {
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
Tensor scratch_like(const Tensor& like, std::int64_t elements) { return at::empty({elements}, like.options().requires_grad(false)); }

void for_rows(ThreadTeam& team, std::int64_t rows, const std::function<void(std::int64_t, std::int64_t)>& body) {
  team.run([&](const Ctx& ctx) {
    const auto [begin, end] = ctx.share(rows);
    if (begin < end) body(begin, end);
  });
}

// Tasks handed out one by one: who runs a task does not matter, a task's bits are its own.
void for_tasks(ThreadTeam& team, std::int64_t tasks, const std::function<void(std::int64_t, int)>& body) {
  std::atomic<std::int64_t> next{0};
  team.run([&](const Ctx& ctx) {
    const SerialBlas serial;
    for (std::int64_t t = next++; t < tasks; t = next++) body(t, ctx.tid);
  });
}

// Shares of a fixed size, so that a product's bits do not depend on the number of threads.
constexpr std::int64_t kRowChunk = 256, kWeightChunk = 64;
std::int64_t chunks(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

// y = x·Wᵀ backwards: dx[rows, inputs] = dy·W; dw[outputs, inputs] = dyᵀ·x.
template <class T>
void linear_backward(ThreadTeam& team, std::int64_t rows, std::int64_t outputs, std::int64_t inputs, const T* x, const T* w, const T* dy, T* dx, T* dw) {
  const std::int64_t row_tasks = chunks(rows, kRowChunk);
  for_tasks(team, row_tasks + chunks(outputs, kWeightChunk), [&](std::int64_t task, int) {
    if (task < row_tasks) {
      const std::int64_t first = task * kRowChunk, n = std::min(kRowChunk, rows - first);
      matmul(false, false, n, inputs, outputs, T(1), dy + first * outputs, outputs, w, inputs, T(0), dx + first * inputs, inputs);
    } else {
      const std::int64_t first = (task - row_tasks) * kWeightChunk, n = std::min(kWeightChunk, outputs - first);
      matmul(true, false, n, inputs, rows, T(1), dy + first, outputs, x, inputs, T(0), dw + first * inputs, inputs);
    }
  });
}

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

Tensor rms_norm(ThreadTeam& team, const Tensor& x, const Tensor& w, double eps) {
  const std::int64_t rows = x.size(0), dim = x.size(1), ldx = x.stride(0);
  Tensor y = at::empty({rows, dim}, x.options()), inverse = at::empty({rows}, x.options());
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    for_rows(team, rows, [&](std::int64_t begin, std::int64_t end) {
      rms_norm_rows(x.const_data_ptr<T>(), ldx, w.const_data_ptr<T>(), eps, begin, end, dim, y.mutable_data_ptr<T>(), inverse.mutable_data_ptr<T>());
    });
  });
  return differentiable(y, {x, w}, [&team, x = x.detach(), w = w.detach(), inverse](const Tensor& dy) -> torch::autograd::variable_list {
    const std::int64_t n = x.size(0), d = x.size(1), ld = x.stride(0);
    Tensor dx = at::empty({n, d}, x.options()), dw = at::empty_like(w);
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T *px = x.const_data_ptr<T>(), *pi = inverse.const_data_ptr<T>(), *pg = dy.const_data_ptr<T>();
      team.run([&](const Ctx& ctx) {
        const auto [r0, r1] = ctx.share(n);
        rms_norm_backward_rows(px, ld, w.const_data_ptr<T>(), pi, pg, r0, r1, d, dx.mutable_data_ptr<T>());
        const auto [c0, c1] = ctx.share(d, 16);
        rms_norm_backward_weight(px, ld, pi, pg, n, d, c0, c1, dw.mutable_data_ptr<T>());
      });
    });
    return {dx, dw};
  });
}

Tensor linear(ThreadTeam& team, const Tensor& x, const Tensor& w) {
  const std::int64_t rows = x.size(0), inputs = x.size(1), outputs = w.size(0);
  Tensor y = at::empty({rows, outputs}, x.options());
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const T *px = x.const_data_ptr<T>(), *pw = w.const_data_ptr<T>();
    T* py = y.mutable_data_ptr<T>();
    for_tasks(team, chunks(rows, kRowChunk), [&](std::int64_t task, int) {
      const std::int64_t first = task * kRowChunk, n = std::min(kRowChunk, rows - first);
      matmul(false, true, n, outputs, inputs, T(1), px + first * inputs, inputs, pw, inputs, T(0), py + first * outputs, outputs);
    });
  });
  return differentiable(y, {x, w}, [&team, x = x.detach(), w = w.detach()](const Tensor& dy) -> torch::autograd::variable_list {
    Tensor dx = at::empty_like(x), dw = at::empty_like(w);
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      linear_backward(team, x.size(0), w.size(0), x.size(1), x.const_data_ptr<T>(), w.const_data_ptr<T>(), dy.const_data_ptr<T>(),
                      dx.mutable_data_ptr<T>(), dw.mutable_data_ptr<T>());
    });
    return {dx, dw};
  });
}

Tensor swiglu(ThreadTeam& team, const Tensor& gate_up) {
  const std::int64_t rows = gate_up.size(0), width = gate_up.size(1) / 2;
  Tensor y = at::empty({rows, width}, gate_up.options());
  by_type(gate_up, [&](auto tag) {
    using T = decltype(tag);
    for_rows(team, rows, [&](std::int64_t begin, std::int64_t end) {
      swiglu_rows(gate_up.const_data_ptr<T>(), static_cast<const T*>(nullptr), begin, end, width, y.mutable_data_ptr<T>());
    });
  });
  return differentiable(y, {gate_up}, [&team, gate_up = gate_up.detach()](const Tensor& dy) -> torch::autograd::variable_list {
    Tensor d = at::empty_like(gate_up);
    by_type(gate_up, [&](auto tag) {
      using T = decltype(tag);
      for_rows(team, gate_up.size(0), [&](std::int64_t begin, std::int64_t end) {
        swiglu_backward_rows(gate_up.const_data_ptr<T>(), static_cast<const T*>(nullptr), dy.const_data_ptr<T>(), begin, end,
                             gate_up.size(1) / 2, d.mutable_data_ptr<T>(), static_cast<T*>(nullptr));
      });
    });
    return {d};
  });
}

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
  return differentiable(y, {x, weights, gate_up, down}, [&team, plan, in, hidden_units, sorted_weights, active, gate_up = gate_up.detach(), down = down.detach()](const Tensor& dy) -> torch::autograd::variable_list {
    const std::int64_t n_pairs = in.size(0), dim = in.size(1), wide = active.size(1);
    Tensor dx = at::empty({plan->tokens, dim}, in.options()), dweights = at::empty({plan->tokens, plan->top_k}, in.options());
    Tensor d_gate_up = at::empty_like(gate_up), d_down = at::empty_like(down);
    by_type(in, [&](auto tag) {
      using T = decltype(tag);
      const T *pg = dy.const_data_ptr<T>(), *pi = in.const_data_ptr<T>(), *ph = hidden_units.const_data_ptr<T>();
      const T *ps = sorted_weights.const_data_ptr<T>(), *pa = active.const_data_ptr<T>();
      const T *gu = gate_up.const_data_ptr<T>(), *dn = down.const_data_ptr<T>();
      T *dgu = d_gate_up.mutable_data_ptr<T>(), *ddn = d_down.mutable_data_ptr<T>(), *px = dx.mutable_data_ptr<T>(), *pw = dweights.mutable_data_ptr<T>();
      const Tensor row_scratch = scratch_like(in, n_pairs * dim), active_scratch = scratch_like(in, n_pairs * wide);
      const Tensor hidden_scratch = scratch_like(in, 2 * n_pairs * wide), weight_scratch = scratch_like(in, n_pairs);
      T *rows = row_scratch.mutable_data_ptr<T>(), *d_active = active_scratch.mutable_data_ptr<T>();  // rows: dy, then dx
      T *d_hidden = hidden_scratch.mutable_data_ptr<T>(), *d_sorted = weight_scratch.mutable_data_ptr<T>();
      for_tasks(team, plan->experts, [&](std::int64_t task, int) {
        const std::int64_t e = plan->largest_first[task], begin = plan->offsets[e], n = plan->offsets[e + 1] - begin;
        T *g = rows + begin * dim, *da = d_active + begin * wide, *dh = d_hidden + begin * 2 * wide;
        if (n == 0) {  // an expert without rows has no gradient
          std::memset(dgu + e * 2 * wide * dim, 0, 2 * wide * dim * sizeof(T));
          std::memset(ddn + e * dim * wide, 0, dim * wide * sizeof(T));
          return;
        }
        for (std::int64_t r = 0; r < n; ++r) std::memcpy(g + r * dim, pg + plan->token_of[begin + r] * dim, dim * sizeof(T));
        matmul(true, false, dim, wide, n, T(1), g, dim, pa + begin * wide, wide, T(0), ddn + e * dim * wide, wide);
        matmul(false, false, n, wide, dim, T(1), g, dim, dn + e * dim * wide, wide, T(0), da, wide);
        swiglu_backward_rows(ph, ps, d_active, begin, begin + n, wide, d_hidden, d_sorted);
        matmul(true, false, 2 * wide, dim, n, T(1), dh, 2 * wide, pi + begin * dim, dim, T(0), dgu + e * 2 * wide * dim, dim);
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
    return {dx, dweights, d_gate_up, d_down};
  });
}

Tensor target_logprob(ThreadTeam& team, const Tensor& x, const Tensor& w, std::shared_ptr<const Targets> targets) {
  const std::int64_t rows = x.size(0), vocab = w.size(0), hidden = x.size(1);
  Tensor probabilities = at::empty({rows, vocab}, x.options()), picked = at::empty({rows}, x.options());
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const T *px = x.const_data_ptr<T>(), *pw = w.const_data_ptr<T>();
    T *pp = probabilities.mutable_data_ptr<T>(), *pl = picked.mutable_data_ptr<T>();
    for_tasks(team, chunks(rows, kRowChunk), [&](std::int64_t task, int) {
      const std::int64_t first = task * kRowChunk, n = std::min(kRowChunk, rows - first);
      matmul(false, true, n, vocab, hidden, static_cast<T>(targets->inverse_temperature), px + first * hidden, hidden, pw, hidden, T(0), pp + first * vocab, vocab);
      std::vector<T> kept;
      for (std::int64_t r = first; r < first + n; ++r) {
        T* z = pp + r * vocab;
        if (!targets->kept_offsets.empty() && targets->kept_offsets[r] < targets->kept_offsets[r + 1]) {
          kept.assign(static_cast<std::size_t>(vocab), -std::numeric_limits<T>::infinity());
          for (std::int64_t i = targets->kept_offsets[r]; i < targets->kept_offsets[r + 1]; ++i) kept[targets->kept_ids[i]] = z[targets->kept_ids[i]];
          std::copy(kept.begin(), kept.end(), z);
        }
        const T target = z[targets->ids[r]];
        T lse;
        causal_softmax(z, 1, vocab, vocab - 1, &lse);  // a last query sees everything
        pl[r] = target - lse;
      }
    });
  });
  return differentiable(picked, {x, w}, [&team, targets, probabilities, x = x.detach(), w = w.detach()](const Tensor& g) -> torch::autograd::variable_list {
    // d logp[target] / d z = onehot − softmax, z = logit · inverse temperature
    const std::int64_t n_rows = x.size(0), ids = w.size(0), dim = x.size(1);
    Tensor d = at::empty_like(probabilities), dx = at::empty_like(x), dw = at::empty_like(w);
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T *pp = probabilities.const_data_ptr<T>(), *pg = g.const_data_ptr<T>();
      T* pd = d.mutable_data_ptr<T>();
      for_rows(team, n_rows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const T scaled = pg[r] * static_cast<T>(targets->inverse_temperature);
          for (std::int64_t c = 0; c < ids; ++c) pd[r * ids + c] = -scaled * pp[r * ids + c];
          pd[r * ids + targets->ids[r]] += scaled;
        }
      });
      linear_backward(team, n_rows, ids, dim, x.const_data_ptr<T>(), w.const_data_ptr<T>(), pd, dx.mutable_data_ptr<T>(), dw.mutable_data_ptr<T>());
    });
    return {dx, dw};
  });
}

}  // namespace laconic::learner
