#include "verifiers/math/math_verifier.h"

#include <algorithm>

#include "verifiers/math/extract.h"
#include "verifiers/math/gold.h"
#include "verifiers/math/match.h"

namespace laconic::verifiers::math {
namespace {

// One line, at most about `limit` bytes.
std::string one_line(std::string_view text, std::size_t limit = 120) {
  std::string out(text.substr(0, limit));
  if (out.size() < text.size()) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
    out += "…";
  }
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return out;
}

std::string_view word_for(Truth truth) {
  switch (truth) {
    case Truth::kEqual: return "equal";
    case Truth::kDifferent: return "different";
    case Truth::kUndecided: return "undecided";
    case Truth::kPredictionBad: return "no value by itself";
    case Truth::kGoldBad: return "the gold has no value by itself";
    case Truth::kFault: return "the comparison failed";
  }
  return "?";
}

// The one that speaks for the answer when there are several golds.
int preference(Truth truth) {
  switch (truth) {
    case Truth::kEqual: return 5;
    case Truth::kFault: return 4;
    case Truth::kUndecided: return 3;
    case Truth::kPredictionBad: return 2;
    case Truth::kDifferent: return 1;
    case Truth::kGoldBad: return 0;
  }
  return 0;
}

void settle(Verdict& verdict, Truth truth, const MathOptions& options) {
  verdict.score = 0;
  switch (truth) {
    case Truth::kEqual: verdict.outcome = Outcome::kPass; break;
    case Truth::kDifferent:
    case Truth::kPredictionBad: verdict.outcome = Outcome::kFail; break;
    case Truth::kUndecided: verdict.outcome = options.undecided == "pass" ? Outcome::kPass : options.undecided == "fail" ? Outcome::kFail : Outcome::kUndecided; break;
    case Truth::kGoldBad: verdict.outcome = Outcome::kUndecided; break;
    case Truth::kFault: verdict.outcome = Outcome::kInfraError; break;
  }
  if (verdict.outcome == Outcome::kPass) verdict.score = 1;
  verdict.metrics.emplace_back("undecided", truth == Truth::kUndecided ? 1.0 : 0.0);
}

void judge_answer(Verdict& verdict, const Golds& golds, std::string_view answer, const MathOptions& options) {
  if (!golds.problem.empty()) {
    verdict.outcome = Outcome::kUndecided;
    verdict.explanation = golds.problem;
    return;
  }
  const Gold* gold = nullptr;
  Judged best;
  for (const Gold& candidate : golds.any) {
    Judged judged = judge_texts(candidate.parsed, candidate.text, answer, options, candidate.tolerance);
    if (gold && preference(judged.match.truth) <= preference(best.match.truth)) continue;
    gold = &candidate;
    best = std::move(judged);
    if (best.match.truth == Truth::kEqual) break;
  }
  settle(verdict, best.match.truth, options);
  verdict.explanation += " holds \"" + one_line(answer) + "\"";
  if (best.prediction.value) verdict.explanation += ", read as " + one_line(shown(*best.prediction.value, 80));
  verdict.explanation += "; the gold is " + one_line(shown(*gold->parsed.value, 80)) + ": " + std::string(word_for(best.match.truth)) + " by " + best.match.rule;
  if (!best.match.detail.empty()) verdict.explanation += " (" + one_line(best.match.detail) + ")";
}

}  // namespace

Verdict MathVerifier::verify(const VerifyRequest& request) const {
  Verdict verdict;
  const Golds golds = read_golds(request.columns, options_);
  if (!golds.problem.empty()) {
    verdict.outcome = Outcome::kUndecided;
    verdict.explanation = golds.problem;
    return verdict;
  }
  const auto text = answer_part(request.response, reasoning_);
  const auto found = text ? extract(*text, request.finished, options_) : std::nullopt;
  if (!found || found->text.empty()) {
    verdict.outcome = Outcome::kNoAnswer;
    verdict.explanation = !text ? "the reasoning never ends" : !found ? "no \\boxed{}, <answer>, answer phrase or #### after the reasoning" : std::string(found->mark) + " is empty";
    return verdict;
  }
  verdict.extracted = one_line(found->text, 400);
  verdict.explanation = found->mark;
  judge_answer(verdict, golds, found->text, options_);
  return verdict;
}

std::optional<std::string> MathVerifier::bad_row(const std::string& columns) const {
  const Golds golds = read_golds(columns, options_);
  return golds.problem.empty() ? std::nullopt : std::optional(golds.problem);
}

Verdict judge(std::string_view gold, std::string_view answer, const MathOptions& options) {
  Verdict verdict;
  verdict.extracted = one_line(answer, 400);
  verdict.explanation = "the answer";
  judge_answer(verdict, golds_of_text(gold, options), answer, options);
  return verdict;
}

}  // namespace laconic::verifiers::math
