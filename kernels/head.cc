#include "kernels/head.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "kernels/op_table.h"

namespace laconic::kernels {

namespace {

constexpr std::int64_t kRowsAtOnce = 64;
constexpr float kExcluded = -__builtin_inff();
constexpr VocabStats kNothing{.max = kExcluded, .best = kExcluded};

struct Scratch {
  float* logits;      // [kRowsAtOnce][padded vocabulary]
  VocabStats* stats;  // [kRowsAtOnce][blocks]
  std::size_t bytes;
};

Scratch lay_out(void* base, std::int64_t rows, std::int64_t padded) {
  const std::size_t n = static_cast<std::size_t>(std::min(rows, kRowsAtOnce));
  const std::size_t logits = n * static_cast<std::size_t>(padded) * sizeof(float);
  const std::size_t stats = n * static_cast<std::size_t>((padded + kVocabBlock - 1) / kVocabBlock) * sizeof(VocabStats);
  char* bytes = static_cast<char*>(base);
  return {reinterpret_cast<float*>(bytes), reinterpret_cast<VocabStats*>(bytes + logits), logits + stats};
}

std::int64_t padded_to_panels(std::int64_t n) { return (n + PackedMatrix::kPanel - 1) / PackedMatrix::kPanel * PackedMatrix::kPanel; }

bool is_greedy(const HeadRow& row) { return row.temperature == 0; }
bool samples_truncated(const HeadRow& row) {
  return row.target < 0 && !is_greedy(row) && (row.top_k > 0 || row.top_p < 1);
}
// Its nucleus is one of the whole vocabulary, whose sum it needs.
bool samples_nucleus(const HeadRow& row) { return samples_truncated(row) && row.top_k == 0; }
bool scores_truncated(const HeadRow& row) { return row.target >= 0 && !is_greedy(row) && !row.kept.empty(); }

float inverse_temperature(const HeadRow& row) { return is_greedy(row) ? 1.0f : 1.0f / row.temperature; }

VocabTask block_task(const HeadRow& row, const float* logits, std::int64_t block, std::int64_t vocab) {
  const std::int64_t first = block * kVocabBlock;
  return {.logits = logits, .first = static_cast<std::int32_t>(first),
          .count = static_cast<std::int32_t>(std::min<std::int64_t>(kVocabBlock, vocab - first)),
          .inverse_temperature = inverse_temperature(row), .pick = row.target < 0, .noise = !is_greedy(row),
          .key = row.key, .draw = row.draw, .sample = row.sample, .position = row.position};
}

// The same sums over the kept set alone: blocks are laid out as in the full vocabulary, excluded
// ids are −inf and add exactly zero.
VocabStats merge_kept(const HeadRow& row, const float* logits, std::int64_t vocab, std::span<const std::int32_t> kept) {
  VocabStats total = kNothing;
  for (std::size_t i = 0; i < kept.size();) {
    const std::int64_t block = kept[i] / kVocabBlock;
    float masked[kVocabBlock];
    std::fill(masked, masked + kVocabBlock, kExcluded);
    for (; i < kept.size() && kept[i] / kVocabBlock == block; ++i) masked[kept[i] % kVocabBlock] = logits[kept[i]];
    ops().vocab_merge(&total, ops().vocab_block(block_task(row, masked, block, vocab)));
  }
  return total;
}

struct Candidate {
  float logit;
  std::int32_t id;
  // The order of preference: larger logit, then lower id. NaN is least.
  bool operator<(const Candidate& other) const {
    const bool nan = logit != logit, other_nan = other.logit != other.logit;
    if (nan || other_nan) return nan == other_nan ? id < other.id : other_nan;
    return logit > other.logit || (logit == other.logit && id < other.id);
  }
};

// The top_k ids, cut to the shortest prefix (in order of preference) whose probability within them (without top_k:
// within all, of which `all` is Σ exp(z − max)) reaches top_p; ascending ids into `kept`. Returns how many.
std::int32_t choose_kept(const HeadRow& row, const float* logits, std::int64_t vocab, float all, std::int32_t* kept) {
  Candidate heap[kMaxTopK];  // the least preferred at the front
  const int wanted = static_cast<int>(std::min<std::int64_t>(row.top_k > 0 ? row.top_k : kMaxTopK, vocab));
  int n = 0;
  for (std::int32_t id = 0; id < vocab; ++id) {
    const Candidate candidate{logits[id], id};
    if (n < wanted) {
      heap[n++] = candidate;
      std::push_heap(heap, heap + n);
    } else if (candidate < heap[0]) {
      std::pop_heap(heap, heap + n);
      heap[n - 1] = candidate;
      std::push_heap(heap, heap + n);
    }
  }
  std::sort_heap(heap, heap + n);  // preferred first
  if (row.top_p < 1) {
    float e[kMaxTopK], sum = 0, before = 0;
    const float scale = inverse_temperature(row), first = heap[0].logit * scale;
    for (int i = 0; i < n; ++i) e[i] = heap[i].logit * scale - first;
    ops().exp_row(e, n, e);
    for (int i = 0; i < n; ++i) sum += e[i];
    if (samples_nucleus(row)) sum = all;
    int count = 0;
    for (; count < n && (count == 0 || before < row.top_p * sum); ++count) before += e[count];
    n = count;
  }
  for (int i = 0; i < n; ++i) kept[i] = heap[i].id;
  std::sort(kept, kept + n);
  return n;
}

HeadResult finish_row(const HeadRow& row, const float* logits, const VocabStats* stats, std::int64_t blocks,
                      std::int64_t vocab) {
  HeadResult result;
  VocabStats total = kNothing;
  bool target_kept = true;
  if (samples_truncated(row)) {
    VocabStats whole = kNothing;
    for (std::int64_t b = 0; samples_nucleus(row) && b < blocks; ++b) ops().vocab_merge(&whole, stats[b]);
    result.kept_count = choose_kept(row, logits, vocab, whole.sum, row.kept_out);
    total = merge_kept(row, logits, vocab, {row.kept_out, static_cast<std::size_t>(result.kept_count)});
  } else if (scores_truncated(row)) {
    total = merge_kept(row, logits, vocab, row.kept);
    target_kept = std::binary_search(row.kept.begin(), row.kept.end(), row.target);
  } else {
    for (std::int64_t b = 0; b < blocks; ++b) ops().vocab_merge(&total, stats[b]);
  }
  result.token = row.target >= 0 ? row.target : total.best_id;
  float z = kExcluded;
  if (result.token >= 0 && target_kept) z = logits[result.token] * inverse_temperature(row);
  ops().vocab_finish(total, z, &result.logprob, &result.entropy);
  return result;
}

}  // namespace

void check_head_rows(std::span<const HeadRow> rows, std::int64_t vocab) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const HeadRow& row = rows[i];
    const auto fail = [&](const std::string& what) { throw Error(what, "head row " + std::to_string(i)); };
    if (row.target >= vocab) fail("token " + std::to_string(row.target) + " is not below the vocabulary of " + std::to_string(vocab));
    if (!(row.temperature >= 0)) fail("temperature " + std::to_string(row.temperature) + " is not ≥ 0");
    if (!(row.top_p > 0 && row.top_p <= 1)) fail("top_p " + std::to_string(row.top_p) + " is not in (0, 1]");
    if (row.top_k < 0 || row.top_k > kMaxTopK) fail("top_k " + std::to_string(row.top_k) + " is not in 0 … " + std::to_string(kMaxTopK));
    if (samples_truncated(row) && !row.kept_out) fail("truncated sampling needs room for the kept set");
    for (std::size_t k = 0; k < row.kept.size(); ++k)
      if (row.kept[k] < 0 || row.kept[k] >= vocab || (k > 0 && row.kept[k] <= row.kept[k - 1]))
        fail("kept id " + std::to_string(row.kept[k]) + " is out of range or not ascending");
  }
}

