#include "base/clock.h"

#include <chrono>
#include <cstdio>

namespace laconic {
namespace {

class SystemClock : public Clock {
 public:
  double now() const override { return seconds(std::chrono::steady_clock::now().time_since_epoch()); }
  double unix_time() const override { return seconds(std::chrono::system_clock::now().time_since_epoch()); }

 private:
  template <class D>
  static double seconds(D d) { return std::chrono::duration<double>(d).count(); }
};

}  // namespace

Clock& Clock::system() {
  static SystemClock clock;
  return clock;
}

std::string human_seconds(double seconds) {
  char text[48];
  const long whole = static_cast<long>(seconds + 0.5);
  if (seconds < 60) std::snprintf(text, sizeof text, "%.1f s", seconds);
  else if (whole < 3600) std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  else std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  return text;
}

}  // namespace laconic
