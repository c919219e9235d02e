#include "verifiers/verifier.h"

#include <cmath>

#include <fmt/format.h>

namespace laconic::verifiers {
namespace {

Verdict fault(std::string why) {
  Verdict verdict;
  verdict.explanation = std::move(why);
  return verdict;
}

// A number that is not finite has no place in statistics or in a message.
Verdict checked(Verdict verdict) {
  if (!std::isfinite(verdict.score)) return fault("the verifier gave a score that is not a number");
  for (const auto& [name, value] : verdict.metrics)
    if (!std::isfinite(value)) return fault("the verifier gave a `" + name + "` that is not a number");
  return verdict;
}

// The exception that is being handled, as an explanation.
std::string current_failure() {
  try {
    throw;
  } catch (const std::exception& error) {
    return std::string("the verifier failed: ") + error.what();
  } catch (...) {
    return "the verifier failed with an exception that is no std::exception";
  }
}

}  // namespace

Verdict run_verifier(const Verifier& verifier, const VerifyRequest& request) {
  const double start = Clock::system().now();
  Verdict verdict;
  try {
    verdict = checked(verifier.verify(request));
  } catch (...) {
    verdict = fault(current_failure());
  }
  verdict.seconds = Clock::system().now() - start;
  return verdict;
}

std::vector<Verdict> Verifier::verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const {
  const double end = clock.now() + pace.deadline_seconds;
  std::vector<Verdict> verdicts;
  for (const VerifyRequest& request : requests) {
    if (pace.pulse) pace.pulse();
    if (pace.deadline_seconds > 0 && clock.now() >= end)
      verdicts.push_back(fault(fmt::format("not judged: the lease's deadline of {:g} s had passed", pace.deadline_seconds)));
    else
      verdicts.push_back(run_verifier(*this, request));
  }
  return verdicts;
}

std::vector<Verdict> run_verifier(const Verifier& verifier, std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) {
  std::vector<Verdict> verdicts;
  std::string why;
  try {
    verdicts = verifier.verify_group(requests, pace, clock);
    if (verdicts.size() != requests.size()) why = fmt::format("the verifier gave {} verdicts for {} answers", verdicts.size(), requests.size());
  } catch (...) {
    why = current_failure();
  }
  if (!why.empty()) return std::vector<Verdict>(requests.size(), fault(why));
  for (Verdict& verdict : verdicts) {
    const double seconds = verdict.seconds;
    verdict = checked(std::move(verdict));
    verdict.seconds = seconds;
  }
  return verdicts;
}

}  // namespace laconic::verifiers
