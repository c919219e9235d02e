// One group on its way: sampled by a rollout worker, saved, judged by verifier workers, saved.
#pragma once

#include <functional>
#include <string>

#include "pipeline/data/problem.h"
#include "pipeline/hub/session.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::pipeline {

struct GroupRequest {
  Ticket ticket;             // of the group
  Problem problem;
  int samples = 1;
  wire::Sampling sampling;
  std::int32_t version = 0;
  std::string weights;       // the version's key in the fleet
  bool keep_expert_ids = true;
};

// Starts with what the store has of the group. `sampled` is called when the samples exist (at once
// when they are stored), `judged` when each has a verdict that will stay: infra errors were retried.
// Either may be called before this returns.
void work_on_group(Session& session, GroupRequest request, std::function<void()> sampled,
                   std::function<void(trajectory::Group)> judged);

}  // namespace laconic::pipeline
