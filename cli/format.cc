#include "cli/format.h"

#include <cmath>

#include <fmt/format.h>

namespace laconic::cli {

std::string percent(std::optional<double> share) { return share && std::isfinite(*share) ? fmt::format("{:.1f} %", *share * 100) : "–"; }

std::string fixed(std::optional<double> value, int digits) {
  return value && std::isfinite(*value) ? fmt::format("{:.{}f}", *value, digits) : "–";
}

std::string signed_fixed(double value, int digits) {
  const std::string text = fmt::format("{:+.{}f}", value, digits);
  return text.find_first_of("123456789") == std::string::npos ? text.substr(1) : text;  // a rounded zero has no sign
}

std::string short_count(double value) {
  if (!std::isfinite(value)) return "–";
  if (std::fabs(value) >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (std::fabs(value) >= 1e4) return fmt::format("{:.1f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string megabytes(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  return fmt::format("{:.1f} MB", bytes / 1e6);
}

std::string ago(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", std::fmax(seconds, 0));
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 129600) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86400);
}

}  // namespace laconic::cli
