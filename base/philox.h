// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §4.3):
// a counter-based generator, so that any draw can be made anywhere, in any order, by any thread.
#pragma once

#include <array>
#include <cstdint>

namespace laconic {

using PhiloxBlock = std::array<std::uint32_t, 4>;

// Four 32-bit words for (counter, key); key words are {low, high} of the 64-bit key.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::uint64_t key) {
  constexpr std::uint32_t kM0 = 0xD2511F53, kM1 = 0xCD9E8D57, kW0 = 0x9E3779B9, kW1 = 0xBB67AE85;
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{kM0} * counter[0], p1 = std::uint64_t{kM1} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ k1, static_cast<std::uint32_t>(p0)};
    k0 += kW0;
    k1 += kW1;
  }
  return counter;
}

// Uniform in the open interval (0, 1), on the lattice (2i + 1) / 2^24 with i < 2^23: exact in fp32,
// so that every instruction set maps the same word to the same value.
constexpr float unit_open(std::uint32_t word) {
  return (static_cast<float>(word >> 9) * 2.0f + 1.0f) * 0x1p-24f;
}

// A sequential stream over one key for everything that is not token sampling (task generation,
// shuffles, initial weights). Word n of the stream is word n%4 of the block at counter
// {low(n/4), high(n/4), stream, 0}.
class PhiloxStream {
 public:
  PhiloxStream(std::uint64_t key, std::uint32_t stream) : key_(key), stream_(stream) {}

  std::uint32_t next();
  double uniform();                          // [0, 1), 53 bits
  double normal();                           // standard normal, Box–Muller, one value a call
  std::uint32_t below(std::uint32_t bound);  // uniform in [0, bound), unbiased; bound > 0

 private:
  std::uint64_t key_;
  std::uint32_t stream_;
  std::uint64_t drawn_ = 0;
  PhiloxBlock block_{};
};

}  // namespace laconic
