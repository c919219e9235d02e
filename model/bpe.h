// Byte-level byte-pair encoding of one pre-token (Sennrich et al. 2016, over bytes as in GPT-2):
// merge the pair of lowest rank, leftmost first, until none is left. n log n in the piece's length.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace laconic::model {

struct Merge { std::int32_t rank = 0, merged = -1; };

class Bpe {
 public:
  // byte_ids: the token of each single byte. merges: key = left id << 32 | right id.
  // whole: pre-token bytes → id, used instead of merging when `ignore_merges` (null map otherwise).
  // added: ids that encode_plain must never produce.
  Bpe(std::array<std::int32_t, 256> byte_ids, std::unordered_map<std::uint64_t, Merge> merges,
      std::unordered_map<std::string, std::int32_t> whole, std::vector<bool> added);

  static std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
  }

  // Appends the ids of one piece. `plain`: never form an added token's id.
  void encode(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const;

 private:
  bool forbidden(std::int32_t id, bool plain) const { return plain && added_[static_cast<std::size_t>(id)]; }

  std::array<std::int32_t, 256> byte_ids_;
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::unordered_map<std::string, std::int32_t> whole_;
  std::vector<bool> added_;
};

}  // namespace laconic::model
