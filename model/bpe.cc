#include "model/bpe.h"

#include <queue>
#include <tuple>

namespace laconic::model {
namespace {

// Symbols form a linked list; a merged-away symbol has id −1.
struct Symbol {
  std::int32_t id, previous, next;
};

struct Candidate {
  std::int32_t rank, position, merged;
  bool operator>(const Candidate& other) const { return std::tie(rank, position) > std::tie(other.rank, other.position); }
};

}  // namespace

Bpe::Bpe(std::array<std::int32_t, 256> byte_ids, std::unordered_map<std::uint64_t, Merge> merges,
         std::unordered_map<std::string, std::int32_t> whole, std::vector<bool> added)
    : byte_ids_(byte_ids), merges_(std::move(merges)), whole_(std::move(whole)), added_(std::move(added)) {}

void Bpe::encode(std::string_view piece, bool plain, std::vector<std::int32_t>& ids) const {
  if (!whole_.empty())
    if (const auto found = whole_.find(std::string(piece)); found != whole_.end() && !forbidden(found->second, plain)) {
      ids.push_back(found->second);
      return;
    }
  const auto count = static_cast<std::int32_t>(piece.size());
  if (count == 1) {
    ids.push_back(byte_ids_[static_cast<unsigned char>(piece[0])]);
    return;
  }
  std::vector<Symbol> symbols(piece.size());
  for (std::int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    symbols[at] = {byte_ids_[static_cast<unsigned char>(piece[at])], i - 1, i + 1 < count ? i + 1 : -1};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::int32_t left) {
    if (left < 0) return;
    const Symbol& symbol = symbols[static_cast<std::size_t>(left)];
    if (symbol.next < 0) return;
    const auto found = merges_.find(pair_key(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id));
    if (found != merges_.end() && !forbidden(found->second.merged, plain)) queue.push({found->second.rank, left, found->second.merged});
  };
  for (std::int32_t i = 0; i + 1 < count; ++i) consider(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<std::size_t>(top.position)];
    if (left.id < 0 || left.next < 0) continue;
    Symbol& right = symbols[static_cast<std::size_t>(left.next)];
    // The entry is stale when its pair has changed since it was queued.
    const auto found = merges_.find(pair_key(left.id, right.id));
    if (found == merges_.end() || found->second.merged != top.merged) continue;
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
