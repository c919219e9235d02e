// y[m][n] (=|+=) Σ_k x[m][k] · w[n][k].
//
// Arithmetic (docs/numerics.md): per output one fp32 accumulator, starting at +0, one fused
// multiply-add per k, k ascending; with kAdd the finished sum is added to y by one fp32 addition.
// A row's result does not depend on the other rows. All ops here: SPMD over ctx, allocate nothing,
// do NOT end in a barrier; inputs must be complete (barrier) before the call.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_team.h"
#include "kernels/packed_matrix.h"

namespace laconic::kernels {

enum class Store { kSet, kAdd };

// x: bf16 [rows, w.k()], row stride ldx; y: fp32 [rows, w.n()], row stride ldy.
void gemm(const Ctx& ctx, const bf16* x, std::int64_t ldx, std::int64_t rows, const PackedMatrix& w, float* y,
          std::int64_t ldy, Store store = Store::kSet);

// The same with fp32 x, unrounded (the router).
void gemm_f32(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, const PackedMatrix& w, float* y,
              std::int64_t ldy, Store store = Store::kSet);

// One product per head: head h reads x + h * x_head (its k columns) and writes y + h * y_head.
// Used for the absorbed projections of MLA.
void gemm_heads(const Ctx& ctx, const bf16* x, std::int64_t ldx, std::int64_t x_head, std::int64_t rows,
                std::span<const PackedMatrix> w, float* y, std::int64_t ldy, std::int64_t y_head);

// Rounds fp32 [rows, cols] to bf16.
void round_to_bf16(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t cols, bf16* y,
                   std::int64_t ldy);

// y[r][c] += x[r][c], fp32 (the residual stream).
void add_rows(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t cols, float* y,
              std::int64_t ldy);

}  // namespace laconic::kernels
