#include "base/philox.h"

#include <cmath>

namespace laconic {

std::uint32_t PhiloxStream::next() {
  if (drawn_ % 4 == 0) {
    const std::uint64_t block = drawn_ / 4;
    block_ = philox4x32({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), stream_, 0}, key_);
  }
  return block_[drawn_++ % 4];
}

double PhiloxStream::uniform() {
  const std::uint64_t high = next() >> 5, low = next() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double PhiloxStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
  return radius * std::cos(6.283185307179586476925 * uniform());
}

std::uint32_t PhiloxStream::below(std::uint32_t bound) {
  // Lemire's multiply-and-reject: the biased low range is drawn again.
  const std::uint32_t threshold = -bound % bound;
  while (true) {
    const std::uint64_t product = std::uint64_t{next()} * bound;
    if (static_cast<std::uint32_t>(product) >= threshold) return static_cast<std::uint32_t>(product >> 32);
  }
}

}  // namespace laconic