std::size_t head_scratch_bytes(std::int64_t rows, std::int64_t padded_vocab) {
  alignas(64) char base[64];
  return lay_out(base, rows, padded_to_panels(padded_vocab)).bytes;
}

void lm_head(const Ctx& ctx, const bf16* x, std::int64_t ldx, const PackedMatrix& w, std::int64_t vocab,
             std::span<const HeadRow> rows, void* scratch, HeadResult* results) {
  check_head_rows(rows, vocab);
  const std::int64_t padded = padded_to_panels(w.n()), blocks = (vocab + kVocabBlock - 1) / kVocabBlock;
  const std::int64_t count = static_cast<std::int64_t>(rows.size());
  constexpr std::int64_t kBlockPanels = kVocabBlock / PackedMatrix::kPanel;
  const Scratch s = lay_out(scratch, count, padded);
  const OpTable& op = ops();
  for (std::int64_t first = 0; first < count; first += kRowsAtOnce) {
    const std::int64_t n = std::min(kRowsAtOnce, count - first);
    const HeadRow* chunk = rows.data() + first;
    std::int32_t x_rows[kRowsAtOnce];
    for (std::int64_t r = 0; r < n; ++r) x_rows[r] = static_cast<std::int32_t>(chunk[r].row);

    // A large vocabulary is shared by blocks, so that its weights are read once; a small one by rows.
    const bool by_blocks = blocks >= 4 * ctx.count;
    const auto [row_begin, row_end] = by_blocks ? std::pair<std::int64_t, std::int64_t>{0, n} : ctx.share(n);
    const auto [block_begin, block_end] = by_blocks ? ctx.share(blocks) : std::pair<std::int64_t, std::int64_t>{0, blocks};
    for (std::int64_t b = block_begin; b < block_end && row_begin < row_end; ++b) {
      op.gemm({.x = x, .ldx = ldx, .x_rows = x_rows + row_begin, .rows = row_end - row_begin, .w = w.panel(0),
               .n = w.n(), .k = w.k(), .panel_begin = b * kBlockPanels,
               .panel_end = std::min((b + 1) * kBlockPanels, padded_to_panels(vocab) / PackedMatrix::kPanel),
               .y = s.logits + row_begin * padded, .ldy = padded});
      for (std::int64_t r = row_begin; r < row_end; ++r)
        if ((!samples_truncated(chunk[r]) || samples_nucleus(chunk[r])) && !scores_truncated(chunk[r])) {
          VocabTask task = block_task(chunk[r], s.logits + r * padded + b * kVocabBlock, b, vocab);
          task.pick = task.pick && !samples_nucleus(chunk[r]);  // its draw is among the kept ones, in the second pass
          s.stats[r * blocks + b] = op.vocab_block(task);
        }
    }
    ctx.barrier();
    const auto [begin, end] = ctx.share(n);
    for (std::int64_t r = begin; r < end; ++r)
      results[first + r] = finish_row(chunk[r], s.logits + r * padded, s.stats + r * blocks, blocks, vocab);
    if (first + kRowsAtOnce < count) ctx.barrier();  // before the scratch is written again
  }
}

}  // namespace laconic::kernels
