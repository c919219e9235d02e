// An answer → a verdict.
//
// A verdict separates what the ANSWER did (pass, fail, no_answer, …: counted) from what the
// VERIFIER or the MACHINE did (infra_error: absent, never a zero). See base/outcomes.def.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/outcome.h"

namespace laconic::verifiers {

struct VerifyRequest {
  std::string id;        // the sample's ticket text
  std::string prompt;    // as the data set has it
  std::string response;  // everything after the prompt, valid UTF-8 (lossy decoding), special tokens as text
  std::string columns;   // the data-set row as a JSON object: golds and whatever else it holds
  bool finished = true;  // false: cut at the token limit before the end token
};

struct Verdict {
  Outcome outcome = Outcome::kInfraError;
  double score = 0;         // in [0, 1] for the built-in verifiers; only finite values
  std::string extracted;    // the answer as found, or empty
  std::string explanation;  // one line: what was found, what it was compared with, which rule decided
  double seconds = 0;       // wall time of verify()
};

// Implementations are thread-safe, keep no state between calls and never throw for a bad answer:
// an exception is a fault of the verifier and becomes infra_error.
class Verifier {
 public:
  virtual ~Verifier() = default;
  virtual Verdict verify(const VerifyRequest& request) const = 0;
};

// The registry: name → maker. Built-in: "integer", "integer_plain".
struct VerifierEntry {
  std::string name, summary;  // one line for `laconic verify --list` and errors
  std::function<std::unique_ptr<Verifier>()> make;
};
const std::vector<VerifierEntry>& registry();
std::unique_ptr<Verifier> make_verifier(const std::string& name);  // throws Error with the nearest name

// verify() with its time measured and exceptions turned into infra_error.
Verdict run_verifier(const Verifier& verifier, const VerifyRequest& request);

}  // namespace laconic::verifiers
