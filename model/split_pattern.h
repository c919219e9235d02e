// One regular expression of a pre-tokenizer, compiled once.
//
// tokenizer.json patterns are written for Oniguruma. PCRE2 with Unicode properties splits
// identically for the constructs used there, except that its \s holds U+180E: \s and \S are
// rewritten to the White_Space property. Constructs whose meaning could differ are refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace laconic::model {

class SplitPattern {
 public:
  // Throws Error naming the construct (\w, \b, back-references, …), or what is malformed and where.
  SplitPattern(const std::string& pattern, const std::string& where);

  // Cuts valid UTF-8 into matches and the stretches between them, in order; nothing is dropped.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const;

 private:
  std::shared_ptr<const void> code_;  // pcre2_code, immutable, shared by threads
  std::string where_;
};

// \s → \p{White_Space}, \S → \P{White_Space}, \d → \p{Nd}; refuses what is not known to agree.
std::string translate_pattern(const std::string& pattern, const std::string& where);

}  // namespace laconic::model
