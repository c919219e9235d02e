#include "wire/checks.h"

#include <algorithm>
#include <cmath>

namespace laconic::wire {
namespace {

using trajectory::Source;
using trajectory::Span;

void require(bool holds, const std::string& what, const std::string& where) {
  if (!holds) throw Error(what, where);
}

std::string counts(const std::string& name, std::size_t got, std::int64_t wanted) {
  return "`" + name + "` has " + std::to_string(got) + " elements, not " + std::to_string(wanted);
}

template <class T>
void require_size(const std::vector<T>& values, std::int64_t wanted, const std::string& name, const std::string& where) {
  require(static_cast<std::int64_t>(values.size()) == wanted, counts(name, values.size(), wanted), where);
}

// Spans cover [0, tokens) exactly, ascending; returns the tokens of model spans.
std::int64_t check_spans(const std::vector<Span>& spans, std::int64_t tokens, const std::string& where) {
  std::int64_t at = 0, model = 0;
  for (const Span& s : spans) {
    require(s.start == at && s.length >= 1, "spans do not cover the tokens: one starts at " + std::to_string(s.start) + ", expected " + std::to_string(at), where);
    require((s.source == Source::kModel) == (s.weight_version >= 0), "a span has a weight version exactly if the model wrote it", where);
    at += s.length;
    if (s.source == Source::kModel) model += s.length;
  }
  require(at == tokens, "spans cover " + std::to_string(at) + " of " + std::to_string(tokens) + " tokens", where);
  return model;
}

void check_tokens(const std::vector<std::int32_t>& tokens, const std::string& name, const std::string& where) {
  const auto negative = std::find_if(tokens.begin(), tokens.end(), [](std::int32_t id) { return id < 0; });
  require(negative == tokens.end(), "`" + name + "` holds a negative id", where);
}

void check_finite(const std::vector<float>& values, const std::string& name, const std::string& where) {
  const bool finite = std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  require(finite, "`" + name + "` is not finite: the weights it came from are broken", where);
}

// CSR over `rows` sets of ascending ids.
void check_kept(const std::vector<std::int32_t>& offsets, const std::vector<std::int32_t>& ids, std::int64_t rows, const std::string& where) {
  if (offsets.empty()) return require_size(ids, 0, "kept_ids", where);
  require_size(offsets, rows + 1, "kept_offsets", where);
  require(offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()), "`kept_offsets` do not ascend from 0", where);
  require_size(ids, offsets.back(), "kept_ids", where);
  check_tokens(ids, "kept_ids", where);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int32_t i = offsets[r] + 1; i < offsets[r + 1]; ++i)
      require(ids[i - 1] < ids[i], "kept set " + std::to_string(r) + " is not ascending", where);
}

}  // namespace

