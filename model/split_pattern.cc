#include "model/split_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::model {
namespace {

std::string pcre_message(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

std::string translate_pattern(const std::string& pattern, const std::string& where) {
  const auto refuse = [&](const std::string& construct) {
    throw Error(fmt::format("the split pattern uses `{}`, which this build does not translate: {}", construct, pattern), where);
  };
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      if (++i == pattern.size()) refuse("\\ at the end");
      const char escaped = pattern[i];
      if (escaped == 's') out += "\\p{White_Space}";
      else if (escaped == 'S') out += "\\P{White_Space}";
      else if (escaped == 'd') out += "\\p{Nd}";
      else if (std::isalnum(static_cast<unsigned char>(escaped)) && !std::strchr("pPrnt", escaped)) refuse(std::string("\\") + escaped);
      else out += {'\\', escaped};
      if ((escaped == 'p' || escaped == 'P') && i + 1 < pattern.size() && pattern[i + 1] == '{')
        do out += pattern[++i];
        while (pattern[i] != '}' && i + 1 < pattern.size());
      continue;
    }
    if (in_class) {
      // Oniguruma reads a bracket inside a class as a nested class, && as an intersection.
      if (c == '[') refuse("[ inside a character class");
      if (c == '&' && i + 1 < pattern.size() && pattern[i + 1] == '&') refuse("&& inside a character class");
      if (c == ']') in_class = false;
    } else if (c == '[') {
      in_class = true;
      out += c;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') refuse("] first in a character class");
      continue;
    } else if (c == '(' && i + 1 < pattern.size() && pattern[i + 1] == '?') {
      const std::string_view rest = std::string_view(pattern).substr(i);
      bool known = false;
      for (const char* group : {"(?:", "(?=", "(?!", "(?i:"}) known = known || rest.starts_with(group);
      if (!known) refuse(std::string(rest.substr(0, 4)));
    } else if (c == '(' && i + 1 < pattern.size() && pattern[i + 1] == '*') {
      refuse("(*");
    } else if (c == '}' && i + 1 < pattern.size() && pattern[i + 1] == '+') {
      refuse("}+");  // possessive in one engine, a repeated repeat in the other
    } else if (c == '.' || c == '^' || c == '$') {
      refuse(std::string(1, c));  // their line rules differ
    }
    out += c;
  }
  return out;
}

SplitPattern::SplitPattern(const std::string& pattern, const std::string& where) : where_(where) {
  const std::string translated = translate_pattern(pattern, where);
  int error = 0;
  std::size_t offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  if (!code) throw Error(fmt::format("the split pattern is malformed at offset {} ({}): {}", offset, pcre_message(error), pattern), where);
  code_ = std::shared_ptr<const void>(code, [](const void* p) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(p))); });
  std::uint32_t matches_empty = 0;
  pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &matches_empty);
  if (matches_empty) throw Error("the split pattern can match nothing at all: " + pattern, where);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // optional: without it matching is interpreted
}

void SplitPattern::split(std::string_view text, std::vector<std::string_view>& pieces) const {
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free);
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::size_t position = 0;
  while (position < text.size()) {
    int found = pcre2_match(code, subject, text.size(), position, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
      found = pcre2_match(code, subject, text.size(), position, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match.get(), nullptr);
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) throw Error(fmt::format("splitting a text of {} bytes failed at byte {}: {}", text.size(), position, pcre_message(found)), where_);
    const std::size_t* range = pcre2_get_ovector_pointer(match.get());
    if (range[0] > position) pieces.push_back(text.substr(position, range[0] - position));
    pieces.push_back(text.substr(range[0], range[1] - range[0]));
    position = range[1];
  }
  if (position < text.size()) pieces.push_back(text.substr(position));
}

}  // namespace laconic::model
