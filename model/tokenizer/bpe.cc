#include "model/tokenizer/bpe.h"

#include <bit>
#include <limits>
#include <queue>
#include <tuple>

#include "base/hash.h"

namespace laconic::model {
namespace {

constexpr std::uint64_t kNoPair = ~std::uint64_t{0};
constexpr std::int32_t kNoRank = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kShort = 48;  // below it, looking at every pair again costs less than a heap

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

std::uint64_t mixed(std::uint64_t key) {
  key *= 0x9e3779b97f4a7c15u;
  return key ^ key >> 32;
}

std::size_t table_size(std::size_t entries) { return std::bit_ceil(2 * entries + 2); }

// Symbols form a linked list; a merged-away symbol has id −1.
struct Symbol {
  std::int32_t id, previous, next;
};

struct Candidate {
  std::int32_t rank, position, merged;
  bool operator>(const Candidate& other) const { return std::tie(rank, position) > std::tie(other.rank, other.position); }
};

}  // namespace

Bpe::Bpe(std::array<std::int32_t, 256> byte_ids, Unknown unknown, const std::vector<Merge>& merges,
         const std::vector<std::pair<std::string, std::int32_t>>& words, bool ignore_merges, std::vector<bool> added)
    : byte_ids_(byte_ids), unknown_(unknown), pairs_(table_size(merges.size()), PairSlot{kNoPair, kNoRank, -1}), words_(table_size(words.size())), added_(std::move(added)),
      ignore_merges_(ignore_merges) {
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    const std::uint64_t key = pair_key(merge.left, merge.right);
    std::size_t at = mixed(key) & (pairs_.size() - 1);
    while (pairs_[at].key != kNoPair && pairs_[at].key != key) at = (at + 1) & (pairs_.size() - 1);
    pairs_[at] = {key, static_cast<std::int32_t>(rank), merge.merged};
    if (added_[static_cast<std::size_t>(merge.merged)]) merges_reach_added_ = true;
  }
  std::vector<std::int32_t> ids;
  for (const auto& [bytes, id] : words) {
    if (bytes.empty()) continue;
    if (!ignore_merges) {
      ids.clear();
      encode_by_merges(bytes, false, ids);
      if (ids.size() != 1 || ids[0] != id) continue;
    }
    insert_word(bytes, id);
  }
}

void Bpe::insert_word(std::string_view bytes, std::int32_t id) {
  const std::uint64_t hash = xxh3(bytes);
  std::size_t at = hash & (words_.size() - 1);
  while (words_[at].id >= 0) at = (at + 1) & (words_.size() - 1);
  words_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(word_bytes_.size()), static_cast<std::uint32_t>(bytes.size()), id};
  word_bytes_ += bytes;
}

std::int32_t Bpe::find_word(std::string_view piece) const {
  const std::uint64_t hash = xxh3(piece);
  for (std::size_t at = hash & (words_.size() - 1); words_[at].id >= 0; at = (at + 1) & (words_.size() - 1)) {
    const WordSlot& slot = words_[at];
    if (slot.tag == static_cast<std::uint32_t>(hash >> 32) && std::string_view(word_bytes_).substr(slot.begin, slot.length) == piece) return slot.id;
  }
  return -1;
}

Bpe::Found Bpe::find_pair(std::int32_t left, std::int32_t right, bool plain) const {
  const std::uint64_t key = pair_key(left, right);
  for (std::size_t at = mixed(key) & (pairs_.size() - 1); pairs_[at].key != kNoPair; at = (at + 1) & (pairs_.size() - 1)) {
    if (pairs_[at].key != key) continue;
    if (plain && added_[static_cast<std::size_t>(pairs_[at].merged)]) break;
    return {pairs_[at].rank, pairs_[at].merged};
  }
  return {kNoRank, -1};
}

template <class Sink>
void Bpe::for_symbols(std::string_view piece, bool plain, Sink&& sink) const {
  bool after_unknown = false;
  for (const char byte : piece) {
    const std::int32_t id = byte_ids_[static_cast<unsigned char>(byte)];
    if (id >= 0) sink(id);
    else if (unknown_.id >= 0 && !(unknown_.fused && after_unknown) && !(plain && added_[static_cast<std::size_t>(unknown_.id)])) sink(unknown_.id);
    after_unknown = id < 0;
  }
}

void Bpe::encode(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const {
  if (piece.size() == 1) return for_symbols(piece, plain, [&](std::int32_t id) { ids.push_back(id); });
  if (!plain || ignore_merges_ || !merges_reach_added_)
    if (const std::int32_t id = find_word(piece); id >= 0 && !(plain && added_[static_cast<std::size_t>(id)])) {
      ids.push_back(id);
      return;
    }
  encode_by_merges(piece, plain, ids);
}

void Bpe::encode_by_merges(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const {
  if (piece.size() <= kShort) merge_short(piece, plain, ids);
  else merge_long(piece, plain, ids);
}

void Bpe::merge_short(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const {
  std::int32_t symbols[kShort];
  Found pairs[kShort];  // of symbols i and i + 1
  std::size_t count = 0;
  for_symbols(piece, plain, [&](std::int32_t id) { symbols[count++] = id; });
  for (std::size_t i = 0; i + 1 < count; ++i) pairs[i] = find_pair(symbols[i], symbols[i + 1], plain);
  while (true) {
    std::size_t best = 0;
    std::int32_t rank = kNoRank;
    for (std::size_t i = 0; i + 1 < count; ++i)
      if (pairs[i].rank < rank) rank = pairs[i].rank, best = i;
    if (rank == kNoRank) break;
    symbols[best] = pairs[best].merged;
    --count;
    for (std::size_t i = best + 1; i < count; ++i) symbols[i] = symbols[i + 1];
    for (std::size_t i = best + 1; i + 1 < count; ++i) pairs[i] = pairs[i + 1];
    if (best > 0) pairs[best - 1] = find_pair(symbols[best - 1], symbols[best], plain);
    if (best + 1 < count) pairs[best] = find_pair(symbols[best], symbols[best + 1], plain);
  }
  ids.insert(ids.end(), symbols, symbols + count);
}

void Bpe::merge_long(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const {
  std::vector<Symbol> symbols;
  symbols.reserve(piece.size());
  for_symbols(piece, plain, [&](std::int32_t id) {
    const auto i = static_cast<std::int32_t>(symbols.size());
    symbols.push_back({id, i - 1, i + 1});
  });
  if (symbols.empty()) return;
  symbols.back().next = -1;
  const auto count = static_cast<std::int32_t>(symbols.size());
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue({}, std::move(storage));
  const auto consider = [&](std::int32_t left) {
    if (left < 0) return;
    const Symbol& symbol = symbols[static_cast<std::size_t>(left)];
    if (symbol.next < 0) return;
    const Found found = find_pair(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id, plain);
    if (found.merged >= 0) queue.push({found.rank, left, found.merged});
  };
  for (std::int32_t i = 0; i + 1 < count; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<std::size_t>(top.position)];
    if (left.id < 0 || left.next < 0) continue;
    Symbol& right = symbols[static_cast<std::size_t>(left.next)];
    // The entry is stale when its pair has changed since it was queued.
    if (find_pair(left.id, right.id, plain).merged != top.merged) continue;
    left.id = top.merged;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = top.position;
    consider(left.previous);
    consider(top.position);
  }
  for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].next) ids.push_back(symbols[static_cast<std::size_t>(i)].id);
}

}  // namespace laconic::model
