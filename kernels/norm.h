// RMSNorm (Zhang & Sennrich 2019): y = w · (x · rsqrt(mean(x²) + eps)), all in fp32.
// Σx² runs in 16 virtual lanes (lane = column mod 16, columns ascending, fused), then a fixed tree;
// rsqrt is 1 / sqrt with IEEE square root and division. SPMD, no barrier at the end.
#pragma once

#include <cstdint>

#include "base/thread_team.h"
#include "kernels/bf16.h"

namespace laconic::kernels {

// x: fp32 [rows, dim], stride ldx; w: fp32 [dim] (the published bf16, widened).
// `rounded` (bf16) and `full` (fp32), each [rows, dim] with its own stride; either may be null.
void rms_norm(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t dim, const float* w,
              float eps, bf16* rounded, std::int64_t ld_rounded, float* full, std::int64_t ld_full);

// LayerNorm (Ba et al. 2016): y = w · ((x − mean) · rsqrt(variance + eps)) + b, sums and root as above.
// x, y: fp32 [rows, dim], strides ldx, ldy; y may be x. SPMD over rows, no barrier at the end.
void layer_norm(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t dim, const float* w,
                const float* b, float eps, float* y, std::int64_t ldy);

// x[r][c] += bias[c]: fp32 [rows, dim], stride ldx. SPMD over rows, no barrier at the end.
void add_bias(const Ctx& ctx, const float* bias, std::int64_t rows, std::int64_t dim, float* x, std::int64_t ldx);

}  // namespace laconic::kernels
