// Well-formed records for the tests of the wire.
#pragma once

#include "wire/protocol.h"

namespace laconic::wire::examples {

inline RolloutLease rollout_lease() {
  RolloutLease r;
  r.ticket = ticket_from_text("s1/train/12/0/3");
  r.philox_key = 0xFEDCBA9876543210;
  r.weight_version = 12;
  r.samples = 4;
  r.sampling = {0.7, 0.95, 50, 128};
  r.think = {6, 3, 4, {2, 4}};
  r.prompt = {5, 6, 7, 8, 9};
  r.spans = {{trajectory::Source::kTemplate, -1, 0, 2}, {trajectory::Source::kUser, -1, 2, 3}};
  r.stop_ids = {1, 2};
  r.deadline_seconds = 30.5;
  return r;
}

// Two samples of a two-token prompt; expert width 3; truncated sampling.
inline trajectory::Group group() {
  using namespace trajectory;
  Group g;
  g.ticket = ticket_from_text("s1/train/12/0/3");
  g.weight_version = 12;
  g.prompt_expert_ids = {0, 1, 2, 3, 4, 65535};
  for (int i = 0; i < 2; ++i) {
    Trajectory t;
    t.ticket = g.ticket.of_sample(i);
    const int response = 2 + i;
    t.tokens = {10, 11};
    t.kept.offsets = {0};
    for (int k = 0; k < response; ++k) {
      t.tokens.push_back(20 + k);
      t.logprob.push_back(-0.1f * static_cast<float>(k + 1));
      t.entropy.push_back(1.5f);
      t.kept.ids.insert(t.kept.ids.end(), {3, 20 + k});
      t.kept.offsets.push_back(static_cast<std::int32_t>(t.kept.ids.size()));
    }
    t.expert_ids.assign(3 * (response - 1), static_cast<std::uint16_t>(7 + i));
    t.spans = {{Source::kUser, -1, 0, 2}, {Source::kModel, 12, 2, response}};
    t.stop = i == 0 ? StopReason::kEndToken : StopReason::kLength;
    t.seconds = 1.25;
    g.samples.push_back(std::move(t));
  }
  return g;
}

inline trajectory::Batch batch() {
  trajectory::Batch b;
  b.stage = 1;
  b.step = 12;
  b.objective = "grpo";
  b.lengths = {3, 2};
  b.tokens = {1, 2, 3, 4, 5};
  b.in_loss = {0, 1, 1, 0, 1};
  b.logprob = {0, -0.5f, -0.25f, 0, -1.5f};
  b.advantage = {0.5f, -0.5f};
  b.expert_ids = {1, 2, 3, 4, 5, 6};
  b.kept_offsets = {0, 0, 2, 3, 3, 4};
  b.kept_ids = {2, 7, 3, 5};
  b.temperature = 0.7f;
  return b;
}

}  // namespace laconic::wire::examples
