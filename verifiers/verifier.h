// An answer → a verdict.
//
// A verdict separates what the ANSWER did (pass, fail, no_answer, …: counted) from what the
// VERIFIER or the MACHINE did (infra_error: absent, never a zero). See base/outcomes.def.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/outcome.h"

namespace laconic::verifiers {

struct VerifyRequest {
  std::string id;        // the sample's ticket text
  std::string prompt;    // as the data set has it
  std::string response;  // everything after the prompt, valid UTF-8 (lossy decoding), special tokens as text
  std::string columns;   // the data-set row as a JSON object: golds and whatever else it holds
  std::vector<std::int32_t> tokens = {};  // the response's token ids; empty: not known
  bool finished = true;  // false: cut at the token limit before the end token
};

struct Verdict {
  Outcome outcome = Outcome::kInfraError;
  double score = 0;         // in [0, 1] for the built-in verifiers; only finite values
  std::string extracted;    // the answer as found, or empty
  std::string explanation;  // one line: what was found, what it was compared with, which rule decided
  double seconds = 0;       // wall time of verify()
  std::vector<std::pair<std::string, double>> metrics;  // named numbers beside the score, e.g. the parts of a rubric
};

// What a long judgement owes the one who waits for it.
struct Pace {
  std::function<void()> pulse;   // to be called, from the calling thread, at least every few seconds
  double deadline_seconds = 0;   // for the whole group, from the call on; 0: none
};

// Implementations are thread-safe, keep no state that changes a verdict, and never throw for a bad
// answer: an exception is a fault of the verifier and becomes infra_error. Construction is cheap and
// starts nothing: processes are started by the first verify().
class Verifier {
 public:
  virtual ~Verifier() = default;

  virtual Verdict verify(const VerifyRequest& request) const = 0;

  // The samples of one group (same prompt and columns), one verdict each, in order. The default
  // judges one after the other; items that the deadline leaves no time for become infra_error.
  // Overridden by verifiers that judge several at once or need to see the whole group.
  virtual std::vector<Verdict> verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const;

  // Why a data-set row cannot be judged (no gold, a gold that is not understood), or nullopt. Asked
  // once per row when data is loaded: such rows are listed and set aside, never scored 0.
  virtual std::optional<std::string> bad_row(const std::string& columns) const {
    (void)columns;
    return std::nullopt;
  }

  // The longest that judging `items` answers to one row may take by this verifier's own limits; 0:
  // no such limit. Leases allow at least this much.
  virtual double seconds_needed(int items) const {
    (void)items;
    return 0;
  }
};

// verify() with its time measured and exceptions turned into infra_error.
Verdict run_verifier(const Verifier& verifier, const VerifyRequest& request);

// verify_group() with exceptions, a wrong count and scores that are no numbers turned into infra_error.
std::vector<Verdict> run_verifier(const Verifier& verifier, std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock);

}  // namespace laconic::verifiers
