// Follows one sample's thinking under its lease's budget.
#pragma once

#include <cstdint>

#include "wire/protocol.h"

namespace laconic::rollout {

class ThinkWatch {
 public:
  ThinkWatch() = default;  // nothing is limited
  explicit ThinkWatch(const wire::ThinkBudget& budget)
      : budget_(budget.tokens), open_id_(budget.open_id), close_id_(budget.close_id),
        state_(!budget.limits() ? State::kOver : budget.open_id < 0 ? State::kOpen : State::kAwaited) {}

  // Before the first token: the prompt opened the thinking, and there is nothing to spend on it.
  static bool spent_at_once(const wire::ThinkBudget& budget) { return budget.tokens == 0 && budget.open_id < 0; }

  // One more token of the model's, which did not end the sample. True, once, when the budget is spent with it
  // and the thinking goes on.
  bool add(std::int32_t token) {
    if (state_ == State::kAwaited && token == open_id_) state_ = State::kOpen;
    else if (state_ == State::kOpen && token == close_id_) state_ = State::kOver;
    else if (state_ == State::kOpen) ++thought_;
    if (state_ != State::kOpen || thought_ < budget_) return false;
    state_ = State::kOver;
    return true;
  }

 private:
  enum class State : std::uint8_t { kAwaited, kOpen, kOver };
  std::int32_t budget_ = -1, open_id_ = -1, close_id_ = -1, thought_ = 0;
  State state_ = State::kOver;
};

}  // namespace laconic::rollout
