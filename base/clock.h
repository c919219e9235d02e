// The clock seam: code that waits or measures takes a Clock, so that tests own time.
#pragma once

#include <cstdint>
#include <string>

namespace laconic {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual double now() const = 0;         // seconds, monotonic
  virtual double unix_time() const = 0;   // seconds since 1970
  static Clock& system();
};

class ManualClock : public Clock {
 public:
  double now() const override { return now_; }
  double unix_time() const override { return 1.7e9 + now_; }
  void advance(double seconds) { now_ += seconds; }

 private:
  double now_ = 0;
};

std::string human_seconds(double seconds);  // "0.4 s", "2 min 05 s", "3 h 10 min"

}  // namespace laconic
