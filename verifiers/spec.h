// Which verifier, with which settings: the `[verifier]` keys of a recipe that a verifier reads.
//
// One declaration serves recipes, `laconic verify --set`, docs and the message that configures the
// verifier role. The settings of verifiers that a run does not
// use are ignored.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "verifiers/answer.h"
#include "verifiers/builtin/options.h"
#include "verifiers/code/options.h"
#include "verifiers/custom/options.h"
#include "verifiers/math/options.h"
#include "verifiers/verifier.h"

namespace laconic::verifiers {

struct VerifierSpec {
  std::string name = "auto";          // auto: each row's own kind (the data set decides); no verifier by itself
  std::string reasoning = "auto";     // think | none | auto: see reasoning_of()
  math::MathOptions math;
  code::CodeOptions code;
  custom::ProcessOptions process;
  custom::PythonOptions python;
  custom::LibraryOptions library;
  custom::RubricOptions rubric;
  builtin::BuiltinOptions builtin;
  void declare(OptionSet& set);
};

// "think": the prompt opens a <think> block. "none": it does not. "auto" is settled by the chat
// template in a run; elsewhere it is like "none".
Reasoning reasoning_of(const VerifierSpec& spec);

// Every key, as one JSON object of dotted names; from_json(to_json(s)) is s.
std::string to_json(const VerifierSpec& spec);
VerifierSpec spec_from_json(const std::string& json);  // throws Error on an unknown key or a bad value

struct VerifierEntry {
  std::string name, summary;  // one line for `laconic verify list` and errors
  std::function<std::unique_ptr<Verifier>(const VerifierSpec&)> make;
};
const std::vector<VerifierEntry>& registry();

// Throws Error with the nearest name, or about settings that contradict each other.
std::unique_ptr<Verifier> make_verifier(const VerifierSpec& spec);

// The same spec under another name: a data set's rows may name their verifier.
std::unique_ptr<Verifier> make_verifier(const VerifierSpec& spec, const std::string& name);

}  // namespace laconic::verifiers
