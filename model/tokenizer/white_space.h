// White space as Python's str.strip() and str.split() see it, which chat templates are written for.
#pragma once

#include <string_view>

namespace laconic::model {

// Bytes of the white-space character at the front (at the end) of `text`; 0 when there is none.
std::size_t leading_space(std::string_view text);
std::size_t trailing_space(std::string_view text);

std::string_view trimmed_front(std::string_view text);
std::string_view trimmed_back(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace laconic::model
