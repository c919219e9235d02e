// Reading the store as people do: list and filter samples, summarise steps. Reads rows, not blobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trajectory/store.h"

namespace laconic::trajectory {

enum class SortBy { kTicket, kLength, kReward, kAdvantage };

// Every field that is set narrows the list.
struct TrajectoryQuery {
  std::optional<std::int32_t> stage;
  std::optional<WorkKind> kind;
  std::optional<std::int32_t> first_step, last_step;   // inclusive
  std::optional<std::int32_t> draw;
  std::vector<Outcome> outcomes;                       // any of these
  std::optional<bool> correct;                         // outcome `pass`, or counted and not `pass`
  std::optional<bool> in_loss, judged, truncated;
  std::optional<std::int32_t> min_tokens, max_tokens;  // of the response
  std::string text;                                    // the response contains this, case and all
  SortBy sort = SortBy::kTicket;
  bool descending = false;
  std::int64_t limit = 50, offset = 0;                 // limit < 0: all
};

// A sample without its arrays.
struct TrajectoryRow {
  Ticket ticket;
  std::int32_t weight_version = 0;
  std::string problem_id;
  std::int32_t prompt_tokens = 0, response_tokens = 0;
  StopReason stop = StopReason::kEndToken;
  bool judged = false;
  Judgement judgement;      // meaningless until judged
  double reward = 0, reward_length = 0, advantage = 0;
  bool in_loss = false;
  double seconds = 0;
  std::string text;
};

std::vector<TrajectoryRow> list_trajectories(const Store& store, const TrajectoryQuery& query);
std::int64_t count_trajectories(const Store& store, const TrajectoryQuery& query);  // limit and offset aside

// What a step sampled. Ratios are the reader's: a denominator of 0 is absent, not zero.
struct StepSummary {
  std::int32_t stage = 0;
  WorkKind kind = WorkKind::kTrain;
  std::int32_t step = 0;
  std::int32_t first_version = 0, last_version = 0;    // of weights that sampled it
  std::int64_t groups = 0, samples = 0, judged = 0, counted = 0, correct = 0, truncated = 0, in_loss = 0;
  std::int64_t tokens = 0, tokens_correct = 0;         // of responses
};

std::vector<StepSummary> step_summaries(const Store& store);  // in (stage, kind, step) order

}  // namespace laconic::trajectory
