// One vocabulary block of one row: softmax sums and Gumbel-max, then the merge of blocks.

namespace laconic::kernels {
namespace {

// Philox4x32-10 for 16 consecutive counters (base/philox.h is the one-block form); integers only.
void philox16(std::uint32_t draw, std::uint32_t sample, std::uint32_t position, std::uint32_t block, std::uint64_t key,
              std::uint32_t (&words)[4][16]) {
  for (std::uint32_t i = 0; i < 16; ++i) {
    words[0][i] = draw;
    words[1][i] = sample;
    words[2][i] = position;
    words[3][i] = block + i;
  }
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 16; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53} * words[0][i], p1 = std::uint64_t{0xCD9E8D57} * words[2][i];
      words[0][i] = static_cast<std::uint32_t>(p1 >> 32) ^ words[1][i] ^ k0;
      words[1][i] = static_cast<std::uint32_t>(p1);
      words[2][i] = static_cast<std::uint32_t>(p0 >> 32) ^ words[3][i] ^ k1;
      words[3][i] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
}

// noise[i] = −log(−log u) of id task.first + i.
void gumbel_noise(const VocabTask& task, float* noise) {
  for (int id = 0; id < task.count; id += 64) {
    std::uint32_t words[4][16];
    philox16(task.draw, task.sample, task.position, static_cast<std::uint32_t>(task.first + id) / 4, task.key, words);
    for (int i = 0; i < 64; ++i)  // unit_open of base/philox.h: exact
      noise[id + i] = (static_cast<float>(static_cast<std::int32_t>(words[i % 4][i / 4] >> 9)) * 2.0f + 1.0f) * 0x1p-24f;
    for (int i = 0; i < 64; i += 16) {
      const F16 u = load16(noise + id + i);
      store16(negative(log16(negative(log16(u)))), noise + id + i);
    }
  }
}

void pick_best(const VocabTask& task, const float* z, int padded, VocabStats& stats) {
  alignas(64) float noise[kVocabBlock];
  if (task.noise) gumbel_noise(task, noise);
  F16 best = set16(-kInf), best_id = set16(-1.0f);
  for (int i = 0; i < padded; i += 16) {
    F16 t = load16(z + i);
    if (task.noise) t = add(t, load16(noise + i));
    best_id = select_lt(best, t, add(iota16(), set16(static_cast<float>(i))), best_id);
    best = select_lt(best, t, t, best);
  }
  float value[16], id[16];
  store16(best, value);
  store16(best_id, id);
  for (int i = 0; i < 16; ++i) {
    if (id[i] < 0) continue;
    const std::int32_t candidate = task.first + static_cast<std::int32_t>(id[i]);
    if (stats.best_id >= 0 && (value[i] < stats.best || (value[i] == stats.best && candidate > stats.best_id))) continue;
    stats.best = value[i];
    stats.best_id = candidate;
  }
}

VocabStats vocab_block_op(const VocabTask& task) {
  alignas(64) float z[kVocabBlock];
  const int padded = (task.count + 15) / 16 * 16;
  const F16 inverse_temperature = set16(task.inverse_temperature);
  F16 max = set16(-kInf);
  for (int i = 0; i < padded; i += 16) {
    const F16 logits = task.count - i >= 16 ? load16(task.logits + i) : load_part(task.logits + i, task.count - i, -kInf);
    const F16 scaled = mul(logits, inverse_temperature);
    max = maximum(max, scaled);
    store16(scaled, z + i);
  }
  VocabStats stats;
  stats.max = max16(max);
  F16 sum = set16(0.0f), weighted = set16(0.0f);
  for (int i = 0; i < padded && stats.max != -kInf; i += 16) {
    const F16 d = sub(load16(z + i), set16(stats.max)), e = exp16(d);
    sum = add(sum, e);
    weighted = fma(e, select_lt(d, set16(-0x1.fffffep127f), set16(0.0f), d), weighted);  // excluded: exactly 0
  }
  stats.sum = sum16(sum);
  stats.weighted = sum16(weighted);
  if (task.pick) pick_best(task, z, padded, stats);
  return stats;
}

// Σ e^{z−m}(z − m) moves to a new maximum m' by: e^{m−m'} · (W + S·(m − m')).
void vocab_merge_op(VocabStats* total, const VocabStats& block) {
  if (block.best_id >= 0 && (total->best_id < 0 || block.best > total->best)) {
    total->best = block.best;
    total->best_id = block.best_id;
  }
  if (block.max == -kInf) return;
  if (total->max == -kInf) {
    total->max = block.max;
    total->sum = block.sum;
    total->weighted = block.weighted;
    return;
  }
  const float max = total->max > block.max ? total->max : block.max;
  const float d_total = total->max - max, d_block = block.max - max;
  const float e_total = exp1(d_total), e_block = exp1(d_block);
  total->weighted = __builtin_fmaf(e_total, __builtin_fmaf(total->sum, d_total, total->weighted),
                                   e_block * __builtin_fmaf(block.sum, d_block, block.weighted));
  total->sum = __builtin_fmaf(e_total, total->sum, e_block * block.sum);
  total->max = max;
}

void vocab_finish_op(const VocabStats& total, float z, float* logprob, float* entropy) {
  const float log_sum = log1(total.sum);
  *logprob = (z - total.max) - log_sum;
  *entropy = log_sum - total.weighted / total.sum;
}

}  // namespace
}  // namespace laconic::kernels
