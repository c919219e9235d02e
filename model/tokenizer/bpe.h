// Byte-level byte-pair encoding of one pre-token (Sennrich et al. 2016, over bytes as in GPT-2):
// merge the pair of lowest rank, leftmost first, until none is left. n log n in the piece's length.
//
// Most pieces of a text are one token of the vocabulary. Which tokens their own bytes merge into is found
// out once, so that such a piece costs one look-up. There is no cache: nothing is written after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace laconic::model {

struct Merge { std::int32_t left = -1, right = -1, merged = -1; };  // its place in the list is its rank

// What becomes of a byte without a token: this one, once for a stretch of them when fused; −1: it is dropped
// and its neighbours meet.
struct Unknown { std::int32_t id = -1; bool fused = false; };

class Bpe {
 public:
  // byte_ids: the token of each single byte, −1 where it has none. A pair listed twice has the later rank.
  // words: the vocabulary's tokens as bytes. ignore_merges: a piece that is one of them becomes it at once,
  // whether merges lead there or not. added: by id, whether encode_plain must never produce it.
  Bpe(std::array<std::int32_t, 256> byte_ids, Unknown unknown, const std::vector<Merge>& merges,
      const std::vector<std::pair<std::string, std::int32_t>>& words, bool ignore_merges, std::vector<bool> added);

  // Appends the ids of one piece. `plain`: never form an added token's id.
  void encode(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const;

 private:
  struct PairSlot { std::uint64_t key; std::int32_t rank, merged; };
  struct WordSlot { std::uint32_t tag = 0, begin = 0, length = 0; std::int32_t id = -1; };
  template <class Sink>
  void for_symbols(std::string_view piece, bool plain, Sink&& sink) const;  // the ids of its bytes

  struct Found { std::int32_t rank, merged; };

  Found find_pair(std::int32_t left, std::int32_t right, bool plain) const;
  std::int32_t find_word(std::string_view piece) const;  // −1: none
  void insert_word(std::string_view bytes, std::int32_t id);
  void encode_by_merges(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const;
  void merge_short(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const;
  void merge_long(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const;

  std::array<std::int32_t, 256> byte_ids_;
  Unknown unknown_;
  std::vector<PairSlot> pairs_;  // open addressing, at most half full
  std::vector<WordSlot> words_;  // likewise
  std::string word_bytes_;
  std::vector<bool> added_;
  bool ignore_merges_;
  bool merges_reach_added_ = false;  // then what a plain piece merges into may differ
};

}  // namespace laconic::model
