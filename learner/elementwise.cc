#include "learner/elementwise.h"

#include <bit>
#include <cmath>

// Wider registers where the machine has them. No contraction and no reassociation (CompilerOptions.cmake,
// explicit lanes below): every clone gives the same bits.
#if defined(__x86_64__) && defined(__linux__)
#define LACONIC_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LACONIC_CLONES
#endif
#define LACONIC_INLINE [[gnu::always_inline]] inline

namespace laconic::learner {
namespace {

// e^x by 2^n · p(r), |r| ≤ ln2/2, degree-6 Taylor–Remez polynomial (Cephes' expf); relative error
// below 2e-7 on [−87, 88], 0 below. Branch-free so that loops vectorise.
LACONIC_INLINE float exponential(float x) {
  const float lowest = -87.0f;
  const float c = x < lowest ? lowest : (x > 88.0f ? 88.0f : x);
  const float shifted = c * 1.44269504f + 12582912.0f;  // 1.5·2^23: rounds to the nearest integer
  const float n = shifted - 12582912.0f;
  const float r = (c - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const std::int32_t bits = (std::bit_cast<std::int32_t>(shifted) - 0x4B400000 + 127) << 23;
  const float scaled = p * std::bit_cast<float>(bits);
  return x < lowest ? 0.0f : scaled;
}
LACONIC_INLINE double exponential(double x) { return std::exp(x); }

constexpr int kLanes = 16;

template <class T>
LACONIC_INLINE T lane_sum(const T (&lanes)[kLanes]) {
  T sums[kLanes];
  for (int l = 0; l < kLanes; ++l) sums[l] = lanes[l];
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int l = 0; l < width; ++l) sums[l] += sums[l + width];
  return sums[0];
}

template <class T, class Term>
LACONIC_INLINE T sum_terms(std::int64_t count, Term term) {
  T lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lanes[l] += term(i + l);
  for (int l = 0; i + l < count; ++l) lanes[l] += term(i + l);
  return lane_sum(lanes);
}

template <class T>
LACONIC_INLINE void norm_rows(const T* x, std::int64_t ldx, const T* w, double eps, std::int64_t begin, std::int64_t end, std::int64_t dim, T* y, T* inverse_rms) {
  for (std::int64_t r = begin; r < end; ++r) {
    const T* row = x + r * ldx;
    const T squares = sum_terms<T>(dim, [&](std::int64_t c) { return row[c] * row[c]; });
    const T inverse = T(1) / std::sqrt(squares / static_cast<T>(dim) + static_cast<T>(eps));
    inverse_rms[r] = inverse;
    for (std::int64_t c = 0; c < dim; ++c) y[r * dim + c] = w[c] * (row[c] * inverse);
  }
}

template <class T>
LACONIC_INLINE void norm_backward(const T* x, std::int64_t ldx, const T* w, const T* inverse_rms, const T* dy, std::int64_t begin, std::int64_t end, std::int64_t dim, T* dx) {
  for (std::int64_t r = begin; r < end; ++r) {
    const T* row = x + r * ldx;
    const T* g = dy + r * dim;
    const T inverse = inverse_rms[r];
    const T dot = sum_terms<T>(dim, [&](std::int64_t c) { return w[c] * g[c] * row[c]; });
    const T pull = dot * inverse * inverse / static_cast<T>(dim);
    for (std::int64_t c = 0; c < dim; ++c) dx[r * dim + c] = inverse * (w[c] * g[c] - row[c] * pull);
  }
}

template <class T>
LACONIC_INLINE void norm_backward_weight(const T* x, std::int64_t ldx, const T* inverse_rms, const T* dy, std::int64_t rows, std::int64_t dim, std::int64_t begin, std::int64_t end, T* dw) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = begin; c < end; ++c) dw[c] += dy[r * dim + c] * (x[r * ldx + c] * inverse_rms[r]);
}

template <class T>
LACONIC_INLINE void glu_rows(const T* gate_up, const T* scale, std::int64_t begin, std::int64_t end, std::int64_t width, T* y) {
  for (std::int64_t r = begin; r < end; ++r) {
    const T* gate = gate_up + r * 2 * width;
    const T* up = gate + width;
    const T s = scale ? scale[r] : T(1);
    for (std::int64_t c = 0; c < width; ++c) y[r * width + c] = s * (gate[c] / (T(1) + exponential(-gate[c])) * up[c]);
  }
}

template <class T>
LACONIC_INLINE void glu_backward(const T* gate_up, const T* scale, const T* dy, std::int64_t begin, std::int64_t end, std::int64_t width, T* d_gate_up, T* d_scale) {
  for (std::int64_t r = begin; r < end; ++r) {
    const T* gate = gate_up + r * 2 * width;
    const T* up = gate + width;
    const T* g = dy + r * width;
    T* d_gate = d_gate_up + r * 2 * width;
    T* d_up = d_gate + width;
    const T s = scale ? scale[r] : T(1);
    T lanes[kLanes] = {};
    for (std::int64_t at = 0; at < width; at += kLanes) {
      const std::int64_t n = width - at < kLanes ? width - at : kLanes;
      for (std::int64_t l = 0; l < n; ++l) {
        const std::int64_t c = at + l;
        const T sigmoid = T(1) / (T(1) + exponential(-gate[c]));
        const T silu = gate[c] * sigmoid, u = up[c];
        lanes[l] += g[c] * (silu * u);
        const T through = s * g[c];
        d_gate[c] = through * u * (sigmoid * (T(1) + gate[c] * (T(1) - sigmoid)));
        d_up[c] = through * silu;
      }
    }
    if (d_scale) d_scale[r] = lane_sum(lanes);
  }
}

