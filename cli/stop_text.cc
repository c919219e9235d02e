#include "cli/stop_text.h"

#include <algorithm>

namespace laconic::cli {
namespace {

// Bytes at the end of `text` with which `stop` may begin: the longest suffix that is a proper prefix of it.
std::size_t begun(std::string_view text, std::string_view stop) {
  for (std::size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n)
    if (text.substr(text.size() - n) == stop.substr(0, n)) return n;
  return 0;
}

}  // namespace

std::string StopText::add(std::string_view piece) {
  if (stopped()) return {};
  held_ += piece;
  std::size_t first = std::string::npos, back = 0;
  for (const std::string& stop : stops_) {
    if (const std::size_t at = held_.find(stop); at < first) {
      first = at;
      found_ = stop;
    }
    back = std::max(back, begun(held_, stop));
  }
  const std::size_t whole = stopped() ? first : held_.size() - back;
  std::string text = held_.substr(0, whole);
  if (stopped()) held_.clear();
  else held_.erase(0, whole);
  return text;
}

std::string StopText::finish() {
  std::string text = std::move(held_);
  held_.clear();
  return text;
}

}  // namespace laconic::cli
