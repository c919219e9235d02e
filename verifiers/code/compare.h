// Standard output against the expected one. Bytes in, a decision and its reason out; linear in length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace laconic::verifiers::code {

enum class CompareMode : std::uint8_t {
  kExact,           // byte for byte
  kTrailingSpace,   // blanks at line ends and empty lines at the end do not matter
  kTokens,          // words between blanks, in order
  kUnorderedLines,  // lines as in kTrailingSpace, in any order, each as often
};

struct Comparison {
  CompareMode mode = CompareMode::kTokens;
  bool case_fold = false;        // ASCII letters
  // Words that are both numbers agree when they differ by at most `absolute`, or by at most
  // `relative` × |expected|. Negative: that rule is off; both off: words are compared as text.
  double absolute = -1, relative = -1;
  bool exact_integers = false;   // an expected integer is met by that very value only, whatever the tolerance
  bool operator==(const Comparison&) const = default;
};

struct Compared {
  bool equal = false;
  std::string difference;  // one line: where, got and expected, shortened; empty when equal
};

Compared compare_output(const Comparison& comparison, std::string_view got, std::string_view expected);

std::string_view name_of(CompareMode mode);  // "exact", "trailing_space", "tokens", "unordered_lines"
std::optional<CompareMode> compare_mode_named(std::string_view name);

// One line of valid UTF-8, at most about `bytes` long: for explanations. Control bytes are escaped.
std::string shortened(std::string_view bytes, std::size_t limit = 60);

}  // namespace laconic::verifiers::code
