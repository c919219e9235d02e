// The groups of one RL step: leased, judged, refilled. Nothing here depends on the order of arrival.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/hub/session.h"
#include "trajectory/record.h"

namespace laconic::pipeline {

class StepGroups {
 public:
  // Begins at once: round 0 asks for prompts_per_step groups of weight version `version`. The object
  // must outlive the fleet's work on them.
  StepGroups(Session& session, int stage, int step, std::int32_t version, const std::string& weights);
  StepGroups(const StepGroups&) = delete;

  bool complete() const { return complete_; }
  int sampled() const { return sampled_; }
  int judged() const { return static_cast<int>(groups_.size()); }
  int wanted() const { return wanted_; }
  int rounds() const { return round_ + 1; }
  double started() const { return started_; }

  // Of all rounds, in ticket order; once complete. Throws Error when more than run.max_absent of the
  // samples have no verdict.
  std::vector<trajectory::Group> take();

 private:
  void begin_round(int round, int draws);
  void settle();  // when the round is judged: refill or complete

  Session& session_;
  int stage_, step_;
  std::int32_t version_;
  std::string weights_;
  double started_;
  int round_ = 0, wanted_ = 0, sampled_ = 0;
  bool complete_ = false, beginning_ = false;
  std::map<Ticket, trajectory::Group> groups_;  // judged ones
};

// Fills rewards and advantages of a step's judged groups and assembles its batch. Pure.
trajectory::Batch learn_from(std::vector<trajectory::Group>& groups, const Stage& options, int stage, int step);

}  // namespace laconic::pipeline
