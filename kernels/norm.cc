#include "kernels/norm.h"

#include "kernels/op_table.h"

namespace laconic::kernels {

void rms_norm(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t dim, const float* w,
              float eps, bf16* rounded, std::int64_t ld_rounded, float* full, std::int64_t ld_full) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r)
    ops().norm_row(x + r * ldx, dim, w, eps, rounded ? rounded + r * ld_rounded : nullptr,
                   full ? full + r * ld_full : nullptr);
}

void layer_norm(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t dim, const float* w,
                const float* b, float eps, float* y, std::int64_t ldy) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r) ops().layer_norm_row(x + r * ldx, dim, w, b, eps, y + r * ldy);
}

void add_bias(const Ctx& ctx, const float* bias, std::int64_t rows, std::int64_t dim, float* x, std::int64_t ldx) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r) ops().add_row(bias, dim, x + r * ldx);
}

}  // namespace laconic::kernels
