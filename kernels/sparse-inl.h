// Sparse attention: index scores of a page, and attention over selected positions. Selected keys are
// gathered from consecutive blocks until a packed page of them is full, so that few selected
// positions a block do not cost a block of scores each.

namespace laconic::kernels {
namespace {

void index_page_op(const IndexTask& task) {
  alignas(64) float q[kTileRows * kWidth];
  alignas(64) bf16 keys[kPageTokens * (kWidth + 1)];
  alignas(64) float scores[kTileRows * kPageTokens];
  pack_keys(task.keys, task.width, task.dim, keys);
  for (int query = 0; query < task.count; ++query) {
    F16 sums[2] = {set16(0.0f), set16(0.0f)};
    for (int head = 0; head < task.heads; head += kTileRows) {
      const int n = task.heads - head < kTileRows ? task.heads - head : kTileRows;
      for (int h = 0; h < n; ++h) widen_row(task.q + query * task.ldq + std::int64_t{head + h} * task.dim, task.dim, q + h * task.dim);
      score_rows<kTileRows>(n, q, keys, task.dim, scores);
      for (int h = 0; h < n; ++h) {
        const F16 weight = set16(task.weights[query * task.ldw + head + h] * task.scale);
        for (int i = 0; i < 2; ++i) sums[i] = fma(weight, maximum(load16(scores + h * kPageTokens + 16 * i), set16(0.0f)), sums[i]);
      }
    }
    for (int i = 0; i < 2; ++i) store16(sums[i], task.scores + query * kPageTokens + 16 * i);
  }
}

void sparse_attention_op(const SparseAttentionTask& task) {
  alignas(64) float q[kAttentionRows * kWidth];
  alignas(64) float state[kAttentionRows * kWidth];
  alignas(64) bf16 gathered[kPageTokens * kWidth];
  alignas(64) bf16 keys[kPageTokens * (kWidth + 1)];
  alignas(64) float gathered_scores[kAttentionRows * kPageTokens];
  alignas(64) float scores[kAttentionRows * kPageTokens];
  SoftmaxRow softmax[kAttentionRows];
  const std::int64_t width = task.key, ld = (task.value + 15) / 16 * 16;
  for (int head = 0; head < task.heads; ++head) {
    widen_row(task.q + head * width, width, q + head * width);
    for (std::int64_t d = 0; d < ld; d += 16) store16(set16(0.0f), state + head * ld + d);
  }
  for (std::int32_t block = 0; block < task.blocks;) {
    // Whole blocks, as many as fit: at least one.
    std::int32_t end = block;
    for (int count = 0; end < task.blocks && count + __builtin_popcount(task.selected[end]) <= kPageTokens; ++end) {
      const bf16* page = task.keys + std::int64_t{task.pages[end]} * kPageTokens * task.width;
      for (std::uint32_t left = task.selected[end]; left != 0; left &= left - 1)
        __builtin_memcpy(gathered + count++ * width, page + __builtin_ctz(left) * task.width, static_cast<std::size_t>(width) * sizeof(bf16));
    }
    pack_keys(gathered, width, width, keys);
    for (int head = 0; head < task.heads; head += kTileRows)
      score_rows<kTileRows>(task.heads - head, q + head * width, keys, width, gathered_scores + head * kPageTokens);
    for (int first = 0; block < end; ++block) {
      int lanes[kPageTokens], count = 0;
      for (std::uint32_t left = task.selected[block]; left != 0; left &= left - 1) lanes[count++] = __builtin_ctz(left);
      if (count == 0) continue;
      for (int head = 0; head < task.heads; ++head) {
        float* row = scores + head * kPageTokens;
        for (int i = 0; i < 2; ++i) store16(set16(-kInf), row + 16 * i);
        for (int i = 0; i < count; ++i) row[lanes[i]] = gathered_scores[head * kPageTokens + first + i];
        softmax_block(row, task.scale, kPageTokens, softmax[head]);
      }
      const bf16* values = task.values + std::int64_t{task.pages[block]} * kPageTokens * task.width;
      for (int head = 0; head < task.heads; head += kTileRows)
        value_rows<kTileRows>(task.heads - head, scores + head * kPageTokens, softmax + head, values, task.width, task.value,
                              ListedLanes{lanes, count}, state + head * ld, ld);
      first += count;
    }
  }
  for (int head = 0; head < task.heads; ++head) finish_row(state + head * ld, softmax[head], task.value, task.out + std::int64_t{head} * task.value);
}

}  // namespace
}  // namespace laconic::kernels
