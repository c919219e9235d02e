#include "verifiers/code/assert_cpp.h"

#include <list>
#include <mutex>
#include <utility>

#include "verifiers/code/assert_pair.h"
#include "verifiers/code/assert_report.h"
#include "verifiers/code/split_cpp.h"

namespace laconic::verifiers::code {
namespace {

// Trusted programs belong to rows, not to answers: a group's samples share one build. A few are kept;
// they hold no answer's bytes and the same source always gives the same program.
class TrustedPrograms {
 public:
  Compiled get(Compiler& compiler, const Language& language, const std::string& source) {
    const std::string key = language.name + "\n" + source;
    std::shared_ptr<Entry> entry = entry_of(key);
    const std::lock_guard<std::mutex> lock(entry->mutex);  // the first builds, the others wait
    if (entry->built.result == Compiled::Result::kFault) entry->built = compiler.compile(language, source);
    return entry->built;
  }

 private:
  static constexpr std::size_t kKept = 32;

  struct Entry {
    std::mutex mutex;
    Compiled built;
  };

  std::shared_ptr<Entry> entry_of(const std::string& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->first != key) continue;
      entries_.splice(entries_.begin(), entries_, it);
      return it->second;
    }
    entries_.emplace_front(key, std::make_shared<Entry>());
    if (entries_.size() > kKept) entries_.pop_back();
    return entries_.front().second;
  }

  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<Entry>>> entries_;  // the last used first
};

sandbox::Spec program_spec(const Language& language, const std::shared_ptr<const sandbox::SealedFile>& program) {
  sandbox::Spec spec;
  spec.argv = language.run;
  spec.files.push_back({language.binary, program, true});
  for (const std::string& path : language.paths) spec.paths.push_back({path, {}});
  return spec;
}

// nullopt: it was built.
std::optional<Judgement> not_built(const Compiled& compiled, bool answers) {
  Judgement judgement;
  judgement.explanation = compiled.message;
  if (compiled.result == Compiled::Result::kProgram) return std::nullopt;
  if (compiled.result == Compiled::Result::kFault) judgement.outcome = Outcome::kInfraError;
  else judgement.outcome = answers ? Outcome::kCompileError : Outcome::kUndecided;
  if (!answers) judgement.explanation = "the row's test program: " + judgement.explanation;
  return judgement;
}

Judgement judge_one(const Attempt& attempt, const std::function<TestResult()>& run) {
  return judge_tests(
      attempt, 1, [&](int) { return run(); }, [](int) { return std::string("main"); });
}

Judgement judge_split(const Attempt& attempt, const CppSignature& signature) {
  static TrustedPrograms trusted_programs;
  const Assertions& row = attempt.task.assertions;
  const Compiled trusted = trusted_programs.get(attempt.compiler, attempt.language, trusted_cpp(signature, row.declaration, row.program));
  if (auto judgement = not_built(trusted, false)) return *judgement;
  const Compiled answer = attempt.compiler.compile(attempt.language, answer_cpp(signature, attempt.program));
  if (auto judgement = not_built(answer, true)) return *judgement;
  return judge_one(attempt, [&] {
    AssertPair pair{program_spec(attempt.language, answer.program), program_spec(attempt.language, trusted.program), {signature.name}, new_nonce(), {}};
    pair.trusted.environment.push_back("LACONIC_NONCE=" + pair.nonce);
    return run_assert_pair(attempt, pair);
  });
}

Judgement judge_weak(const Attempt& attempt) {
  const Compiled program = attempt.compiler.compile(attempt.language, weak_cpp(attempt.program, attempt.task.assertions.program));
  if (auto judgement = not_built(program, true)) return *judgement;
  Judgement judgement = judge_one(attempt, [&] {
    const std::string nonce = new_nonce();
    sandbox::Spec spec = program_spec(attempt.language, program.program);
    spec.environment.push_back("LACONIC_NONCE=" + nonce);
    return run_weak_assert(attempt, spec, nonce);
  });
  judgement.explanation += judgement.explanation.empty() ? "weak" : " (weak: in the answer's own process)";
  return judgement;
}

}  // namespace

Judgement judge_cpp_asserts(const Attempt& attempt) {
  const CppSignature signature = read_cpp_signature(attempt.task.header);
  if (signature.problem.empty()) return judge_split(attempt, signature);
  if (attempt.options.assert_mode == "weak") return judge_weak(attempt);
  Judgement judgement;
  judgement.outcome = Outcome::kSkip;
  judgement.explanation = signature.problem;
  return judgement;
}

std::optional<std::string> bad_cpp_asserts(const CodeTask& task, bool weak_allowed) {
  if (task.assertions.program.find("main") == std::string::npos) return "the row's test has no main()";
  const CppSignature signature = read_cpp_signature(task.header);
  if (signature.problem.empty() || weak_allowed) return std::nullopt;
  return signature.problem + " (assert_mode = \"weak\" runs the test in the answer's own process)";
}

}  // namespace laconic::verifiers::code
