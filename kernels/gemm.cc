#include "kernels/gemm.h"

#include <algorithm>

#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

// By panels, so that each weight is read by one thread, unless there are too few panels to share
// evenly and enough rows. Either way each output is one chain: the bits do not depend on it.
void run_shared(const Ctx& ctx, GemmTask task, const PackedMatrix& w) {
  task.w = w.panel(0);
  task.n = w.n();
  task.k = w.k();
  task.panel_end = w.panels();
  const std::int64_t panels = w.panels();
  const bool by_rows = panels % ctx.count != 0 && panels < 8 * ctx.count && task.rows >= 16 * ctx.count;
  const auto [begin, end] = ctx.share(by_rows ? task.rows : panels, by_rows ? 8 : 1);
  if (begin >= end) return;
  if (by_rows) {
    if (task.x) task.x += begin * task.ldx;
    else task.x_f32 += begin * task.ldx;
    task.y += begin * task.ldy;
    task.rows = end - begin;
  } else {
    task.panel_begin = begin;
    task.panel_end = end;
  }
  ops().gemm(task);
}

}  // namespace

void gemm(const Ctx& ctx, const bf16* x, std::int64_t ldx, std::int64_t rows, const PackedMatrix& w, float* y,
          std::int64_t ldy, Store store) {
  run_shared(ctx, {.x = x, .ldx = ldx, .rows = rows, .y = y, .ldy = ldy, .add = store == Store::kAdd}, w);
}

void gemm_f32(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, const PackedMatrix& w, float* y,
              std::int64_t ldy, Store store) {
  run_shared(ctx, {.x_f32 = x, .ldx = ldx, .rows = rows, .y = y, .ldy = ldy, .add = store == Store::kAdd}, w);
}

void gemm_heads(const Ctx& ctx, const bf16* x, std::int64_t ldx, std::int64_t x_head, std::int64_t rows,
                std::span<const PackedMatrix> w, float* y, std::int64_t ldy, std::int64_t y_head) {
  // All (head, panel) items in one line, each thread a stretch of it.
  std::int64_t items = 0;
  for (const PackedMatrix& m : w) items += m.panels();
  const auto [begin, end] = ctx.share(items);
  std::int64_t first = 0;
  for (std::size_t h = 0; h < w.size(); first += w[h].panels(), ++h) {
    const std::int64_t from = std::max(begin, first) - first, to = std::min(end, first + w[h].panels()) - first;
    if (from >= to) continue;
    const std::int64_t head = static_cast<std::int64_t>(h);
    ops().gemm({.x = x + head * x_head, .ldx = ldx, .rows = rows, .w = w[h].panel(0), .n = w[h].n(), .k = w[h].k(),
                .panel_begin = from, .panel_end = to, .y = y + head * y_head, .ldy = ldy});
  }
}

void round_to_bf16(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t cols, bf16* y,
                   std::int64_t ldy) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r) ops().round_row(x + r * ldx, cols, y + r * ldy);
}

void add_rows(const Ctx& ctx, const float* x, std::int64_t ldx, std::int64_t rows, std::int64_t cols, float* y,
              std::int64_t ldy) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r) ops().add_row(x + r * ldx, cols, y + r * ldy);
}

}  // namespace laconic::kernels
