// Counted work: what bounds every step that decides. Never the clock, so a verdict is the same on a
// loaded machine. A unit was set to be about a nanosecond once; its length is no promise.
#pragma once

#include <cstdint>

namespace laconic::verifiers::math {

class Work {
 public:
  explicit Work(std::int64_t units) : left_(units) {}

  // False once more was asked for than there was; it stays false.
  bool spend(std::int64_t units) {
    left_ = units > left_ ? -1 : left_ - units;
    return left_ >= 0;
  }
  bool spent() const { return left_ < 0; }
  std::int64_t left() const { return left_ < 0 ? 0 : left_; }

 private:
  std::int64_t left_;
};

}  // namespace laconic::verifiers::math
