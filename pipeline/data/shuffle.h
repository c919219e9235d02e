// A shuffle without state: where each index goes is computed, not stored.
#pragma once

#include <cstdint>

namespace laconic::pipeline {

// The image of `index` under a pseudo-random permutation of [0, size), chosen by `key`; index < size.
// A four-round Feistel network on the next even power of two, walked until it lands inside (Black &
// Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002, §5): at most four steps on average.
std::uint64_t permuted_index(std::uint64_t key, std::uint64_t index, std::uint64_t size);

}  // namespace laconic::pipeline
