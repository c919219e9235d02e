// The makers of the small verifiers; each stands in the file of its name.
#pragma once

#include <memory>

#include "verifiers/answer.h"
#include "verifiers/builtin/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers::builtin {

// Well-formed: reasoning that ends once, and something after it.
std::unique_ptr<Verifier> make_format(const FormatOptions& options, Reasoning reasoning);
// Written in one language, as its script shows.
std::unique_ptr<Verifier> make_language(const LanguageOptions& options);
// The marked answer is a gold, as text.
std::unique_ptr<Verifier> make_exact(const ExactOptions& options, Reasoning reasoning);
// The answer matches a regular expression. Throws Error when `options.pattern` is not one.
std::unique_ptr<Verifier> make_regex(const RegexOptions& options, Reasoning reasoning);
// The answer is JSON, with the keys asked for, equal to the gold.
std::unique_ptr<Verifier> make_json(const JsonOptions& options, Reasoning reasoning);
// The answer names the gold's letter.
std::unique_ptr<Verifier> make_choice(const ChoiceOptions& options, Reasoning reasoning);
// The answer is an expression over the row's numbers with the target's value.
std::unique_ptr<Verifier> make_countdown(const CountdownOptions& options, Reasoning reasoning);

}  // namespace laconic::verifiers::builtin
