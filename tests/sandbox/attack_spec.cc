#include "tests/sandbox/attack_spec.h"

#include <cstdlib>
#include <set>

#include "base/error.h"

namespace laconic::sandbox::attacks {
namespace {

const char* required(const char* variable) {
  const char* value = std::getenv(variable);
  if (!value) throw Error(std::string(variable) + " is unset", "", "run this under ctest");
  return value;
}

}  // namespace

fs::path attacks_folder() { return fs::path(required("LACONIC_SOURCE")) / "tests/sandbox/attacks"; }
fs::path programs_folder() { return fs::path(required("LACONIC_BUILD")) / "attacks"; }

Spec spec_of(const Attack& attack, const Programs& programs, const HostListeners& listeners, const std::vector<std::string>& more) {
  Spec spec;
  spec.limits = attack.limits;
  spec.internet_sockets = attack.internet;
  spec.collect = attack.collect;
  spec.environment = attack.environment;
  const std::string& name = attack.program;
  const bool compiled = name.ends_with(".c");
  const std::string inside = compiled ? fs::path(name).stem().string() : name;
  std::set<std::string> placed;
  const auto place = [&](const std::string& as, std::shared_ptr<const SealedFile> content, bool executable) {
    if (placed.insert(as).second) spec.files.push_back({as, std::move(content), executable});
  };
  place(inside, compiled ? programs.binary(name) : programs.source(name), compiled || name.ends_with(".sh"));
  for (const std::string& file : attack.files) place(file, programs.source(file), false);
  for (const std::string& file : attack.placed) place(file, programs.source("attack.h"), false);
  if (!attack.command.empty()) {
    for (const std::string& word : attack.command) spec.argv.push_back(word == "{program}" ? "/box/" + inside : word);
  } else if (name.ends_with(".py")) {
    spec.interpreter = Interpreter::kPython;
    spec.argv = {name};
  } else if (name.ends_with(".sh")) {
    spec.argv = {"/bin/sh", name};
  } else {
    spec.argv = {"/box/" + inside};
  }
  for (const std::vector<std::string>& words : {attack.argv, more})
    for (const std::string& word : words) {
      if (word == "{port}") spec.argv.push_back(std::to_string(listeners.port()));
      else if (word == "{abstract}") spec.argv.push_back(listeners.abstract_name());
      else if (word == "{socket}") spec.argv.push_back(listeners.path());
      else if (word == "{addresses}") spec.argv.insert(spec.argv.end(), listeners.addresses().begin(), listeners.addresses().end());
      else spec.argv.push_back(word);
    }
  if (attack.stdin_zeros) spec.input = SealedFile::of(std::string(static_cast<std::size_t>(attack.stdin_zeros), '\0'));
  else if (!attack.stdin_text.empty()) spec.input = SealedFile::of(attack.stdin_text);
  return spec;
}

}  // namespace laconic::sandbox::attacks
