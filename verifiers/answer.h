// Where in a response the answer stands. Nothing before the end of the reasoning is looked at, or a
// policy would be paid for naming candidates while it thinks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace laconic::verifiers {

enum class AnswerMark { kBoxed, kAnswerTag, kHashes };

struct FoundAnswer {
  AnswerMark mark = AnswerMark::kBoxed;
  std::string_view text;  // into the response: inside the mark, trimmed; may be empty
};

std::string_view name_of(AnswerMark mark);  // "\boxed{}", "<answer>", "####"

// What follows the last "</think>"; nullopt when the reasoning never ends, or is opened again after
// its last end.
std::optional<std::string_view> after_reasoning(std::string_view response);

enum class Reasoning : std::uint8_t {
  kOpened,  // the prompt opened a <think> block: a response that never closes it has no answer
  kNone,    // the whole response is the answer, unless it opens a block itself
};

// The part of a response that may hold the answer; nullopt: the reasoning never ends.
std::optional<std::string_view> answer_part(std::string_view response, Reasoning reasoning);

// In the text after the reasoning, the first of these that exists: the last complete \boxed{…} (or
// \fbox{…}), the last complete <answer>…</answer>, the rest of the line after the last "####".
// `finished` false: the text was cut, so a "####" line counts only when a line break ends it.
// One pass and a stack of open braces: linear in the length for any input.
std::optional<FoundAnswer> find_answer(std::string_view text, bool finished);

std::string_view trimmed(std::string_view text);  // ASCII blanks off both ends

}  // namespace laconic::verifiers
