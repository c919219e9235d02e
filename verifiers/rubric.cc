#include "verifiers/rubric.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace laconic::verifiers {
namespace {

class Rubric : public Verifier {
 public:
  explicit Rubric(std::vector<RubricPart> parts) : parts_(std::move(parts)) {}

  Verdict verify(const VerifyRequest& request) const override {
    std::vector<Verdict> verdicts;
    for (const RubricPart& part : parts_) verdicts.push_back(run_verifier(*part.verifier, request));
    return combine(verdicts);
  }

  std::vector<Verdict> verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const override {
    const double end = clock.now() + pace.deadline_seconds;
    std::vector<std::vector<Verdict>> by_part;
    for (const RubricPart& part : parts_) {
      Pace rest = pace;
      if (pace.deadline_seconds > 0) rest.deadline_seconds = std::max(end - clock.now(), 1e-9);  // 0 would mean: none
      by_part.push_back(run_verifier(*part.verifier, requests, rest, clock));
    }
    std::vector<Verdict> out;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      std::vector<Verdict> verdicts;
      for (const std::vector<Verdict>& part : by_part) verdicts.push_back(part[i]);
      out.push_back(combine(verdicts));
    }
    return out;
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    for (const RubricPart& part : parts_)
      if (part.weight != 0)
        if (auto why = part.verifier->bad_row(columns)) return part.name + ": " + *why;
    return std::nullopt;
  }

  double seconds_needed(int items) const override {
    double sum = 0;
    for (const RubricPart& part : parts_) sum += part.verifier->seconds_needed(items);
    return sum;
  }

 private:
  Verdict combine(const std::vector<Verdict>& verdicts) const {
    Verdict out;
    std::vector<std::string> said;
    const Verdict* leader = nullptr;
    const Verdict* absent = nullptr;
    double leading_weight = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const RubricPart& part = parts_[i];
      const Verdict& verdict = verdicts[i];
      const auto score = counted_score(verdict.outcome, verdict.score);
      out.seconds += verdict.seconds;
      if (score) out.metrics.emplace_back(part.name, *score);
      for (const auto& [name, value] : verdict.metrics) out.metrics.emplace_back(part.name + "/" + name, value);
      said.push_back(fmt::format("{} {}{}{}{}", part.name, name_of(verdict.outcome), score ? fmt::format(" {:g}", *score) : "",
                                 part.weight == 0 ? "" : fmt::format(" × {:g}", part.weight), verdict.explanation.empty() ? "" : ": " + verdict.explanation));
      if (part.weight == 0 || verdict.outcome == Outcome::kSkip) continue;
      if (!score) {
        if (!absent || verdict.outcome == Outcome::kInfraError) absent = &verdict;  // a fault that may mend itself is tried again
        continue;
      }
      out.score += part.weight * *score;
      if (!leader || std::abs(part.weight) > leading_weight) leader = &verdict, leading_weight = std::abs(part.weight);
    }
    out.explanation = fmt::format("{}", fmt::join(said, "; "));
    if (absent || !leader) {
      out.outcome = absent ? absent->outcome : Outcome::kSkip;
      out.score = 0;
      return out;
    }
    out.extracted = leader->extracted;
    // An outcome that is worth 0 by itself would swallow what the other parts gave.
    out.outcome = row_of(leader->outcome).score == ScoreRule::kZeroScore && out.score != 0 ? Outcome::kFail : leader->outcome;
    return out;
  }

  std::vector<RubricPart> parts_;
};

}  // namespace

RubricTerm read_rubric_term(const std::string& text) {
  const auto wrong = [&](const std::string& what) {
    return Error("the rubric's part `" + text + "` " + what, "verifier.rubric.parts", "as \"math*0.9\", \"format*0.1\", \"language*0\" or \"python:FUNCTION*1\"");
  };
  RubricTerm term;
  const std::size_t star = text.rfind('*');
  std::string name = text.substr(0, star);
  if (star != std::string::npos) {
    const std::string weight = text.substr(star + 1);
    const auto [end, code] = std::from_chars(weight.data(), weight.data() + weight.size(), term.weight);
    if (code != std::errc{} || end != weight.data() + weight.size() || !std::isfinite(term.weight)) throw wrong("has the weight `" + weight + "`, which is no number");
  }
  if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
    term.argument = name.substr(colon + 1);
    name.resize(colon);
    if (term.argument.empty()) throw wrong("names nothing after the colon");
  }
  if (name.empty()) throw wrong("names no verifier");
  term.name = name;
  return term;
}

std::unique_ptr<Verifier> make_rubric(std::vector<RubricPart> parts) {
  if (std::none_of(parts.begin(), parts.end(), [](const RubricPart& part) { return part.weight != 0; }))
    throw Error("the rubric has no part with a weight", "verifier.rubric.parts", "as [\"math*0.9\", \"format*0.1\"]");
  return std::make_unique<Rubric>(std::move(parts));
}

}  // namespace laconic::verifiers
