// The gradient blocks' row loops on plain buffers, for fp32 (training) and fp64 (its tests).
//
// Not value code: log-probs that enter a loss come from kernels/. These loops give the gradient; they
// use no libm in fp32 and fixed summation lanes, so their bits do not depend on the instruction set
// or on the number of threads. Rows are [begin, end) of row-major matrices; nothing is allocated.
#pragma once

#include <cstdint>

namespace laconic::learner {

// RMSNorm. x: [rows, dim], row stride ldx; y: [rows, dim]; inverse_rms: [rows].
void rms_norm_rows(const float* x, std::int64_t ldx, const float* w, double eps, std::int64_t begin, std::int64_t end,
                   std::int64_t dim, float* y, float* inverse_rms);
void rms_norm_rows(const double* x, std::int64_t ldx, const double* w, double eps, std::int64_t begin, std::int64_t end,
                   std::int64_t dim, double* y, double* inverse_rms);
// dx = r·(w⊙dy − x·r²·mean(w⊙dy⊙x)), dx: [rows, dim].
void rms_norm_backward_rows(const float* x, std::int64_t ldx, const float* w, const float* inverse_rms, const float* dy,
                            std::int64_t begin, std::int64_t end, std::int64_t dim, float* dx);
void rms_norm_backward_rows(const double* x, std::int64_t ldx, const double* w, const double* inverse_rms, const double* dy,
                            std::int64_t begin, std::int64_t end, std::int64_t dim, double* dx);
// dw[c] += Σ_rows dy·x·r for columns [begin, end), rows ascending.
void rms_norm_backward_weight(const float* x, std::int64_t ldx, const float* inverse_rms, const float* dy, std::int64_t rows,
                              std::int64_t dim, std::int64_t begin, std::int64_t end, float* dw);
void rms_norm_backward_weight(const double* x, std::int64_t ldx, const double* inverse_rms, const double* dy, std::int64_t rows,
                              std::int64_t dim, std::int64_t begin, std::int64_t end, double* dw);

// SwiGLU: y = silu(gate)·up·scale[row]; gate_up: [rows, 2·width], gate first; y: [rows, width].
// `scale` may be null (1).
void swiglu_rows(const float* gate_up, const float* scale, std::int64_t begin, std::int64_t end, std::int64_t width, float* y);
void swiglu_rows(const double* gate_up, const double* scale, std::int64_t begin, std::int64_t end, std::int64_t width, double* y);
// From dy: d_gate_up, and when `scale` is given d_scale[row] = Σ dy·silu(gate)·up. d_gate_up may be gate_up.
void swiglu_backward_rows(const float* gate_up, const float* scale, const float* dy, std::int64_t begin, std::int64_t end,
                          std::int64_t width, float* d_gate_up, float* d_scale);
void swiglu_backward_rows(const double* gate_up, const double* scale, const double* dy, std::int64_t begin, std::int64_t end,
                          std::int64_t width, double* d_gate_up, double* d_scale);

// Causal softmax of a block of scores in place: row i (query first + i) keeps columns [0, first + i],
// the rest become 0. lse[i] = log Σ exp. scores: [rows, columns].
void causal_softmax(float* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, float* lse);
void causal_softmax(double* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, double* lse);
// With the row's lse known: p = exp(score − lse), ds = p·(dp − Σ p·dp). p replaces scores, ds replaces dp.
void causal_softmax_backward(float* scores, float* dp, std::int64_t rows, std::int64_t columns, std::int64_t first, const float* lse);
void causal_softmax_backward(double* scores, double* dp, std::int64_t rows, std::int64_t columns, std::int64_t first, const double* lse);

}  // namespace laconic::learner
