#include "base/outcome.h"

namespace laconic {
namespace {

using enum ScoreRule;
constexpr OutcomeRow kRows[] = {
#define OUTCOME(id, name, score, counted, retried, meaning) \
  {Outcome::id, name, score, counted, retried, meaning},
#include "base/outcomes.def"
#undef OUTCOME
};

}  // namespace

const OutcomeRow* outcome_rows() { return kRows; }

const OutcomeRow& row_of(Outcome outcome) { return kRows[static_cast<int>(outcome)]; }

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const OutcomeRow& row : kRows)
    if (row.name == name) return row.outcome;
  return std::nullopt;
}

std::optional<double> counted_score(Outcome outcome, double verifier_score) {
  switch (row_of(outcome).score) {
    case kVerifierScore: return verifier_score;
    case kZeroScore: return 0.0;
    case kNoScore: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace laconic
