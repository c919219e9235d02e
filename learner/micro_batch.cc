#include "learner/micro_batch.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::learner {
namespace {

[[noreturn]] void reject(const trajectory::Batch& batch, const std::string& what) {
  throw Error(what, fmt::format("batch of stage {} step {}", batch.stage, batch.step),
              "the hub assembled a batch this learner cannot take; report it with the run folder");
}

}  // namespace

BatchIndex::BatchIndex(const trajectory::Batch& batch) : token_starts{0}, row_starts{0} {
  for (const std::int32_t length : batch.lengths) {
    std::int64_t count = 0;
    for (std::int32_t i = 0; i < length; ++i) count += batch.in_loss[token_starts.back() + i];
    loss_tokens.push_back(count);
    token_starts.push_back(token_starts.back() + length);
    row_starts.push_back(row_starts.back() + length - 1);
  }
}

void check_batch(const trajectory::Batch& b, const model::Config& config) {
  if (b.objective != "sft" && b.objective != "grpo") reject(b, fmt::format("objective is '{}', not 'sft' or 'grpo'", b.objective));
  const bool rl = b.objective == "grpo";
  std::size_t total = 0;
  for (std::size_t s = 0; s < b.lengths.size(); ++s) {
    if (b.lengths[s] < 2) reject(b, fmt::format("sequence {} has {} tokens; a target needs a token before it", s, b.lengths[s]));
    if (b.lengths[s] > config.max_position_embeddings)
      reject(b, fmt::format("sequence {} has {} tokens; the model has {} positions", s, b.lengths[s], config.max_position_embeddings));
    total += static_cast<std::size_t>(b.lengths[s]);
  }
  const auto expect = [&](const char* name, std::size_t size, std::size_t wanted) {
    if (size != wanted) reject(b, fmt::format("'{}' has {} elements, expected {}", name, size, wanted));
  };
  expect("tokens", b.tokens.size(), total);
  expect("in_loss", b.in_loss.size(), total);
  expect("logprob", b.logprob.size(), rl ? total : 0);
  expect("advantage", b.advantage.size(), rl ? b.lengths.size() : 0);
  const std::size_t slots = static_cast<std::size_t>(config.moe_layers() * config.num_experts_per_tok);
  if (!b.expert_ids.empty()) expect("expert_ids", b.expert_ids.size(), (total - b.lengths.size()) * slots);
  if (!b.kept_offsets.empty()) expect("kept_offsets", b.kept_offsets.size(), total + 1);
  if (!std::isfinite(b.temperature) || b.temperature < 0) reject(b, fmt::format("temperature is {}", b.temperature));

  for (std::size_t i = 0; i < total; ++i)
    if (b.tokens[i] < 0 || b.tokens[i] >= config.sampled_ids()) reject(b, fmt::format("token {} has id {}, outside [0, {})", i, b.tokens[i], config.sampled_ids()));
  for (std::size_t i = 0; i < b.logprob.size(); ++i)
    if (!std::isfinite(b.logprob[i])) reject(b, fmt::format("log-prob of token {} is {}", i, b.logprob[i]));
  for (std::size_t i = 0; i < b.advantage.size(); ++i)
    if (!std::isfinite(b.advantage[i])) reject(b, fmt::format("advantage of sequence {} is {}", i, b.advantage[i]));
  for (const std::uint16_t id : b.expert_ids)
    if (id >= config.n_routed_experts) reject(b, fmt::format("expert id {} is outside [0, {})", id, config.n_routed_experts));
  for (std::size_t i = 0; i + 1 < b.kept_offsets.size(); ++i)
    if (b.kept_offsets[i] < 0 || b.kept_offsets[i] > b.kept_offsets[i + 1]) reject(b, fmt::format("kept_offsets fall at token {}", i));
  if (!b.kept_offsets.empty()) expect("kept_ids", b.kept_ids.size(), static_cast<std::size_t>(b.kept_offsets.back()));
  for (const std::int32_t id : b.kept_ids)
    if (id < 0 || id >= config.sampled_ids()) reject(b, fmt::format("kept id {} is outside [0, {})", id, config.sampled_ids()));
  std::size_t start = 0;
  for (std::size_t s = 0; s < b.lengths.size(); start += static_cast<std::size_t>(b.lengths[s++]))
    if (b.in_loss[start]) reject(b, fmt::format("the first token of sequence {} carries loss; nothing predicts it", s));
}

std::vector<kernels::HeadRow> MicroBatch::head_rows() const {
  std::vector<kernels::HeadRow> rows(target_rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].row = target_rows[i];
    rows[i].target = target_ids[i];
    rows[i].temperature = temperature;
    if (!kept_offsets.empty()) rows[i].kept = std::span(kept_ids).subspan(kept_offsets[i], kept_offsets[i + 1] - kept_offsets[i]);
  }
  return rows;
}

MicroBatch pack(const trajectory::Batch& batch, const BatchIndex& index, std::vector<std::int32_t> sequences, const model::Config& config) {
  MicroBatch micro;
  micro.sequences = std::move(sequences);
  micro.temperature = batch.temperature;
  micro.row_starts = {0};
  micro.target_starts = {0};
  const bool rl = !batch.logprob.empty(), truncated = !batch.kept_offsets.empty();
  if (truncated) micro.kept_offsets = {0};
  const std::int64_t slots = config.moe_layers() * config.num_experts_per_tok;
  for (const std::int32_t s : micro.sequences) {
    const std::int64_t start = index.token_starts[s], rows = batch.lengths[s] - 1, first = micro.row_starts.back();
    micro.tokens.insert(micro.tokens.end(), batch.tokens.begin() + start, batch.tokens.begin() + start + rows);
    if (!batch.expert_ids.empty()) {
      const auto ids = batch.expert_ids.begin() + index.row_starts[s] * slots;
      micro.forced_experts.insert(micro.forced_experts.end(), ids, ids + rows * slots);
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t target = start + r + 1;
      if (!batch.in_loss[target]) continue;
      micro.target_rows.push_back(first + r);
      micro.target_ids.push_back(batch.tokens[target]);
      if (rl) micro.logp_old.push_back(batch.logprob[target]);
      if (!truncated) continue;
      micro.kept_ids.insert(micro.kept_ids.end(), batch.kept_ids.begin() + batch.kept_offsets[target], batch.kept_ids.begin() + batch.kept_offsets[target + 1]);
      micro.kept_offsets.push_back(static_cast<std::int64_t>(micro.kept_ids.size()));
    }
    micro.row_starts.push_back(first + rows);
    micro.target_starts.push_back(micro.targets());
  }
  return micro;
}

std::vector<std::vector<std::int32_t>> split_sequences(const BatchIndex& index, std::int64_t begin, std::int64_t end, std::int64_t micro_tokens) {
  std::vector<std::vector<std::int32_t>> parts;
  std::int64_t held = 0;
  for (std::int64_t s = begin; s < end; ++s) {
    const std::int64_t rows = index.row_starts[s + 1] - index.row_starts[s];
    if (parts.empty() || held + rows > micro_tokens) {
      parts.emplace_back();
      held = 0;
    }
    parts.back().push_back(static_cast<std::int32_t>(s));
    held += rows;
  }
  return parts;
}

}  // namespace laconic::learner
