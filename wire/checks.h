// The sizes and ranges that typed messages promise, checked on both sides of the wire: a sender's
// mistake is found where it was made, and a receiver never indexes by an unchecked number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "trajectory/batch.h"
#include "trajectory/record.h"
#include "wire/protocol.h"

namespace laconic::wire {

void check(const RolloutLease& lease);        // each throws Error naming what does not fit
void check(const trajectory::Group& group);
void check(const trajectory::Batch& batch);
void check_hash(const std::string& hash, const std::string& where);  // 64 lower-case hex digits

// Expert ids per token (moe_layers · top_k) of a checked group; 0 when none were recorded.
std::int64_t expert_width(const trajectory::Group& group);

// Takes consecutive pieces out of one array; more than there is, or less, is an Error.
template <class T>
class Cursor {
 public:
  Cursor(std::vector<T> values, std::string name, std::string where)
      : values_(std::move(values)), name_(std::move(name)), where_(std::move(where)) {}

  std::vector<T> take(std::int64_t count) {
    if (count < 0 || count > static_cast<std::int64_t>(values_.size()) - at_)
      throw Error("array `" + name_ + "` of " + std::to_string(values_.size()) + " has no " + std::to_string(count) + " elements at " + std::to_string(at_), where_);
    const auto from = values_.begin() + at_;
    at_ += count;
    return std::vector<T>(from, from + count);
  }
  void end() const {
    if (at_ != static_cast<std::int64_t>(values_.size()))
      throw Error("array `" + name_ + "` has " + std::to_string(values_.size()) + " elements, " + std::to_string(at_) + " belong to it", where_);
  }

 private:
  std::vector<T> values_;
  std::string name_, where_;
  std::int64_t at_ = 0;
};

}  // namespace laconic::wire
