#include "model/tokenizer/split_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/utf8.h"

namespace laconic::model {
namespace {

std::string pcre_message(int code) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

// What a match needs beside the pattern; one for each thread, as it is written to.
struct Matcher {
  Matcher() {
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~Matcher() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32 << 10, 1 << 20, nullptr);
};

Matcher& matcher() {
  thread_local Matcher one;
  return one;
}

// A copy of `text` with stand-ins where it has newer code points; empty where it has none.
std::string with_stand_ins(std::string_view text) {
  std::string copy;
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0xe0) {  // none is shorter than three bytes
      ++at;
      continue;
    }
    const std::size_t length = static_cast<unsigned char>(text[at]) < 0xf0 ? 3 : 4;
    const char32_t point = code_point(text.substr(at, length)), old = stand_in(point);
    if (old != point) {
      if (copy.empty()) copy = text;
      std::string bytes;
      append_utf8(bytes, old);
      copy.replace(at, length, bytes);
    }
    at += length;
  }
  return copy;
}

}  // namespace

std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) > 0x20) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

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
  compiled_ = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0;  // otherwise matching is interpreted
}

void SplitPattern::find(std::string_view text, std::vector<std::pair<std::size_t, std::size_t>>& matches) const {
  matches.clear();
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const Matcher& m = matcher();
  // A step or two for each byte of the longest match; beyond that, a pattern is trying every way to fail.
  pcre2_set_match_limit(m.context, static_cast<std::uint32_t>(std::min<std::size_t>(UINT32_MAX, 10'000'000 + 8 * text.size())));
  const std::string copy = with_stand_ins(text);
  const auto subject = reinterpret_cast<PCRE2_SPTR>(copy.empty() ? text.data() : copy.data());
  const std::size_t* range = pcre2_get_ovector_pointer(m.data);
  for (std::size_t position = 0; position < text.size(); position = range[1]) {
    int found = compiled_ ? pcre2_jit_match(code, subject, text.size(), position, 0, m.data, m.context) : PCRE2_ERROR_JIT_STACKLIMIT;
    if (found == PCRE2_ERROR_JIT_STACKLIMIT)
      found = pcre2_match(code, subject, text.size(), position, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, m.data, m.context);
    if (found == PCRE2_ERROR_NOMATCH) return;
    if (found < 0) throw Error(fmt::format("splitting a text of {} bytes failed at byte {}: {}", text.size(), position, pcre_message(found)), where_);
    matches.emplace_back(range[0], range[1]);
  }
}

}  // namespace laconic::model
