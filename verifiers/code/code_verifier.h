// The code verifier: takes the program out of a response, builds it once and runs the row's tests in
// the sandbox. Expected values never enter the answer's sandbox; one process a test; exit code 0
// alone is never a pass; whatever is missing, malformed or too late is a failure of the answer, and
// a fault of the machine is absent.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "verifiers/answer.h"
#include "verifiers/code/language.h"
#include "verifiers/code/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::code {

class CodeVerifier : public Verifier {
 public:
  // Throws Error for settings that contradict each other and unknown languages. Starts no process:
  // the sandbox's launcher starts with the first verify().
  explicit CodeVerifier(CodeOptions options, Reasoning reasoning = Reasoning::kOpened);
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
  struct Row;      // what the columns say, read once for a group
  Machine& machine() const;
  Row read(const std::string& columns) const;
  Verdict judge(const Row& row, const VerifyRequest& request, const std::function<bool()>& out_of_time) const;

  CodeOptions options_;
  std::vector<Language> languages_;
  Reasoning reasoning_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Machine> machine_;
};

}  // namespace laconic::verifiers::code
