#include "sandbox/sandbox.h"

namespace laconic::sandbox {

std::string_view name_of(End end) {
  switch (end) {
    case End::kExited: return "exited";
    case End::kSignaled: return "signaled";
    case End::kCpuTime: return "cpu time";
    case End::kWallTime: return "wall time";
    case End::kMemory: return "memory";
    case End::kOutput: return "output";
    case End::kDenied: return "denied call";
    case End::kFault: return "fault";
  }
  return "?";
}

bool needs_repeat(const Report& report, const Limits& limits) {
  constexpr double kLow = 0.8, kHigh = 1.2, kWaited = 0.1;
  const bool spent = report.cpu_seconds >= limits.cpu_seconds;
  if (report.end == End::kWallTime && !spent && report.waited_seconds > kWaited * report.wall_seconds) return true;
  const bool by_time = report.end == End::kExited || report.end == End::kSignaled || report.end == End::kCpuTime || report.end == End::kWallTime;
  return by_time && report.cpu_seconds >= kLow * limits.cpu_seconds && report.cpu_seconds <= kHigh * limits.cpu_seconds;
}

}  // namespace laconic::sandbox
