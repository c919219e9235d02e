// Where in the text after the reasoning the answer stands.
//
// The first of these that exists: the last complete box, the last complete <answer>…</answer>, what
// follows the last of the phrases in phrases.def, the rest of the line after the last "####"; by
// switches the whole text if it is one value, and the last number. Linear in the length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/math/options.h"

namespace laconic::verifiers::math {

struct Extracted {
  std::string_view mark;  // "\boxed{}", "<answer>", "a phrase", "####", "the whole text", "the last number"
  std::string text;       // may be empty: a mark with nothing in it
};

// `text`: what follows the reasoning; `finished` false: it was cut at the token limit.
std::optional<Extracted> extract(std::string_view text, bool finished, const MathOptions& options);

}  // namespace laconic::verifiers::math
