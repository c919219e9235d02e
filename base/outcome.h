// What a verdict can be. The table itself is base/outcomes.def; docs/formats.md lists it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace laconic {

enum class Outcome : std::uint8_t {
#define OUTCOME(id, name, score, counted, retried, meaning) id,
#include "base/outcomes.def"
#undef OUTCOME
};

enum class ScoreRule : std::uint8_t { kVerifierScore, kZeroScore, kNoScore };

struct OutcomeRow {
  Outcome outcome;
  std::string_view name;
  ScoreRule score;
  bool counted;
  bool retried;
  std::string_view meaning;
};

inline constexpr int kOutcomeCount = 0
#define OUTCOME(...) +1
#include "base/outcomes.def"
#undef OUTCOME
    ;

const OutcomeRow& row_of(Outcome outcome);
const OutcomeRow* outcome_rows();  // kOutcomeCount rows, in enum order

inline std::string_view name_of(Outcome outcome) { return row_of(outcome).name; }
inline bool is_counted(Outcome outcome) { return row_of(outcome).counted; }

// nullopt for a name that is not in the table.
std::optional<Outcome> outcome_named(std::string_view name);

// The score that enters the group's statistics; nullopt means absent, which is not zero.
std::optional<double> counted_score(Outcome outcome, double verifier_score);

}  // namespace laconic
