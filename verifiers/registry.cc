// The table of verifiers. A row is all that a new built-in one needs.
#include "base/error.h"
#include "verifiers/integer.h"
#include "verifiers/spec.h"

namespace laconic::verifiers {

const std::vector<VerifierEntry>& registry() {
  static const std::vector<VerifierEntry> entries = {
      {"integer", "an integer in \\boxed{}, <answer> or after ####, equal to the row's `answer`",
       [](const VerifierSpec& spec) { return std::make_unique<IntegerVerifier>(reasoning_of(spec)); }},
  };
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