void check_hash(const std::string& hash, const std::string& where) {
  const bool hex = std::all_of(hash.begin(), hash.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  require(hash.size() == 64 && hex, "`" + hash.substr(0, 80) + "` is not a SHA-256", where);
}

void check(const RolloutLease& lease) {
  const std::string where = "lease " + to_text(lease.ticket);
  const Sampling& s = lease.sampling;
  require(lease.ticket.sample == Ticket::kGroup, "a rollout lease names a group, not a sample", where);
  require(lease.samples >= 1, std::to_string(lease.samples) + " samples", where);
  require(s.max_tokens >= 1, "max_tokens is " + std::to_string(s.max_tokens), where);
  require(std::isfinite(s.temperature) && s.temperature >= 0, "temperature is " + std::to_string(s.temperature), where);
  require(s.top_p > 0 && s.top_p <= 1, "top_p is " + std::to_string(s.top_p), where);
  require(s.top_k >= 0, "top_k is " + std::to_string(s.top_k), where);
  require(!lease.prompt.empty(), "the prompt is empty", where);
  check_tokens(lease.prompt, "prompt", where);
  check_tokens(lease.stop_ids, "stop_ids", where);
  check_tokens(lease.think.forced, "forced", where);
  const auto& forced = lease.think.forced;
  require(!lease.think.limits() || (lease.think.close_id >= 0 && std::find(forced.begin(), forced.end(), lease.think.close_id) != forced.end()),
          "what ends the thinking at its budget does not hold the token that ends thinking", where);
  check_spans(lease.spans, static_cast<std::int64_t>(lease.prompt.size()), where);
}

std::int64_t expert_width(const trajectory::Group& group) {
  if (group.samples.empty() || group.prompt_expert_ids.empty()) return 0;
  return static_cast<std::int64_t>(group.prompt_expert_ids.size()) / group.samples.front().prompt_length();
}

void check(const trajectory::Group& group) {
  const std::string where = "group " + to_text(group.ticket);
  require(group.ticket.sample == Ticket::kGroup, "a group's ticket has no sample", where);
  require(!group.samples.empty(), "no samples", where);
  for (std::size_t i = 0; i < group.samples.size(); ++i) {
    const trajectory::Trajectory& t = group.samples[i];
    const std::string at = "sample " + to_text(t.ticket);
    require(t.ticket == group.ticket.of_sample(static_cast<std::int32_t>(i)), "is not sample " + std::to_string(i) + " of its group", at);
    require(!t.logprob.empty() && t.prompt_length() >= 1, "has no prompt or no response", at);
    check_tokens(t.tokens, "tokens", at);
    require_size(t.logprob, check_spans(t.spans, static_cast<std::int64_t>(t.tokens.size()), at), "logprob", at);
    require_size(t.entropy, t.response_length(), "entropy", at);
    check_finite(t.logprob, "logprob", at);
    check_finite(t.entropy, "entropy", at);
    check_kept(t.kept.offsets, t.kept.ids, t.response_length(), at);
    require(t.prompt_length() == group.samples[0].prompt_length() &&
                std::equal(t.tokens.begin(), t.tokens.begin() + t.prompt_length(), group.samples[0].tokens.begin()),
            "its prompt differs from sample 0's", at);
  }
  const std::int64_t width = expert_width(group);
  require_size(group.prompt_expert_ids, width * group.samples[0].prompt_length(), "prompt_experts", where);
  for (const trajectory::Trajectory& t : group.samples)
    require_size(t.expert_ids, width * (static_cast<std::int64_t>(t.tokens.size()) - t.prompt_length() - 1), "experts", "sample " + to_text(t.ticket));
}

void check(const trajectory::Batch& b) {
  const std::string where = "batch of step " + std::to_string(b.step);
  require(b.objective == "sft" || b.objective == "grpo", "objective `" + b.objective + "` is neither sft nor grpo", where);
  std::int64_t total = 0;
  for (const std::int32_t length : b.lengths) {
    require(length >= 1, "a sequence of " + std::to_string(length) + " tokens", where);
    total += length;
  }
  const auto sequences = static_cast<std::int64_t>(b.lengths.size());
  require_size(b.tokens, total, "tokens", where);
  check_tokens(b.tokens, "tokens", where);
  require_size(b.in_loss, total, "in_loss", where);
  require(std::all_of(b.in_loss.begin(), b.in_loss.end(), [](std::uint8_t v) { return v <= 1; }), "`in_loss` is neither 0 nor 1", where);
  require(std::isfinite(b.temperature) && b.temperature >= 0, "temperature is " + std::to_string(b.temperature), where);
  if (b.objective == "sft") {
    require_size(b.logprob, 0, "logprob", where);
    require_size(b.advantage, 0, "advantage", where);
    require_size(b.expert_ids, 0, "expert_ids", where);
    require_size(b.kept_offsets, 0, "kept_offsets", where);
  } else {
    require_size(b.logprob, total, "logprob", where);
    check_finite(b.logprob, "logprob", where);
    require_size(b.advantage, sequences, "advantage", where);
    check_finite(b.advantage, "advantage", where);
    const std::int64_t fed = total - sequences;
    const auto ids = static_cast<std::int64_t>(b.expert_ids.size());
    require(ids == 0 || (fed > 0 && ids % fed == 0), "`expert_ids` has " + std::to_string(ids) + " elements for " + std::to_string(fed) + " fed tokens", where);
  }
  check_kept(b.kept_offsets, b.kept_ids, total, where);
}

}  // namespace laconic::wire
