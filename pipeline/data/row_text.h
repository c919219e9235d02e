// Small readers of a row's texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace laconic::pipeline {

std::string_view trimmed(std::string_view text);             // blanks and line ends off both ends
std::string_view without_end_breaks(std::string_view text);  // line breaks before the first line, blanks after the last

// GSM8K marks its calculator calls: "3*4=$<<3*4=12>>12".
std::string without_calculator_marks(std::string_view text);

// What the last \boxed{…}, \fbox{…} or "\boxed x" holds, braces matched; nullopt when there is none.
std::optional<std::string> last_box(std::string_view text);

struct Reply {
  std::string chain, rest;
};
// "<think>chain</think>rest"; without the tags all of it is the rest.
Reply split_reply(std::string_view text);

}  // namespace laconic::pipeline
