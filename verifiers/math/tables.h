// Look-ups in the tables of the grammar (*.def). Read-only after first use, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/math/lexer.h"

namespace laconic::verifiers::math {

struct CommandEntry {
  Tok token = Tok::kUnknown;
  std::string_view text;
};

enum class CommandStyle : std::uint8_t { kNone, kSilent, kSilentArgument, kGroup, kText, kStyled };

const CommandEntry* command_named(std::string_view name);
CommandStyle style_of_command(std::string_view name);
const Relation* relation_named(std::string_view name);
bool is_greek(std::string_view name);
std::string_view function_named(std::string_view spelling);  // canonical, or empty

// The longest known command that `letters` begins with (for \lgroupx), or empty.
std::string_view longest_command_prefix(std::string_view letters);

// A unit of measure by any of its spellings ("cm", "centimeters", "centimetre"): its canonical name, or empty.
std::string_view unit_named(std::string_view folded_word);
// The same for symbols that are letters of algebra as well ("m", "s", "h"): units only behind \text or by comparison.
std::string_view short_unit_named(std::string_view symbol);

// A word of the word list ("even", "monday"): answers that are words. Folded to lower case.
bool is_listed_word(std::string_view folded_word);
// A phrase that is a value: "no solution" → empty set, "all real numbers" → ℝ; nullopt for others.
enum class PhraseValue : std::uint8_t { kEmptySet, kReals, kIntegers, kInfinity, kUndefined };
std::optional<PhraseValue> phrase_value(std::string_view folded_phrase);

// English number words: "five million", "twenty-three", "one half"; the number as exact text "p" or "p/q".
std::optional<std::string> number_in_words(std::string_view folded_phrase);

// "million", "dozen": a word that multiplies the number before it.
bool is_scale_word(std::string_view folded_word);

std::string folded(std::string_view text);  // ASCII lower case

}  // namespace laconic::verifiers::math
