// The verifiers of a recipe, by name: its own, and those that rows of its data name.
//
// The hub asks them about rows and time limits; answers are judged in the verifier role, by the
// same names and settings. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/chat/chat.h"
#include "pipeline/data/problem.h"
#include "verifiers/spec.h"

namespace laconic::pipeline {

// `spec` with "auto" reasoning settled by the chat template around the prompts, and by whether it asks
// for thinking.
verifiers::VerifierSpec settled(verifiers::VerifierSpec spec, const model::ChatTemplate& chat, model::ChatOptions options = {});

class Judges {
 public:
  // `spec` is settled. Throws Error when the spec's own verifier cannot be made.
  explicit Judges(verifiers::VerifierSpec spec);

  const std::string& name_for(const Problem& problem) const;  // the row's, else the spec's

  // Made at first use. Throws Error naming the problem when its row names no verifier.
  const verifiers::Verifier& verifier_for(const Problem& problem);

  // Why the row cannot be judged, or nullopt.
  std::optional<std::string> bad_row(const Problem& problem);

 private:
  verifiers::VerifierSpec spec_;
  std::map<std::string, std::unique_ptr<verifiers::Verifier>> made_;
};

}  // namespace laconic::pipeline
