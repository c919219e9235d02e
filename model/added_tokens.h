// Added tokens: literal texts that become one id before any pre-tokenization.
#pragma once

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

// Leftmost-longest matching of a set of literals.
class AddedTokenMatcher {
 public:
  explicit AddedTokenMatcher(const std::vector<AddedToken>& tokens);
  // Appends the stretches of `text` in order. A token that single_word rejects is skipped whole.
  void split(std::string_view text, std::vector<TextSpan>& spans) const;
  bool empty() const { return tokens_.empty(); }

 private:
  std::vector<AddedToken> tokens_;         // longest content first
  std::vector<int> by_first_byte_[256];    // candidates, longest first
};

}  // namespace laconic::model
