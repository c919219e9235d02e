#include "pipeline/judges.h"

#include "base/error.h"

namespace laconic::pipeline {

verifiers::VerifierSpec settled(verifiers::VerifierSpec spec, const model::ChatTemplate& chat, model::ChatOptions options) {
  if (spec.reasoning == "auto") spec.reasoning = chat.thinks() && options.thinking ? "think" : "none";
  return spec;
}

Judges::Judges(verifiers::VerifierSpec spec) : spec_(std::move(spec)) {
  if (spec_.name != "auto") made_[spec_.name] = make_verifier(spec_);
}

const std::string& Judges::name_for(const Problem& problem) const { return problem.verifier.empty() ? spec_.name : problem.verifier; }

const verifiers::Verifier& Judges::verifier_for(const Problem& problem) {
  std::unique_ptr<verifiers::Verifier>& verifier = made_[name_for(problem)];
  if (!verifier) {
    try {
      verifier = make_verifier(spec_, name_for(problem));
    } catch (const Error& error) {
      throw Error(error.message(), problem.id, error.next());
    }
  }
  return *verifier;
}

std::optional<std::string> Judges::bad_row(const Problem& problem) { return verifier_for(problem).bad_row(problem.columns); }

}  // namespace laconic::pipeline