template <class T>
LACONIC_INLINE void softmax_block(T* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, T* lse) {
  for (std::int64_t i = 0; i < rows; ++i) {
    T* row = scores + i * columns;
    const std::int64_t seen = first + i + 1;
    T maximum = row[0];
    for (std::int64_t j = 1; j < seen; ++j) maximum = row[j] > maximum ? row[j] : maximum;
    for (std::int64_t j = 0; j < seen; ++j) row[j] = exponential(row[j] - maximum);
    const T total = sum_terms<T>(seen, [&](std::int64_t j) { return row[j]; });
    const T inverse = T(1) / total;
    for (std::int64_t j = 0; j < seen; ++j) row[j] *= inverse;
    for (std::int64_t j = seen; j < columns; ++j) row[j] = 0;
    lse[i] = maximum + static_cast<T>(std::log(static_cast<double>(total)));
  }
}

template <class T>
LACONIC_INLINE void softmax_block_backward(T* scores, T* dp, std::int64_t rows, std::int64_t columns, std::int64_t first, const T* lse) {
  for (std::int64_t i = 0; i < rows; ++i) {
    T* p = scores + i * columns;
    T* d = dp + i * columns;
    const std::int64_t seen = first + i + 1;
    for (std::int64_t j = 0; j < seen; ++j) p[j] = exponential(p[j] - lse[i]);
    const T dot = sum_terms<T>(seen, [&](std::int64_t j) { return p[j] * d[j]; });
    for (std::int64_t j = 0; j < seen; ++j) d[j] = p[j] * (d[j] - dot);
    for (std::int64_t j = seen; j < columns; ++j) p[j] = d[j] = 0;
  }
}

}  // namespace

LACONIC_CLONES void rms_norm_rows(const float* x, std::int64_t ldx, const float* w, double eps, std::int64_t begin, std::int64_t end, std::int64_t dim, float* y, float* inverse_rms) {
  norm_rows(x, ldx, w, eps, begin, end, dim, y, inverse_rms);
}
void rms_norm_rows(const double* x, std::int64_t ldx, const double* w, double eps, std::int64_t begin, std::int64_t end, std::int64_t dim, double* y, double* inverse_rms) {
  norm_rows(x, ldx, w, eps, begin, end, dim, y, inverse_rms);
}
LACONIC_CLONES void rms_norm_backward_rows(const float* x, std::int64_t ldx, const float* w, const float* inverse_rms, const float* dy, std::int64_t begin, std::int64_t end, std::int64_t dim, float* dx) {
  norm_backward(x, ldx, w, inverse_rms, dy, begin, end, dim, dx);
}
void rms_norm_backward_rows(const double* x, std::int64_t ldx, const double* w, const double* inverse_rms, const double* dy, std::int64_t begin, std::int64_t end, std::int64_t dim, double* dx) {
  norm_backward(x, ldx, w, inverse_rms, dy, begin, end, dim, dx);
}
LACONIC_CLONES void rms_norm_backward_weight(const float* x, std::int64_t ldx, const float* inverse_rms, const float* dy, std::int64_t rows, std::int64_t dim, std::int64_t begin, std::int64_t end, float* dw) {
  norm_backward_weight(x, ldx, inverse_rms, dy, rows, dim, begin, end, dw);
}
void rms_norm_backward_weight(const double* x, std::int64_t ldx, const double* inverse_rms, const double* dy, std::int64_t rows, std::int64_t dim, std::int64_t begin, std::int64_t end, double* dw) {
  norm_backward_weight(x, ldx, inverse_rms, dy, rows, dim, begin, end, dw);
}
LACONIC_CLONES void swiglu_rows(const float* gate_up, const float* scale, std::int64_t begin, std::int64_t end, std::int64_t width, float* y) {
  glu_rows(gate_up, scale, begin, end, width, y);
}
void swiglu_rows(const double* gate_up, const double* scale, std::int64_t begin, std::int64_t end, std::int64_t width, double* y) {
  glu_rows(gate_up, scale, begin, end, width, y);
}
LACONIC_CLONES void swiglu_backward_rows(const float* gate_up, const float* scale, const float* dy, std::int64_t begin, std::int64_t end, std::int64_t width, float* d_gate_up, float* d_scale) {
  glu_backward(gate_up, scale, dy, begin, end, width, d_gate_up, d_scale);
}
void swiglu_backward_rows(const double* gate_up, const double* scale, const double* dy, std::int64_t begin, std::int64_t end, std::int64_t width, double* d_gate_up, double* d_scale) {
  glu_backward(gate_up, scale, dy, begin, end, width, d_gate_up, d_scale);
}
LACONIC_CLONES void causal_softmax(float* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, float* lse) {
  softmax_block(scores, rows, columns, first, lse);
}
void causal_softmax(double* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, double* lse) {
  softmax_block(scores, rows, columns, first, lse);
}
LACONIC_CLONES void causal_softmax_backward(float* scores, float* dp, std::int64_t rows, std::int64_t columns, std::int64_t first, const float* lse) {
  softmax_block_backward(scores, dp, rows, columns, first, lse);
}
void causal_softmax_backward(double* scores, double* dp, std::int64_t rows, std::int64_t columns, std::int64_t first, const double* lse) {
  softmax_block_backward(scores, dp, rows, columns, first, lse);
}

}  // namespace laconic::learner
