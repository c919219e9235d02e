// Text of one answer → a Value. A closed grammar that consumes its whole input or says where it stopped.
//
// Budgets are counted: bytes, tokens, nodes, nesting; never the clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/math/answer_value.h"
#include "verifiers/math/lexer.h"

namespace laconic::verifiers::math {

inline constexpr int kMaxNesting = 150;  // of grammar rules: about 50 brackets
inline constexpr int kMaxParsedNodes = 4000;
inline constexpr std::size_t kMaxItems = 512;  // of one list, set, tuple or matrix

struct Parsed {
  std::optional<Value> value;
  std::string problem;        // without a value: why
  bool over_budget = false;   // … because it is too large
  bool fallback = false;      // the value is only a word that no list knows: text as written
  Ambiguity ambiguity;        // what another Reading could change
};

Parsed parse(std::string_view text, const Reading& reading = {});

// The parts of a text that stand between what is not understood, each a Value: at most `limit`.
std::vector<Value> understood_parts(std::string_view text, std::size_t limit = 24);

}  // namespace laconic::verifiers::math
