// Element-wise ops on one row: rounding, addition, RMSNorm, RoPE, SwiGLU, sigmoid.

namespace laconic::kernels {
namespace {

// f(x) for every element, the tail through the same arithmetic.
template <class T, class F>
inline void map_row(const float* x, std::int64_t n, T* y, F f) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) store16(f(load16(x + i)), y + i);
  if (i < n) store_part(f(load_part(x + i, n - i, 0.0f)), y + i, n - i);
}

// y ← f(x, y), or y ← f(a, b) into another type.
template <class T, class F>
inline void map_rows(const float* a, const float* b, std::int64_t n, T* y, F f) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) store16(f(load16(a + i), load16(b + i)), y + i);
  if (i < n) store_part(f(load_part(a + i, n - i, 0.0f), load_part(b + i, n - i, 0.0f)), y + i, n - i);
}

void round_row_op(const float* x, std::int64_t n, bf16* y) { map_row(x, n, y, [](F16 v) { return v; }); }
void exp_row_op(const float* x, std::int64_t n, float* y) { map_row(x, n, y, [](F16 v) { return exp16(v); }); }
void log_row_op(const float* x, std::int64_t n, float* y) { map_row(x, n, y, [](F16 v) { return log16(v); }); }
void sigmoid_row_op(const float* x, std::int64_t n, float* y) { map_row(x, n, y, [](F16 v) { return sigmoid16(v); }); }
void add_row_op(const float* x, std::int64_t n, float* y) { map_rows(y, x, n, y, [](F16 a, F16 b) { return add(a, b); }); }
void fma_row_op(float weight, const float* x, std::int64_t n, float* y) {
  const F16 w = set16(weight);
  map_rows(x, y, n, y, [&](F16 a, F16 b) { return fma(w, a, b); });
}
void swiglu_row_op(const float* gate, const float* up, std::int64_t width, bf16* out) {
  map_rows(gate, up, width, out, [](F16 g, F16 u) { return mul(silu16(g), u); });
}

void norm_row_op(const float* x, std::int64_t dim, const float* w, float eps, bf16* rounded, float* full) {
  F16 squares = set16(0.0f);
  std::int64_t i = 0;
  for (; i + 16 <= dim; i += 16) {
    const F16 v = load16(x + i);
    squares = fma(v, v, squares);
  }
  if (i < dim) {
    const F16 v = load_part(x + i, dim - i, 0.0f);
    squares = fma(v, v, squares);
  }
  const float mean = sum16(squares) / static_cast<float>(dim);
  const F16 inverse = div(set16(1.0f), sqrt16(set16(mean + eps)));
  const auto normed = [&](F16 v, F16 weight) { return mul(weight, mul(v, inverse)); };
  if (rounded) map_rows(x, w, dim, rounded, normed);
  if (full) map_rows(x, w, dim, full, normed);
}

// Mean and variance in 16 lanes, each with the tree; a tail's missing lanes add nothing.
void layer_norm_row_op(const float* x, std::int64_t dim, const float* w, const float* b, float eps, float* y) {
  F16 total = set16(0.0f), squares = set16(0.0f);
  std::int64_t i = 0;
  for (; i + 16 <= dim; i += 16) total = add(total, load16(x + i));
  if (i < dim) total = add(total, load_part(x + i, dim - i, 0.0f));
  const float mean = sum16(total) / static_cast<float>(dim);
  const F16 centre = set16(mean);
  const auto square = [&](F16 v) {
    const F16 distance = sub(v, centre);
    squares = fma(distance, distance, squares);
  };
  for (i = 0; i + 16 <= dim; i += 16) square(load16(x + i));
  if (i < dim) square(load_part(x + i, dim - i, mean));
  const F16 inverse = div(set16(1.0f), sqrt16(set16(sum16(squares) / static_cast<float>(dim) + eps)));
  map_rows(x, w, dim, y, [&](F16 v, F16 weight) { return mul(weight, mul(sub(v, centre), inverse)); });
  add_row_op(b, dim, y);
}

// Plain loops: fused and single operations are spelled out, so vectorised or not the bits are the same.
void rope_vector_op(const float* x, const float* cos, const float* sin, int half, bool interleaved, bf16* out) {
  const int step = interleaved ? 2 : 1, other = interleaved ? 1 : half;
  float y[16];
  int lane = 0;
  std::int64_t done = 0;
  const auto put = [&](float value) {
    y[lane++] = value;
    if (lane == 16) {
      store16(load16(y), out + done);
      done += 16;
      lane = 0;
    }
  };
  const auto first = [&](int i) { return __builtin_fmaf(x[i * step], cos[i], -(x[i * step + other] * sin[i])); };
  const auto second = [&](int i) { return __builtin_fmaf(x[i * step + other], cos[i], x[i * step] * sin[i]); };
  if (interleaved) {
    for (int i = 0; i < half; ++i) put(first(i)), put(second(i));
  } else {
    for (int i = 0; i < half; ++i) put(first(i));
    for (int i = 0; i < half; ++i) put(second(i));
  }
  if (lane > 0) store_part(load_part(y, lane, 0.0f), out + done, lane);
}

}  // namespace
}  // namespace laconic::kernels
