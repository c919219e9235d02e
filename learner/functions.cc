#include "learner/functions.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <limits>

#include "learner/elementwise.h"
#include "learner/function_support.h"

namespace laconic::learner {
namespace {

// y = x·Wᵀ backwards: dx[rows, inputs] = dy·W; dw[outputs, inputs] += dyᵀ·x, unless dw is null (frozen).
template <class T>
void linear_backward(ThreadTeam& team, std::int64_t rows, std::int64_t outputs, std::int64_t inputs, const T* x, const T* w, const T* dy, T* dx, T* dw) {
  const std::int64_t row_tasks = chunks(rows, kRowChunk);
  for_tasks(team, row_tasks + (dw ? chunks(outputs, kWeightChunk) : 0), [&](std::int64_t task, int) {
    if (task < row_tasks) {
      const std::int64_t first = task * kRowChunk, n = std::min(kRowChunk, rows - first);
      matmul(false, false, n, inputs, outputs, T(1), dy + first * outputs, outputs, w, inputs, T(0), dx + first * inputs, inputs);
    } else {
      const std::int64_t first = (task - row_tasks) * kWeightChunk, n = std::min(kWeightChunk, outputs - first);
      matmul(true, false, n, inputs, rows, T(1), dy + first, outputs, x, inputs, T(1), dw + first * inputs, inputs);
    }
  });
}

// Of the logits z, all but the row's kept ids become −∞.
template <class T>
void keep_only(const Targets& targets, std::int64_t row, std::int64_t vocab, std::vector<T>& scratch, T* z) {
  if (targets.kept_offsets.empty() || targets.kept_offsets[row] == targets.kept_offsets[row + 1]) return;
  scratch.assign(static_cast<std::size_t>(vocab), -std::numeric_limits<T>::infinity());
  for (std::int64_t i = targets.kept_offsets[row]; i < targets.kept_offsets[row + 1]; ++i) scratch[targets.kept_ids[i]] = z[targets.kept_ids[i]];
  std::copy(scratch.begin(), scratch.end(), z);
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
  return differentiable(y, {x, w}, [&team, x = x.detach(), w = WeightGradient(w), inverse](const Tensor& dy) -> torch::autograd::variable_list {
    const std::int64_t n = x.size(0), d = x.size(1), ld = x.stride(0);
    Tensor dx = at::empty({n, d}, x.options()), dw = w.room();
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T *px = x.const_data_ptr<T>(), *pi = inverse.const_data_ptr<T>(), *pg = dy.const_data_ptr<T>();
      team.run([&](const Ctx& ctx) {
        const auto [r0, r1] = ctx.share(n);
        rms_norm_backward_rows(px, ld, w.weight().const_data_ptr<T>(), pi, pg, r0, r1, d, dx.mutable_data_ptr<T>());
        if (!w.learns()) return;
        const auto [c0, c1] = ctx.share(d, 16);
        rms_norm_backward_weight(px, ld, pi, pg, n, d, c0, c1, dw.mutable_data_ptr<T>());
      });
    });
    return {dx, w.result(dw)};
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
  return differentiable(y, {x, w}, [&team, x = x.detach(), w = WeightGradient(w)](const Tensor& dy) -> torch::autograd::variable_list {
    Tensor dx = at::empty_like(x), dw = w.room();
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      linear_backward(team, x.size(0), dy.size(1), x.size(1), x.const_data_ptr<T>(), w.weight().const_data_ptr<T>(), dy.const_data_ptr<T>(),
                      dx.mutable_data_ptr<T>(), data_or_null<T>(dw));
    });
    return {dx, w.result(dw)};
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

Tensor target_logprob(ThreadTeam& team, const Tensor& x, const Tensor& w, std::shared_ptr<const Targets> targets) {
  constexpr std::int64_t kVocabChunk = 1024;  // few rows, many outputs: the outputs are the tasks
  const std::int64_t rows = x.size(0), vocab = w.size(0), hidden = x.size(1);
  Tensor probabilities = at::empty({rows, vocab}, x.options()), picked = at::empty({rows}, x.options());
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const T *px = x.const_data_ptr<T>(), *pw = w.const_data_ptr<T>();
    T *pp = probabilities.mutable_data_ptr<T>(), *pl = picked.mutable_data_ptr<T>();
    for_tasks(team, chunks(vocab, kVocabChunk), [&](std::int64_t task, int) {
      const std::int64_t first = task * kVocabChunk, n = std::min(kVocabChunk, vocab - first);
      matmul(false, true, rows, n, hidden, static_cast<T>(targets->inverse_temperature), px, hidden, pw + first * hidden, hidden, T(0), pp + first, vocab);
    });
    for_rows(team, rows, [&](std::int64_t begin, std::int64_t end) {
      std::vector<T> scratch;
      for (std::int64_t r = begin; r < end; ++r) {
        T* z = pp + r * vocab;
        keep_only(*targets, r, vocab, scratch, z);
        const T target = z[targets->ids[r]];
        T lse;
        causal_softmax(z, 1, vocab, vocab - 1, &lse);  // a last query sees everything
        pl[r] = target - lse;
      }
    });
  });
  return differentiable(picked, {x, w}, [&team, targets, probabilities, x = x.detach(), w = WeightGradient(w)](const Tensor& g) -> torch::autograd::variable_list {
    const std::int64_t n_rows = x.size(0), ids = probabilities.size(1), dim = x.size(1);
    Tensor dx = at::empty_like(x), dw = w.room();
    by_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T* pg = g.const_data_ptr<T>();
      T* d = probabilities.mutable_data_ptr<T>();
      // d logp[target] / d z = onehot − softmax, z = logit · inverse temperature; in the place of the softmax
      for_rows(team, n_rows, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const T scaled = pg[r] * static_cast<T>(targets->inverse_temperature);
          for (std::int64_t c = 0; c < ids; ++c) d[r * ids + c] *= -scaled;
          d[r * ids + targets->ids[r]] += scaled;
        }
      });
      linear_backward(team, n_rows, ids, dim, x.const_data_ptr<T>(), w.weight().const_data_ptr<T>(), d, dx.mutable_data_ptr<T>(), data_or_null<T>(dw));
    });
    return {dx, w.result(dw)};
  });
}

}  // namespace laconic::learner
