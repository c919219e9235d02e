// The matrix product: register tiles of kTileRows rows × a few panels of 16 outputs. Rows are
// widened to fp32 once per chunk of inputs (L1), weights are streamed from their packed panels; the
// chain of each output is cut between chunks by an exact store and load of its accumulator.

namespace laconic::kernels {
namespace {

constexpr std::int64_t kChunk = 512;       // inputs of a chunk, even
constexpr std::int64_t kGroupPanels = 16;  // panels that share one widening of the rows

template <int R, int P>
struct Tile {
  F16 acc[R][P];
};

// acc[r][p] ← chain over k ascending. x: fp32 rows, ldx apart; w: first pair of panel 0 of the tile.
template <int R, int P>
inline __attribute__((always_inline)) void accumulate(Tile<R, P>& tile, const float* x, std::int64_t ldx,
                                                      const bf16* w, std::int64_t panel_stride, std::int64_t k) {
  const std::int64_t pairs = k / 2;
  for (std::int64_t i = 0; i < pairs; ++i) {
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) {
      F16 even, odd;
      load_pairs(w + p * panel_stride + i * 32, even, odd);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        tile.acc[r][p] = fma(set16(x[r * ldx + 2 * i]), even, tile.acc[r][p]);
        tile.acc[r][p] = fma(set16(x[r * ldx + 2 * i + 1]), odd, tile.acc[r][p]);
      }
    }
  }
  if (k % 2 == 0) return;
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
    F16 even, odd;
    load_pairs(w + p * panel_stride + pairs * 32, even, odd);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) tile.acc[r][p] = fma(set16(x[r * ldx + 2 * pairs]), even, tile.acc[r][p]);
  }
}

struct TileJob {
  const float* x;             // widened rows, kChunk apart
  const bf16* w;              // at this chunk's first pair
  std::int64_t panel_stride;  // elements
  std::int64_t k;             // of this chunk
  bool first, last;           // chunk
  float* partial;             // [P][R][16] between chunks
};

template <int R, int P>
void run_tile(const TileJob& job, const GemmTask& task, std::int64_t row, std::int64_t panel) {
  Tile<R, P> tile;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) tile.acc[r][p] = job.first ? set16(0.0f) : load16(job.partial + (p * R + r) * 16);
  accumulate<R, P>(tile, job.x, kChunk, job.w, job.panel_stride, job.k);
  for (int p = 0; p < P; ++p)
    for (int r = 0; r < R; ++r) {
      if (!job.last) {
        store16(tile.acc[r][p], job.partial + (p * R + r) * 16);
        continue;
      }
      const std::int64_t column = (panel + p) * 16, width = task.n - column;
      const std::int64_t y_row = task.y_rows ? task.y_rows[row + r] : row + r;
      float* y = task.y + y_row * task.ldy + column;
      F16 sum = tile.acc[r][p];
      if (width >= 16) {
        if (task.add) sum = add(load16(y), sum);
        store16(sum, y);
      } else {
        if (task.add) sum = add(load_part(y, width, 0.0f), sum);
        store_part(sum, y, width);
      }
    }
}

template <int R>
void run_rows(int rows, TileJob job, const GemmTask& task, std::int64_t row, std::int64_t panel, std::int64_t end) {
  if constexpr (R > 1) {
    if (rows < R) return run_rows<R - 1>(rows, job, task, row, panel, end);
  }
  constexpr int P = tile_panels(R);
  for (; panel + P <= end; panel += P, job.w += P * job.panel_stride, job.partial += P * R * 16)
    run_tile<R, P>(job, task, row, panel);
  for (; panel < end; ++panel, job.w += job.panel_stride, job.partial += R * 16)
    run_tile<R, 1>(job, task, row, panel);
}

inline void widen_row(const bf16* x, std::int64_t n, float* y) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) store16(load16(x + i), y + i);
  if (i < n) store_part(load_part(x + i, n - i, bf16{}), y + i, n - i);
}

void gemm_op(const GemmTask& task) {
  alignas(64) float x[kTileRows * kChunk];
  alignas(64) float partial[kGroupPanels * kTileRows * 16];
  const std::int64_t panel_stride = (task.k + 1) / 2 * 32;
  for (std::int64_t panel = task.panel_begin; panel < task.panel_end; panel += kGroupPanels) {
    const std::int64_t end = panel + kGroupPanels < task.panel_end ? panel + kGroupPanels : task.panel_end;
    for (std::int64_t row = 0; row < task.rows; row += kTileRows) {
      const int rows = task.rows - row < kTileRows ? static_cast<int>(task.rows - row) : kTileRows;
      for (std::int64_t k = 0; k == 0 || k < task.k; k += kChunk) {
        const std::int64_t width = task.k - k < kChunk ? task.k - k : kChunk;
        for (int r = 0; r < rows; ++r) {
          const std::int64_t x_row = task.x_rows ? task.x_rows[row + r] : row + r;
          if (task.x) widen_row(task.x + x_row * task.ldx + k, width, x + r * kChunk);
          else __builtin_memcpy(x + r * kChunk, task.x_f32 + x_row * task.ldx + k, static_cast<std::size_t>(width) * sizeof(float));
        }
        const TileJob job{x, task.w + panel * panel_stride + k * 16, panel_stride, width, k == 0, k + kChunk >= task.k, partial};
        run_rows<kTileRows>(rows, job, task, row, panel, end);
      }
    }
  }
}

}  // namespace
}  // namespace laconic::kernels
