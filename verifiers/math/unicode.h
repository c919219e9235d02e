// Unicode mathematics → the LaTeX and ASCII that the lexer knows; other characters stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace laconic::verifiers::math {

std::string ascii_mathematics(std::string_view text);  // linear; the result is at most about 10 times as long

}  // namespace laconic::verifiers::math
