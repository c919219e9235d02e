#include "cli/stop_text.h"

#include <algorithm>
#include <utility>

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
  // The first that is complete ends the text, of several the longest: so it does not matter how the pieces are cut.
  std::size_t first = std::string::npos, end = std::string::npos, back = 0;
  for (const std::string& stop : stops_) {
    back = std::max(back, begun(held_, stop));
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos || std::pair(at + stop.size(), at) >= std::pair(end, first)) continue;
    first = at;
    end = at + stop.size();
    found_ = stop;
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
