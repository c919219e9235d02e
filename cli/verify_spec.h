// What `laconic verify run` is given: a verifier and cases.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verifiers/spec.h"

namespace laconic::cli {

// SPEC is the name of a built-in verifier, a recipe or a TOML file with a [verifier] table, a .py file
// (name = "python"), a .so file (name = "library") or a program (name = "process"). `settings` are
// key=value with the keys of [verifier]. Throws UsageError.
verifiers::VerifierSpec read_verifier_spec(const std::string& text, const std::vector<std::string>& settings);

struct VerifyCase {
  verifiers::VerifyRequest request;      // id: "case 3"
  std::optional<std::string> expected;   // an outcome's name, or "not pass"
  std::optional<double> expected_score;
  bool as_expected(const verifiers::Verdict& verdict) const;
  std::string expectation() const;       // for people; empty: none
};

// JSONL rows with `pred` (the response) and `gold`; `expected` may be an outcome, true, false or a
// score; `prompt`, `finished`, `tokens` and every other column go to the verifier as a data set's would.
// Throws UsageError naming file:line.
std::vector<VerifyCase> read_verify_cases(const std::string& file);

}  // namespace laconic::cli
