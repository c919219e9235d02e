// The learner's batch: the samples in the loss, in ticket order, laid end to end.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "learner/objective/objective.h"

namespace laconic::learner {
namespace {

using trajectory::Batch;
using trajectory::Group;
using trajectory::Source;
using trajectory::Span;
using trajectory::Trajectory;

[[noreturn]] void refuse(const Trajectory& sample, const std::string& why) {
  throw Error("a sample cannot be learned from: " + why, to_text(sample.ticket));
}

// Rows of expert ids per fed token: prompt tokens once per group, response tokens but the last.
void append_experts(Batch& batch, const Group& group, const Trajectory& sample) {
  const std::size_t prompt = static_cast<std::size_t>(sample.prompt_length());
  const std::size_t fed = sample.tokens.size() - 1;
  const std::size_t total = group.prompt_expert_ids.size() + sample.expert_ids.size();
  if (total == 0) return;
  if (prompt == 0 || group.prompt_expert_ids.size() % prompt != 0 || total != fed * (group.prompt_expert_ids.size() / prompt))
    refuse(sample, fmt::format("{} + {} expert ids for {} prompt and {} response tokens", group.prompt_expert_ids.size(),
                               sample.expert_ids.size(), prompt, sample.tokens.size() - prompt));
  batch.expert_ids.insert(batch.expert_ids.end(), group.prompt_expert_ids.begin(), group.prompt_expert_ids.end());
  batch.expert_ids.insert(batch.expert_ids.end(), sample.expert_ids.begin(), sample.expert_ids.end());
}

void append_sample(Batch& batch, const Group& group, const Trajectory& sample, bool truncated_sampling) {
  const std::size_t base = batch.tokens.size();
  batch.lengths.push_back(static_cast<std::int32_t>(sample.tokens.size()));
  batch.tokens.insert(batch.tokens.end(), sample.tokens.begin(), sample.tokens.end());
  batch.in_loss.resize(batch.tokens.size(), 0);
  batch.logprob.resize(batch.tokens.size(), 0);
  batch.advantage.push_back(static_cast<float>(sample.advantage));
  append_experts(batch, group, sample);

  std::vector<std::int32_t> model_index(sample.tokens.size(), -1);  // token → its place among the model tokens
  std::int32_t model_tokens = 0;
  for (const Span& span : sample.spans) {
    if (span.source != Source::kModel) continue;
    if (span.start < 0 || span.length < 0 || static_cast<std::size_t>(span.start) + static_cast<std::size_t>(span.length) > sample.tokens.size())
      refuse(sample, fmt::format("a span covers [{}, {}) of {} tokens", span.start, span.start + span.length, sample.tokens.size()));
    for (std::int32_t i = 0; i < span.length; ++i) model_index[static_cast<std::size_t>(span.start + i)] = model_tokens++;
  }
  if (model_tokens != sample.response_length())
    refuse(sample, fmt::format("its spans hold {} model tokens, its log-probs {}", model_tokens, sample.response_length()));
  if (truncated_sampling && sample.kept.offsets.size() != sample.logprob.size() + 1)
    refuse(sample, fmt::format("{} kept sets for {} response tokens", std::max<std::size_t>(sample.kept.offsets.size(), 1) - 1, model_tokens));

  for (std::size_t i = 0; i < sample.tokens.size(); ++i) {
    const std::int32_t m = model_index[i];
    if (m >= 0) {
      batch.in_loss[base + i] = 1;
      batch.logprob[base + i] = sample.logprob[static_cast<std::size_t>(m)];
    }
    if (!truncated_sampling) continue;
    if (m >= 0) {
      const auto begin = sample.kept.ids.begin();
      batch.kept_ids.insert(batch.kept_ids.end(), begin + sample.kept.offsets[static_cast<std::size_t>(m)],
                            begin + sample.kept.offsets[static_cast<std::size_t>(m) + 1]);
    }
    batch.kept_offsets.push_back(static_cast<std::int32_t>(batch.kept_ids.size()));
  }
}

}  // namespace

Batch assemble_rl_batch(const std::vector<const Group*>& groups, int stage, int step, float temperature) {
  std::vector<const Group*> ordered = groups;
  std::sort(ordered.begin(), ordered.end(), [](const Group* a, const Group* b) { return a->ticket < b->ticket; });
  Batch batch;
  batch.stage = stage;
  batch.step = step;
  batch.objective = "grpo";
  batch.temperature = temperature;

  bool truncated_sampling = false, forced = false, first = true;
  for (const Group* group : ordered)
    for (const Trajectory& sample : group->samples)
      truncated_sampling = truncated_sampling || (sample.in_loss && !sample.kept.offsets.empty());
  if (truncated_sampling) batch.kept_offsets.push_back(0);
  for (const Group* group : ordered)
    for (const Trajectory& sample : group->samples) {
      if (!sample.in_loss) continue;
      const std::size_t before = batch.expert_ids.size();
      append_sample(batch, *group, sample, truncated_sampling);
      const bool has_experts = batch.expert_ids.size() > before;
      if (!first && has_experts != forced) refuse(sample, "some samples of the batch have recorded experts and some have none");
      forced = has_experts;
      first = false;
    }
  return batch;
}

}  // namespace laconic::learner
