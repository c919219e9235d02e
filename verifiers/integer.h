// The verifier of integer answers: digits compared as text, so that no size overflows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verifiers/answer.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers {

struct Integer {
  bool negative = false;
  std::string digits;  // no leading zeros; "0" is never negative
  bool operator==(const Integer&) const = default;
};

std::string to_text(const Integer& value);

// Reads an integer as people and models write it: sign (also U+2212), thousands in groups of three
// (1,234  1{,}234  1\,234  1,\!234), leading zeros, a fraction of zeros only (18.00), a closing
// period, and around it blanks, $, \$, \( \), \[ \], ** . Nothing else: "18 eggs", "18%", "1,2",
// "6/2" and "" are no integers.
std::optional<Integer> read_integer(std::string_view text);

struct Gold {
  std::optional<Integer> value;
  std::string problem;  // why there is none
};

// The gold of a row (JSON object): column "answer", a string (GSM8K's worked text too: what follows
// the last "####") or a number without a fraction.
Gold read_gold(const std::string& columns);

class IntegerVerifier : public Verifier {
 public:
  explicit IntegerVerifier(Reasoning reasoning = Reasoning::kOpened) : reasoning_(reasoning) {}

  // pass or fail by value; no_answer when no mark follows the reasoning or it is empty; undecided
  // when the row has no integer gold, because then no answer is wrong.
  Verdict verify(const VerifyRequest& request) const override;

  std::optional<std::string> bad_row(const std::string& columns) const override;  // no integer gold

 private:
  Reasoning reasoning_;
};

}  // namespace laconic::verifiers
