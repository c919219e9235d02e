#include "rollout/batch.h"

#include <algorithm>

#include "base/error.h"

namespace laconic::rollout {
namespace {

// Token `index` is recorded by the sequence it belongs to, the first time it is fed.
void record_experts(Sequence& sequence, std::int64_t index, const std::uint16_t* ids, std::int64_t width) {
  const std::int64_t own = index - (sequence.is_prompt() ? 0 : sequence.group->prompt_tokens());
  if (own >= 0 && own * width == static_cast<std::int64_t>(sequence.experts.size())) sequence.experts.insert(sequence.experts.end(), ids, ids + width);
}

}  // namespace

void Batch::add_draws(const Feed& feed, std::int64_t last_row) {
  const Group& group = *feed.sequence->group;
  const wire::Sampling& s = group.request.sampling;
  const bool first = feed.sequence->is_prompt();
  for (std::int32_t i = 0; i < (first ? group.request.samples : 1); ++i) {
    const std::int32_t sample = first ? i : feed.sequence->age.sample;
    kernels::HeadRow row;
    row.row = last_row;
    row.temperature = static_cast<float>(s.temperature);
    row.top_p = static_cast<float>(s.top_p);
    row.top_k = s.top_k;
    row.key = group.request.philox_key;
    row.draw = static_cast<std::uint32_t>(group.request.ticket.draw);
    row.sample = static_cast<std::uint32_t>(sample);
    row.position = static_cast<std::uint32_t>(feed.sequence->tokens.size());
    head_rows_.push_back(row);
    drawn_.push_back({feed.sequence, sample, {}, nullptr});
  }
}

const std::vector<Drawn>& Batch::run(const std::vector<Feed>& feeds, const model::Model& model, ThreadTeam& team, model::KvCache cache) {
  const model::Config& config = model::config_of(model);
  const std::int64_t width = config.moe_layers() * config.num_experts_per_tok;
  slices_.clear();
  head_rows_.clear();
  drawn_.clear();
  std::int64_t rows = 0;
  for (const Feed& feed : feeds) {
    const Sequence& s = *feed.sequence;
    slices_.push_back({s.tokens.data() + s.fed, feed.count, static_cast<std::int32_t>(s.fed), s.pages.data()});
    rows += feed.count;
    if (feed.to_end()) add_draws(feed, rows - 1);
  }

  std::size_t room = 0;
  const auto room_of = [&](std::size_t i) {
    if (!drawn_[i].sequence->group->truncated()) return std::size_t{0};
    return static_cast<std::size_t>(head_rows_[i].top_k > 0 ? head_rows_[i].top_k : kernels::kMaxTopK);
  };
  for (std::size_t i = 0; i < drawn_.size(); ++i) room += room_of(i);
  kept_ids_.resize(room);
  room = 0;
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    head_rows_[i].kept_out = kept_ids_.data() + room;
    room += room_of(i);
  }

  routed_.resize(static_cast<std::size_t>(rows * width));
  head_results_.assign(head_rows_.size(), {});
  model::ForwardArgs args;
  args.slices = slices_;
  args.kv = cache;
  args.head_rows = head_rows_;
  args.head_results = head_results_.data();
  args.routed_experts = width > 0 ? routed_.data() : nullptr;
  model::forward(team, model, workspace_, args);

  const std::uint16_t* ids = routed_.data();
  for (const Feed& feed : feeds) {
    for (std::int32_t i = 0; i < feed.count; ++i, ids += width) record_experts(*feed.sequence, feed.sequence->fed + i, ids, width);
    feed.sequence->fed += feed.count;
  }
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    drawn_[i].result = head_results_[i];
    drawn_[i].kept = head_rows_[i].kept_out;
    const kernels::HeadResult& r = head_results_[i];
    // NaN fails the comparison, too.
    if (r.token < 0 || !(r.logprob > -1e30f) || !(r.entropy < 1e30f))
      throw Error("the model gives token " + std::to_string(r.token) + " with log-probability " + std::to_string(r.logprob) + ": its logits are not finite",
                  to_text(drawn_[i].sequence->group->request.ticket.of_sample(drawn_[i].sample)),
                  "the weights have diverged: go back to an earlier checkpoint and lower the learning rate");
  }
  return drawn_;
}

}  // namespace laconic::rollout
