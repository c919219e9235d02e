#include <cmath>

#include "base/clock.h"
#include "base/error.h"
#include "verifiers/integer.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers {

const std::vector<VerifierEntry>& registry() {
  static const std::vector<VerifierEntry> entries = {
      {"integer", "after </think>: an integer in \\boxed{}, <answer> or after ####, equal to the row's `answer`",
       [] { return std::make_unique<IntegerVerifier>(Reasoning::kOpened); }},
      {"integer_plain", "the same for prompts without a <think> block (model.chat = \"plain\")",
       [] { return std::make_unique<IntegerVerifier>(Reasoning::kNone); }},
  };
  return entries;
}

std::unique_ptr<Verifier> make_verifier(const std::string& name) {
  std::vector<std::string> names;
  for (const VerifierEntry& entry : registry()) {
    if (entry.name == name) return entry.make();
    names.push_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("there is no verifier \"" + name + "\"", "verifier.name", near.empty() ? "laconic verify --list" : "did you mean \"" + near + "\"?");
}

Verdict run_verifier(const Verifier& verifier, const VerifyRequest& request) {
  const double start = Clock::system().now();
  Verdict verdict;
  const auto fault = [&](std::string why) {
    verdict = {};
    verdict.explanation = std::move(why);
  };
  try {
    verdict = verifier.verify(request);
    if (!std::isfinite(verdict.score)) fault("the verifier gave a score that is not a number");
  } catch (const std::exception& error) {
    fault(std::string("the verifier failed: ") + error.what());
  } catch (...) {
    fault("the verifier failed with an exception that is no std::exception");
  }
  verdict.seconds = Clock::system().now() - start;
  return verdict;
}

}  // namespace laconic::verifiers
