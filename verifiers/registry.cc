// The table of verifiers. A row is all that a new built-in one needs.
#include "base/error.h"
#include "verifiers/builtin/builtin.h"
#include "verifiers/code/code_verifier.h"
#include "verifiers/custom/custom.h"
#include "verifiers/integer.h"
#include "verifiers/math/math_verifier.h"
#include "verifiers/rubric.h"
#include "verifiers/spec.h"

namespace laconic::verifiers {

namespace {

std::unique_ptr<Verifier> make_rubric_of(const VerifierSpec& spec) {
  std::vector<RubricPart> parts;
  for (const std::string& text : spec.rubric.parts) {
    const RubricTerm term = read_rubric_term(text);
    if (term.name == "rubric" || term.name == "auto") throw Error("the rubric's part `" + text + "` is no verifier of its own", "verifier.rubric.parts");
    VerifierSpec own = spec;
    if (!term.argument.empty()) {
      if (term.name != "python") throw Error("the rubric's part `" + text + "` has a colon, which only \"python:FUNCTION\" may have", "verifier.rubric.parts");
      own.python.function = term.argument;
    }
    parts.push_back({term.argument.empty() ? term.name : term.name + ":" + term.argument, term.weight, make_verifier(own, term.name)});
  }
  return make_rubric(std::move(parts));
}

std::vector<VerifierEntry> all_entries() {
  std::vector<VerifierEntry> entries = {
      {"integer", "an integer in \\boxed{}, <answer> or after ####, equal to the row's `answer`",
       [](const VerifierSpec& spec) { return std::make_unique<IntegerVerifier>(reasoning_of(spec)); }},
      {"math", "a mathematical answer, equal to the row's `answer` by value",
       [](const VerifierSpec& spec) { return std::make_unique<math::MathVerifier>(spec.math, reasoning_of(spec)); }},
      {"code", "a program, run on the row's tests in the sandbox",
       [](const VerifierSpec& spec) { return std::make_unique<code::CodeVerifier>(spec.code, reasoning_of(spec)); }},
      {"rubric", "the weighted sum of several verifiers (rubric.parts)", make_rubric_of},
      {"python", "a reward function in a Python file: verl's, TRL's or reasoning-gym's (python.file)",
       [](const VerifierSpec& spec) { return custom::make_python(spec.python, spec.process, reasoning_of(spec)); }},
      {"library", "a shared object with the functions of laconic_verifier.h (library.path)",
       [](const VerifierSpec& spec) { return custom::make_library(spec.library, spec.process, reasoning_of(spec)); }},
      {"process", "a program that speaks one JSON object per line (process.command)",
       [](const VerifierSpec& spec) { return custom::make_process(spec.process, reasoning_of(spec)); }},
  };
  for (const builtin::Entry& entry : builtin::entries())
    entries.push_back({entry.name, entry.summary, [make = entry.make](const VerifierSpec& spec) { return make(spec.builtin, reasoning_of(spec)); }});
  return entries;
}

}  // namespace

const std::vector<VerifierEntry>& registry() {
  static const std::vector<VerifierEntry> entries = all_entries();
  return entries;
}

std::unique_ptr<Verifier> make_verifier(const VerifierSpec& spec, const std::string& name) {
  if (name == "auto") throw Error("`verifier.name` is \"auto\", but nothing names the verifier of this answer", "verifier.name", "name one: `laconic verify list`");
  std::vector<std::string> names;
  for (const VerifierEntry& entry : registry()) {
    if (entry.name == name) return entry.make(spec);
    names.push_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error("there is no verifier \"" + name + "\"", "verifier.name", near.empty() ? "`laconic verify list` shows them" : "did you mean \"" + near + "\"?");
}

std::unique_ptr<Verifier> make_verifier(const VerifierSpec& spec) { return make_verifier(spec, spec.name); }

}  // namespace laconic::verifiers
