// What the attention functions share: rotation of packed rows, and one head of causal attention over
// one sequence with its derivatives, in blocks of queries. For the files that implement functions.h.
// A seam header: includes torch.
#pragma once

#include <algorithm>
#include <bit>
#include <limits>

#include "learner/elementwise.h"
#include "learner/function_support.h"
#include "learner/functions.h"

namespace laconic::learner {

inline constexpr std::int64_t kQueryBlock = 128;

// Elements of one matrix of scores: a block of queries against the longest sequence.
inline std::int64_t score_block(const Sequences& sequences) {
  std::int64_t longest = 0;
  for (std::int64_t i = 0; i < sequences.count(); ++i) longest = std::max(longest, sequences.starts[i + 1] - sequences.starts[i]);
  return kQueryBlock * longest;
}

// dst = src rotated; direction −1 undoes it (the derivative of a rotation).
template <class T>
void rotate(const T* src, T* dst, const T* cos, const T* sin, int half, bool interleaved, T direction) {
  for (int i = 0; i < half; ++i) {
    const int first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
    const T a = src[first], b = src[second], s = direction * sin[i];
    dst[first] = a * cos[i] - b * s;
    dst[second] = b * cos[i] + a * s;
  }
}

// Rotates the rope part of each of `heads` heads of width `stride`, starting `skip` into the head, of
// every row by its position in its sequence. src may be dst.
template <class T>
void rotate_rows(ThreadTeam& team, const Sequences& sequences, const Rotation& rotation, int heads, int stride, int skip, int rope,
                 T direction, const T* src, T* dst) {
  const T* cos = rotation.cos.const_data_ptr<T>();
  const T* sin = rotation.sin.const_data_ptr<T>();
  const int half = rope / 2;
  const std::vector<std::int64_t>& starts = sequences.starts;
  for_rows(team, starts.back(), [&](std::int64_t begin, std::int64_t end) {
    auto next = std::upper_bound(starts.begin(), starts.end(), begin);  // where the row's sequence ends
    for (std::int64_t row = begin; row < end; ++row) {
      while (*next <= row) ++next;
      const std::int64_t position = row - *(next - 1);
      for (int h = 0; h < heads; ++h) {
        const std::int64_t at = row * heads * stride + std::int64_t{h} * stride + skip;
        rotate(src + at, dst + at, cos + position * half, sin + position * half, half, rotation.interleaved, direction);
      }
    }
  });
}

// One (sequence, head): where its operands lie, from the sequence's first row on.
template <class T>
struct CausalHead {
  // q: [nope | rope] of a head, rotated; k: its nope part; k_rope: its rotated rope part, which may
  // belong to several heads. rope may be 0.
  const T *q = nullptr, *k = nullptr, *k_rope = nullptr, *v = nullptr;
  std::int64_t ld_q = 0, ld_k = 0, ld_rope = 0, ld_v = 0, ld_out = 0, length = 0;
  int nope = 0, rope = 0, value = 0;
  T scale = 1;
  Selected selected;  // its words: from the sequence's first row on

  // scratch: score_block elements; out: [length, value]; lse: [length], log Σ exp of each query's scores.
  void forward(T* scratch, T* out, T* lse) const {
    for (std::int64_t first = 0; first < length; first += kQueryBlock) {
      const std::int64_t m = std::min(kQueryBlock, length - first), columns = first + m;
      scores(first, m, columns, scratch);
      causal_softmax(scratch, m, columns, first, lse + first);
      matmul(false, false, m, value, columns, T(1), scratch, columns, v, ld_v, T(0), out + first * ld_out, ld_out);
    }
  }

  // Of the head's own operands; dq lies as q and is set, the others are added to.
  struct Gradient {
    T *dq = nullptr, *dk = nullptr, *dk_rope = nullptr, *dv = nullptr;
    std::int64_t ld_k = 0, ld_rope = 0, ld_v = 0;
  };
  // scratch: twice score_block elements; dout lies as out.
  void backward(T* scratch, const T* lse, const T* dout, const Gradient& into) const {
    T *p = scratch, *ds = scratch + kQueryBlock * length;
    for (std::int64_t first = 0; first < length; first += kQueryBlock) {
      const std::int64_t m = std::min(kQueryBlock, length - first), columns = first + m;
      const T *rows_q = q + first * ld_q, *rows_g = dout + first * ld_out;
      T* rows_dq = into.dq + first * ld_q;
      scores(first, m, columns, p);
      matmul(false, true, m, columns, value, T(1), rows_g, ld_out, v, ld_v, T(0), ds, columns);
      causal_softmax_backward(p, ds, m, columns, first, lse + first);
      matmul(true, false, columns, value, m, T(1), p, columns, rows_g, ld_out, T(1), into.dv, into.ld_v);
      matmul(true, false, columns, nope, m, scale, ds, columns, rows_q, ld_q, T(1), into.dk, into.ld_k);
      matmul(false, false, m, nope, columns, scale, ds, columns, k, ld_k, T(0), rows_dq, ld_q);
      if (rope == 0) continue;
      matmul(true, false, columns, rope, m, scale, ds, columns, rows_q + nope, ld_q, T(1), into.dk_rope, into.ld_rope);
      matmul(false, false, m, rope, columns, scale, ds, columns, k_rope, ld_rope, T(0), rows_dq + nope, ld_q);
    }
  }

 private:
  // out[m, columns]: queries [first, first + m) against keys [0, columns).
  void scores(std::int64_t first, std::int64_t m, std::int64_t columns, T* out) const {
    const T* rows = q + first * ld_q;
    matmul(false, true, m, columns, nope, scale, rows, ld_q, k, ld_k, T(0), out, columns);
    if (rope > 0) matmul(false, true, m, columns, rope, scale, rows + nope, ld_q, k_rope, ld_rope, T(1), out, columns);
    if (selected.words)
      for (std::int64_t i = 0; i < m; ++i) drop_unselected(selected.words + (first + i) * selected.ld, first + i + 1, out + i * columns);
  }

  static void drop_unselected(const std::uint32_t* words, std::int64_t seen, T* row) {
    for (std::int64_t base = 0; base < seen; base += 32)
      for (std::uint32_t dropped = ~words[base / 32]; dropped != 0; dropped &= dropped - 1) {
        const std::int64_t position = base + std::countr_zero(dropped);
        if (position < seen) row[position] = -std::numeric_limits<T>::infinity();
      }
  }
};

// sum[row, part, :] = Σ of the `group` heads of that part, ascending. heads: [rows, parts·group, width].
template <class T>
void sum_heads(ThreadTeam& team, std::int64_t rows, std::int64_t parts, std::int64_t group, std::int64_t width, const T* heads, T* sum) {
  for_rows(team, rows * parts, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      for (std::int64_t c = 0; c < width; ++c) {
        T total = 0;
        for (std::int64_t h = 0; h < group; ++h) total += heads[(r * group + h) * width + c];
        sum[r * width + c] = total;
      }
  });
}

}  // namespace laconic::learner
