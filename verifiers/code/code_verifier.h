// The code verifier: takes the program out of a response, builds it once and runs the row's tests in
// the sandbox. Expected values never enter the answer's sandbox; one process a test; exit code 0
// alone is never a pass; whatever is missing, malformed or too late is a failure of the answer, and
// a fault of the machine is absent.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "verifiers/code/language.h"
#include "verifiers/code/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::code {

class CodeVerifier : public Verifier {
 public:
  // Throws Error for settings that contradict each other and unknown languages. Starts no process:
  // the sandbox's launcher starts with the first verify(). `reasoning_opened`: the prompt opened a
  // <think> block, so a response that never closes it has no answer.
  explicit CodeVerifier(CodeOptions options, bool reasoning_opened = true);
  ~CodeVerifier() override;

  Verdict verify(const VerifyRequest& request) const override;

  // Answers run in parallel over the sandbox's slots; the calling thread waits and pulses. Equal
  // programs of the group are compiled once.
  std::vector<Verdict> verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const override;

  std::optional<std::string> bad_row(const std::string& columns) const override;
  double seconds_needed(int items) const override;

  const std::vector<Language>& languages() const { return languages_; }

 private:
  struct Machine;  // sandbox and compiler, made by the first use
  Machine& machine() const;

  CodeOptions options_;
  std::vector<Language> languages_;
  bool reasoning_opened_;
  mutable std::once_flag started_;
  mutable std::unique_ptr<Machine> machine_;
};

}  // namespace laconic::verifiers::code
