// Identity hashes. SHA-256 names weights and data for people; XXH3 checks messages and shards work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace laconic {

std::string sha256_hex(std::span<const std::byte> bytes);
std::uint64_t xxh3(std::string_view bytes);

inline std::span<const std::byte> as_byte_span(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace laconic
