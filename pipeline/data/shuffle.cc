#include "pipeline/data/shuffle.h"

#include "base/philox.h"

namespace laconic::pipeline {

std::uint64_t permuted_index(std::uint64_t key, std::uint64_t index, std::uint64_t size) {
  int half = 1;  // bits of each half
  while (half < 32 && (std::uint64_t{1} << (2 * half)) < size) ++half;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = index >> half, right = index & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const std::uint64_t mixed = philox4x32({static_cast<std::uint32_t>(right), round, 0, 0}, key)[0] & mask;
      const std::uint64_t old_left = left;
      left = right;
      right = old_left ^ mixed;
    }
    index = (left << half) | right;
  } while (index >= size);
  return index;
}

}  // namespace laconic::pipeline
