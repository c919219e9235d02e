// The fused expert layer. An assignment is one (token, slot); assignments are sorted by expert, and
// each thread takes a stretch of the sorted list through gate_up, SwiGLU and down, a few rows at a
// time, so that intermediate values stay in its cache.
#include <algorithm>

#include "kernels/moe.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

constexpr std::int64_t kRowsAtOnce = 64;

struct Scratch {
  std::int32_t* order;    // [assignments] token · top_k + slot, sorted by expert, ascending inside
  std::int32_t* token;    // [assignments] the token of each
  std::int32_t* first;    // [experts + 1] where each expert's assignments begin
  float* gate_up;         // [assignments][2·width]
  bf16* activation;       // [assignments][width]
  float* out;             // [token · top_k + slot][hidden]
  std::size_t bytes;
};

Scratch lay_out(void* base, std::int64_t assignments, std::int64_t hidden, std::int64_t width, int experts) {
  std::size_t used = 0;
  const auto take = [&](std::int64_t count, std::size_t size) {
    void* p = static_cast<char*>(base) + used;
    used += (static_cast<std::size_t>(count) * size + 63) / 64 * 64;
    return p;
  };
  Scratch s{};
  s.order = static_cast<std::int32_t*>(take(assignments, 4));
  s.token = static_cast<std::int32_t*>(take(assignments, 4));
  s.first = static_cast<std::int32_t*>(take(experts + 1, 4));
  s.gate_up = static_cast<float*>(take(assignments * 2 * width, 4));
  s.activation = static_cast<bf16*>(take(assignments * width, 2));
  s.out = static_cast<float*>(take(assignments * hidden, 4));
  s.bytes = used;
  return s;
}

void sort_by_expert(const std::uint16_t* ids, std::int64_t assignments, int top_k, int experts, const Scratch& s) {
  std::fill(s.first, s.first + experts + 1, 0);
  for (std::int64_t a = 0; a < assignments; ++a) ++s.first[ids[a] + 1];
  for (int e = 0; e < experts; ++e) s.first[e + 1] += s.first[e];
  for (std::int64_t a = 0; a < assignments; ++a) {
    const std::int32_t at = s.first[ids[a]]++;
    s.order[at] = static_cast<std::int32_t>(a);
    s.token[at] = static_cast<std::int32_t>(a / top_k);
  }
  for (int e = experts; e > 0; --e) s.first[e] = s.first[e - 1];  // undo the shift of the loop above
  s.first[0] = 0;
}

}  // namespace

std::size_t moe_scratch_bytes(std::int64_t rows, int top_k, std::int64_t hidden, std::int64_t width, int experts) {
  alignas(64) char base[64];
  return lay_out(base, rows * top_k, hidden, width, experts).bytes;
}

void swiglu(const Ctx& ctx, const float* gate_up, std::int64_t rows, std::int64_t width, bf16* out) {
  const auto [begin, end] = ctx.share(rows);
  for (std::int64_t r = begin; r < end; ++r)
    ops().swiglu_row(gate_up + r * 2 * width, gate_up + r * 2 * width + width, width, out + r * width);
}

void moe_experts(const Ctx& ctx, const bf16* x, std::int64_t rows, std::span<const Expert> experts,
                 const std::uint16_t* ids, const float* weights, int top_k, void* scratch, float* y) {
  const std::int64_t hidden = experts[0].down.n(), width = experts[0].down.k(), assignments = rows * top_k;
  const int count = static_cast<int>(experts.size());
  const Scratch s = lay_out(scratch, assignments, hidden, width, count);
  if (ctx.tid == 0) sort_by_expert(ids, assignments, top_k, count, s);
  ctx.barrier();

  const OpTable& op = ops();
  const auto [begin, end] = ctx.share(assignments);
  float* gate_up = s.gate_up + begin * 2 * width;  // this thread's, reused for every few rows
  bf16* activation = s.activation + begin * width;
  for (int e = 0; e < count; ++e) {
    const std::int64_t stop = std::min<std::int64_t>(end, s.first[e + 1]);
    for (std::int64_t a = std::max<std::int64_t>(begin, s.first[e]); a < stop; a += kRowsAtOnce) {
      const std::int64_t n = std::min(kRowsAtOnce, stop - a);
      const PackedMatrix &up = experts[e].gate_up, &down = experts[e].down;
      op.gemm({.x = x, .ldx = hidden, .x_rows = s.token + a, .rows = n, .w = up.panel(0), .n = up.n(), .k = up.k(),
               .panel_end = up.panels(), .y = gate_up, .ldy = 2 * width});
      for (std::int64_t r = 0; r < n; ++r)
        op.swiglu_row(gate_up + r * 2 * width, gate_up + r * 2 * width + width, width, activation + r * width);
      op.gemm({.x = activation, .ldx = width, .rows = n, .w = down.panel(0), .n = down.n(), .k = down.k(),
               .panel_end = down.panels(), .y = s.out, .ldy = hidden, .y_rows = s.order + a});
    }
  }
  ctx.barrier();

  const auto [first_row, last_row] = ctx.share(rows);
  for (std::int64_t r = first_row; r < last_row; ++r)
    for (int slot = 0; slot < top_k; ++slot)
      op.fma_row(weights[r * top_k + slot], s.out + (r * top_k + slot) * hidden, hidden, y + r * hidden);
}

}  // namespace laconic::kernels
