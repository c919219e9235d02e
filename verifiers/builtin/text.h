// What the small verifiers share: the answer of a response, the gold of a row, text for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/answer.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::builtin {

// The marked answer after the reasoning, or the verdict no_answer that says why there is none.
struct Answer {
  std::optional<Verdict> none;
  std::string_view text;  // into the response
};
Answer marked_answer(const VerifyRequest& request, Reasoning reasoning);

// Trimmed, without the special tokens (<|…|>, <｜…｜>) at its end.
std::string_view without_end_tokens(std::string_view text);

// The row's golds as text, any of which is right: the first of the columns `answer`, `gold`,
// `ground_truth`, `reward_model.ground_truth`, `final_answer` that is there; a list is several.
// Strings as they are, other values as JSON. Empty: the row has none.
std::vector<std::string> golds_of(const std::string& columns);

std::string shown(std::string_view text);  // one line of at most about 120 bytes, valid UTF-8

bool same_without_case(std::string_view a, std::string_view b);  // ASCII letters

Verdict decided(bool right, std::string_view extracted, std::string explanation);  // pass with 1 or fail with 0
Verdict no_answer(std::string explanation);
Verdict undecided(std::string explanation);

}  // namespace laconic::verifiers::builtin
