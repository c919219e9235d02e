// One regular expression of a pre-tokenizer, compiled once.
//
// tokenizer.json patterns are written for Oniguruma. PCRE2 with Unicode properties finds the same
// matches for the constructs used there, with two things rewritten: its \s holds U+180E (\s and \S become
// the White_Space property), and code points that it may be too old to know are matched as an old one of
// the same category. Constructs whose meaning could differ are refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace laconic::model {

class SplitPattern {
 public:
  // Throws Error naming the construct (\w, \b, back-references, …), or what is malformed and where.
  SplitPattern(const std::string& pattern, const std::string& where);

  // The matches in valid UTF-8, leftmost first, as [begin, end) in `matches` (replaced). None is empty.
  void find(std::string_view text, std::vector<std::pair<std::size_t, std::size_t>>& matches) const;

 private:
  std::shared_ptr<const void> code_;  // pcre2_code, immutable, shared by threads
  bool compiled_ = false;             // to machine code
  std::string where_;
};

// \s → \p{White_Space}, \S → \P{White_Space}, \d → \p{Nd}; refuses what is not known to agree.
std::string translate_pattern(const std::string& pattern, const std::string& where);

std::string literal_pattern(std::string_view text);  // a pattern that matches `text` alone

}  // namespace laconic::model
