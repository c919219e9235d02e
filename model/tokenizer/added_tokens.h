// Added tokens: literal texts that become one id before any pre-tokenization.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace laconic::model {

struct AddedToken {
  std::int32_t id = -1;
  std::string content;
  bool special = false;
  bool normalized = false;   // matched on normalised text, otherwise on the raw text
  bool single_word = false;  // only between characters that are not word characters
  bool lstrip = false, rstrip = false;  // also takes the white space on that side
};

// A stretch of text: an added token (id ≥ 0) or plain text (id −1).
struct TextSpan {
  std::int32_t id = -1;
  std::string_view text;
};

// Leftmost-longest matching of a set of literals: a trie over their bytes, entered at every position.
class AddedTokenMatcher {
 public:
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);
  // Appends the stretches of `text` in order. A token that single_word rejects is skipped whole.
  void split(std::string_view text, std::vector<TextSpan>& spans) const;
  bool empty() const { return tokens_.empty(); }

 private:
  // Children of a node are edges [first, first + count), ordered by byte.
  struct Node { std::int32_t token = -1, first = 0, count = 0; };
  struct Edge { unsigned char byte; std::int32_t node; };

  void build();
  const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;  // by content
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::array<std::int32_t, 256> root_;  // the root's children, −1 where none
};

}  // namespace laconic::model
