#include "verifiers/code/checker.h"

#include <algorithm>
#include <array>

#include "verifiers/code/compare.h"

namespace laconic::verifiers::code {
namespace {

const Language* language_of(const Checker& checker, const std::vector<Language>& languages) {
  return find_language(languages, checker.language.empty() ? "cpp17" : checker.language);
}

struct ExitMeaning {
  CheckerProtocol protocol;
  int code;
  Outcome outcome;
};
constexpr std::array<ExitMeaning, 7> kExits = {{{CheckerProtocol::kKattis, 42, Outcome::kPass},
                                                {CheckerProtocol::kKattis, 43, Outcome::kFail},
                                                {CheckerProtocol::kTestlib, 0, Outcome::kPass},
                                                {CheckerProtocol::kTestlib, 1, Outcome::kFail},
                                                {CheckerProtocol::kTestlib, 2, Outcome::kFail},
                                                {CheckerProtocol::kTestlib, 4, Outcome::kFail},
                                                {CheckerProtocol::kTestlib, 8, Outcome::kFail}}};

}  // namespace

std::optional<std::string> bad_checker(const Checker& checker, const std::vector<Language>& languages) {
  if (!language_of(checker, languages)) return "the checker's language \"" + checker.language + "\" is unknown";
  if (checker.source.empty()) return "the checker has no source";
  return std::nullopt;
}

TestResult run_checker(const Attempt& attempt, const Checker& checker, const Test& test, const std::string& output) {
  const Language* language = language_of(checker, attempt.languages);
  if (!language) return {Outcome::kInfraError, "the checker's language is unknown"};
  sandbox::Spec spec;
  for (const std::string& path : language->paths) spec.paths.push_back({path, {}});
  if (language->compile.empty()) {
    spec.files.push_back({language->source, sandbox::SealedFile::of(checker.source), false});
    spec.interpreter = language->python ? sandbox::Interpreter::kPython : sandbox::Interpreter::kNone;
    spec.argv = language->python ? std::vector<std::string>{language->source} : language->run;
  } else {
    std::vector<SourceFile> files;
    for (const auto& [name, content] : checker.files) files.push_back({name, content});
    const Compiled compiled = attempt.compiler.compile(*language, checker.source, files);
    if (compiled.result != Compiled::Result::kProgram) return {Outcome::kInfraError, "the checker does not compile: " + compiled.message};
    spec.files.push_back({language->binary, compiled.program, true});
    spec.argv = language->run;
  }
  spec.files.push_back({"judge-input", sandbox::SealedFile::of(test.input), false});
  spec.files.push_back({"judge-answer", sandbox::SealedFile::of(test.output), false});
  if (checker.protocol == CheckerProtocol::kKattis) {
    spec.input = sandbox::SealedFile::of(output);
    spec.argv.insert(spec.argv.end(), {"/box/judge-input", "/box/judge-answer", "/box/"});
  } else {
    spec.files.push_back({"output", sandbox::SealedFile::of(output), false});
    spec.argv.insert(spec.argv.end(), {"/box/judge-input", "/box/output", "/box/judge-answer"});
  }
  spec.argv.insert(spec.argv.end(), checker.arguments.begin(), checker.arguments.end());
  spec.collect = {"judgemessage.txt"};
  spec.limits.cpu_seconds = std::max(10.0, attempt.task.time_limit.value_or(attempt.options.time_limit));
  spec.limits.memory_bytes = std::int64_t{1} << 30;

  const sandbox::Report report = attempt.sandbox.run(spec);
  const std::string said = !report.collected.empty() ? report.collected[0].second : report.err;
  if (report.end == sandbox::End::kExited) {
    for (const ExitMeaning& exit : kExits) {
      if (exit.protocol != checker.protocol || exit.code != report.exit_code) continue;
      return {exit.outcome, exit.outcome == Outcome::kPass ? std::string() : "the checker says: " + (said.empty() ? "wrong" : shortened(said, 120))};
    }
  }
  const std::string how = report.end == sandbox::End::kExited ? "exit code " + std::to_string(report.exit_code)
                          : report.end == sandbox::End::kFault ? report.fault
                                                               : std::string(name_of(report.end));
  return {Outcome::kInfraError, "the checker failed (" + how + ")" + (said.empty() ? "" : ": " + shortened(said, 120))};
}

}  // namespace laconic::verifiers::code
