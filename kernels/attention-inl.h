// One tile of attention: up to kAttentionRows (query, head) rows of one KV head against the
// pages of one sequence, a page (= softmax block) at a time. Keys are turned into the packed layout of the
// matrix product, so that scores use its register tiles with positions as lanes; values are read as
// they lie, with their dimensions as lanes.

namespace laconic::kernels {
namespace {

constexpr int kWidth = kMaxAttentionWidth;

// keys[panel][pair][16][2] ← the 32 rows of a page. Slots not yet written are packed too; their
// scores are masked, lane by lane, whatever they hold.
// `width` elements each, rows `stride` apart.
void pack_keys(const bf16* page, std::int64_t stride, std::int64_t width, bf16* keys) {
  const std::int64_t pairs = (width + 1) / 2, whole = width / 2, fours = whole / 4 * 4;
  for (int position = 0; position < kPageTokens; position += 4) {
    bf16* to = keys + position / 16 * pairs * 32 + position % 16 * 2;
    const bf16* from = page + position * stride;
    for (std::int64_t pair = 0; pair < fours; pair += 4) transpose4(from + 2 * pair, stride, to + pair * 32, 32);
    for (std::int64_t pair = fours; pair < pairs; ++pair)
      for (int i = 0; i < 4; ++i) {
        to[pair * 32 + 2 * i] = from[i * stride + 2 * pair];
        to[pair * 32 + 2 * i + 1] = pair < whole ? from[i * stride + 2 * pair + 1] : bf16{};
      }
  }
}

template <int R>
void score_rows(int rows, const float* q, const bf16* keys, std::int64_t width, float* scores) {
  if constexpr (R > 1) {
    if (rows < R) return score_rows<R - 1>(rows, q, keys, width, scores);
  }
  constexpr int P = tile_panels(R) >= 2 ? 2 : 1;
  const std::int64_t panel_stride = (width + 1) / 2 * 32;
  for (int panel = 0; panel < kPageTokens / 16; panel += P) {
    Tile<R, P> tile;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) tile.acc[r][p] = set16(0.0f);
    accumulate<R, P>(tile, q, width, keys + panel * panel_stride, panel_stride, width);
    for (int r = 0; r < R; ++r)
      for (int p = 0; p < P; ++p) store16(tile.acc[r][p], scores + r * kPageTokens + (panel + p) * 16);
  }
}

// Running state of one row. After a block: max of all scores so far, Σ exp(score − max), and by how
// much the block rescaled what came before.
struct SoftmaxRow {
  float max = -kInf, sum = 0, rescale = 0;
};

// scores[32] → probabilities against the new running maximum, rounded to bf16, 0 from `visible` on.
void softmax_block(float* scores, float scale, int visible, SoftmaxRow& row) {
  F16 s[2];
  for (int i = 0; i < 2; ++i) {
    const F16 position = add(iota16(), set16(static_cast<float>(16 * i)));
    s[i] = select_lt(position, set16(static_cast<float>(visible)), mul(load16(scores + 16 * i), set16(scale)), set16(-kInf));
  }
  const float block_max = max16(maximum(s[0], s[1]));
  const float new_max = row.max > block_max ? row.max : block_max;
  row.rescale = row.max == new_max ? 1.0f : exp1(row.max - new_max);
  row.max = new_max;
  for (F16& v : s) v = exp16(sub(v, set16(new_max)));
  row.sum = __builtin_fmaf(row.sum, row.rescale, sum16(add(s[0], s[1])));
  for (int i = 0; i < 2; ++i) store16(round_to_bf16(s[i]), scores + 16 * i);
}

// The positions of a block that are attended to, ascending: the first ones, or those of a list.
struct FirstLanes {
  int count = 0;
  int operator[](int i) const { return i; }
};
struct ListedLanes {
  const int* lanes = nullptr;
  int count = 0;
  int operator[](int i) const { return lanes[i]; }
};

// state[r][d] ← state·rescale, then += p[r][j]·v[j][d] for each lane j, ascending.
template <int R, int P, bool kPart, class Lanes>
inline void value_tile(const float* p, const SoftmaxRow* softmax, const bf16* v, std::int64_t width, Lanes lanes,
                       float* state, std::int64_t ld, int part) {
  Tile<R, P> tile;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int i = 0; i < P; ++i) tile.acc[r][i] = mul(load16(state + r * ld + i * 16), set16(softmax[r].rescale));
  for (int n = 0; n < lanes.count; ++n) {
    const int j = lanes[n];
    F16 value[P];
#pragma GCC unroll 8
    for (int i = 0; i < P; ++i)
      value[i] = kPart ? load_part(v + j * width + i * 16, part, bf16{}) : load16(v + j * width + i * 16);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const F16 weight = set16(p[r * kPageTokens + j]);
#pragma GCC unroll 8
      for (int i = 0; i < P; ++i) tile.acc[r][i] = fma(weight, value[i], tile.acc[r][i]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int i = 0; i < P; ++i) store16(tile.acc[r][i], state + r * ld + i * 16);
}

template <int R, class Lanes>
void value_rows(int rows, const float* p, const SoftmaxRow* softmax, const bf16* v, std::int64_t width, int dims,
                Lanes lanes, float* state, std::int64_t ld) {
  if constexpr (R > 1) {
    if (rows < R) return value_rows<R - 1>(rows, p, softmax, v, width, dims, lanes, state, ld);
  }
  constexpr int P = tile_panels(R) >= 2 ? 2 : 1;
  int d = 0;
  for (; d + 16 * P <= dims; d += 16 * P) value_tile<R, P, false>(p, softmax, v + d, width, lanes, state + d, ld, 16);
  for (; d + 16 <= dims; d += 16) value_tile<R, 1, false>(p, softmax, v + d, width, lanes, state + d, ld, 16);
  if (d < dims) value_tile<R, 1, true>(p, softmax, v + d, width, lanes, state + d, ld, dims - d);
}

inline void finish_row(const float* state, const SoftmaxRow& softmax, int dims, bf16* out) {
  const F16 inverse = div(set16(1.0f), set16(softmax.sum));
  map_row(state, dims, out, [&](F16 v) { return mul(v, inverse); });
}

void attention_op(const AttentionTask& task) {
  alignas(64) float q[kAttentionRows * kWidth];
  alignas(64) float state[kAttentionRows * kWidth];
  alignas(64) bf16 keys[kPageTokens * (kWidth + 1)];
  alignas(64) float scores[kAttentionRows * kPageTokens];
  SoftmaxRow softmax[kAttentionRows];
  const std::int64_t width = task.key, ld = (task.value + 15) / 16 * 16;
  const int rows = task.heads * task.count;
  for (int row = 0; row < rows; ++row) {
    widen_row(task.q + row / task.heads * task.ldq + row % task.heads * width, width, q + row * width);
    for (std::int64_t d = 0; d < ld; d += 16) store16(set16(0.0f), state + row * ld + d);
  }
  const int last = task.position + task.count - 1;
  for (int base = 0; base <= last; base += kPageTokens) {
    const std::int64_t page = std::int64_t{task.pages[base / kPageTokens]} * kPageTokens * task.width;
    pack_keys(task.keys + page, task.width, width, keys);
    const int first_query = base > task.position ? base - task.position : 0;
    for (int row = first_query * task.heads; row < rows; row += kTileRows)
      score_rows<kTileRows>(rows - row, q + row * width, keys, width, scores + row * kPageTokens);
    for (int query = first_query; query < task.count; ++query) {
      const int reach = task.position + query - base + 1, visible = reach < kPageTokens ? reach : kPageTokens;
      for (int row = query * task.heads; row < (query + 1) * task.heads; ++row)
        softmax_block(scores + row * kPageTokens, task.scale, visible, softmax[row]);
      for (int head = 0; head < task.heads; head += kTileRows) {
        const int row = query * task.heads + head;
        value_rows<kTileRows>(task.heads - head, scores + row * kPageTokens, softmax + row, task.values + page, task.width, task.value,
                              FirstLanes{visible}, state + row * ld, ld);
      }
    }
  }
  for (int row = 0; row < rows; ++row)
    finish_row(state + row * ld, softmax[row], task.value, task.out + row / task.heads * task.ldout + row % task.heads * task.value);
}

}  // namespace
}  // namespace laconic::kernels
