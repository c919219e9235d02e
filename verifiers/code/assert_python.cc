#include "verifiers/code/assert_python.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "verifiers/code/assert_pair.h"
#include "verifiers/code/assert_report.h"
#include "verifiers/code/embedded.h"
#include "verifiers/code/split_python.h"

namespace laconic::verifiers::code {
namespace {

using sandbox::SealedFile;

// A row's tests in one form.
struct PythonAsserts {
  std::string setup;
  std::vector<std::string> tests;
  PythonTest names;
};

PythonAsserts asserts_of(const CodeTask& task) {
  const Assertions& row = task.assertions;
  PythonAsserts asserts;
  if (row.shape == AssertShape::kHumanEval) {
    // The prompt ends inside its function; what it defines before (helpers, imports) its tests may use.
    asserts.setup = task.header + "\n    pass\n";
    asserts.tests.push_back(row.program + "\ncheck(" + task.entry_point + ")\n");
    asserts.names.entries.push_back(task.entry_point);
    return asserts;
  }
  asserts.setup = row.setup;
  asserts.tests = row.lines;
  std::string all;
  for (const std::string& line : row.lines) all += line + "\n";
  asserts.names = read_python_test(row.setup, all);
  return asserts;
}

std::shared_ptr<const SealedFile> driver(std::string_view name) {
  return SealedFile::of(std::string(embedded_file("drivers/plain_values.py")) + "\n" + std::string(embedded_file(name)));
}

sandbox::Spec python_spec(std::shared_ptr<const SealedFile> script) {
  sandbox::Spec spec;
  spec.interpreter = sandbox::Interpreter::kPython;
  spec.argv = {"driver.py"};
  spec.files.push_back({"driver.py", std::move(script)});
  return spec;
}

std::shared_ptr<const SealedFile> test_file(const PythonAsserts& asserts, const std::string& test, const std::string& nonce) {
  const nlohmann::json spec = {{"nonce", nonce}, {"entries", asserts.names.entries}, {"modules", asserts.names.modules}, {"setup", asserts.setup}, {"test", test}};
  return SealedFile::of(spec.dump());
}

class PythonTests {
 public:
  PythonTests(const Attempt& attempt, PythonAsserts asserts, bool weak) : attempt_(attempt), asserts_(std::move(asserts)), weak_(weak) {
    static const auto answer_driver = driver("drivers/assert_answer.py"), trusted_driver = driver("drivers/assert_trusted.py"),
                      weak_driver = driver("drivers/assert_weak.py");
    answer_ = python_spec(weak ? weak_driver : answer_driver);
    answer_.files.push_back({"answer.py", SealedFile::of(attempt.program)});
    trusted_ = python_spec(trusted_driver);
  }

  int count() const { return static_cast<int>(asserts_.tests.size()); }

  TestResult run(int index) const {
    const std::string nonce = new_nonce();
    const auto test = test_file(asserts_, asserts_.tests[static_cast<std::size_t>(index)], nonce);
    if (weak_) {
      sandbox::Spec spec = answer_;
      spec.files.push_back({"test.json", test});
      return run_weak_assert(attempt_, spec, nonce);
    }
    AssertPair pair{answer_, trusted_, asserts_.names.entries, nonce, {}};
    pair.trusted.files.push_back({"test.json", test});
    return run_assert_pair(attempt_, pair);
  }

 private:
  const Attempt& attempt_;
  PythonAsserts asserts_;
  bool weak_;
  sandbox::Spec answer_, trusted_;
};

Judgement judge(const Attempt& attempt, const PythonAsserts& asserts, bool weak) {
  const PythonTests tests(attempt, asserts, weak);
  Judgement judgement = judge_tests(
      attempt, tests.count(), [&](int index) { return tests.run(index); }, [](int index) { return std::to_string(index + 1); });
  if (weak) judgement.explanation += judgement.explanation.empty() ? "weak" : " (weak: in the answer's own process)";
  return judgement;
}

}  // namespace

Judgement judge_python_asserts(const Attempt& attempt) {
  const PythonAsserts asserts = asserts_of(attempt.task);
  const bool weak_allowed = attempt.options.assert_mode == "weak";
  Judgement judgement;
  if (asserts.names.problem.empty()) {
    judgement = judge(attempt, asserts, false);
    // What the text did not show: the test hands over an object.
    if (judgement.outcome != Outcome::kSkip || !weak_allowed) return judgement;
  } else if (!weak_allowed) {
    judgement.outcome = Outcome::kSkip;
    judgement.explanation = asserts.names.problem;
    return judgement;
  }
  return judge(attempt, asserts, true);
}

std::optional<std::string> bad_python_asserts(const CodeTask& task, bool weak_allowed) {
  const Assertions& row = task.assertions;
  if (row.shape == AssertShape::kHumanEval) {
    if (task.entry_point.empty()) return "the row names no entry_point";
    if (row.program.find("check") == std::string::npos) return "the row's test defines no check()";
    return std::nullopt;
  }
  if (row.lines.empty()) return "the row has no tests";
  const PythonTest names = asserts_of(task).names;
  if (names.problem.empty() || weak_allowed) return std::nullopt;
  return names.problem + " (assert_mode = \"weak\" runs it in the answer's own process)";
}

}  // namespace laconic::verifiers::code
