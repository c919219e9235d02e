// The verifier of mathematical answers: from a whole response to a verdict.
//
//   extract.h   where the answer stands, after the reasoning has ended
//   parse.h     a closed grammar for LaTeX and plain text → Value
//   match.h     structures and policies; scalars by equality.h
//
// Thread-safe, no signals, no clock in a decision. pass and fail by value; no_answer when nothing is
// found; undecided when equality could not be settled, or the row has no gold that is understood.
#pragma once

#include "verifiers/answer.h"
#include "verifiers/math/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::math {

class MathVerifier : public Verifier {
 public:
  explicit MathVerifier(MathOptions options = {}, Reasoning reasoning = Reasoning::kOpened) : options_(std::move(options)), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override;
  std::optional<std::string> bad_row(const std::string& columns) const override;

 private:
  MathOptions options_;
  Reasoning reasoning_;
};

// The same judgement for one gold text and one answer text, without extraction: for tests, benches
// and data checks.
Verdict judge(std::string_view gold, std::string_view answer, const MathOptions& options);

}  // namespace laconic::verifiers::math
