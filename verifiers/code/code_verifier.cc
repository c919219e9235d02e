#include "verifiers/code/code_verifier.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <thread>

#include "base/error.h"
#include "sandbox/sandbox.h"
#include "verifiers/code/asserts.h"
#include "verifiers/code/call_tests.h"
#include "verifiers/code/checker.h"
#include "verifiers/code/compile.h"
#include "verifiers/code/extract.h"
#include "verifiers/code/judge.h"
#include "verifiers/code/stdin_tests.h"
#include "verifiers/code/task.h"

namespace laconic::verifiers::code {
namespace {

sandbox::Options sandbox_options(const CodeOptions& options) {
  sandbox::Options made;
  made.slots = static_cast<int>(options.slots);
  made.level = options.level;
  made.python = options.python;
  made.python_imports = options.python_imports;
  return made;
}

int slots_of(const CodeOptions& options) {
  if (options.slots > 0) return static_cast<int>(options.slots);
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::vector<std::string> names_of(const std::vector<Language>& languages) {
  std::vector<std::string> names;
  for (const Language& language : languages) names.push_back(language.name);
  return names;
}

}  // namespace

struct CodeVerifier::Machine {
  sandbox::Sandbox sandbox;
  Compiler compiler;

  explicit Machine(const CodeOptions& options)
      : sandbox(sandbox_options(options)),
        compiler(sandbox, options.precompiled, {options.compile_time_limit, static_cast<std::int64_t>(options.compile_memory_limit * (1 << 20))}) {}
};

struct CodeVerifier::Row {
  std::optional<CodeTask> task;
  const Language* language = nullptr;
  std::string problem;  // why there is no task
};

CodeVerifier::CodeVerifier(CodeOptions options, Reasoning reasoning)
    : options_(std::move(options)), languages_(load_languages(options_.languages)), reasoning_(reasoning) {
  options_.check();
  if (find_language(languages_, options_.language)) return;
  const std::vector<std::string> names = names_of(languages_);
  const std::string near = nearest_name(options_.language, names);
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  throw Error("no language \"" + options_.language + "\"; there are " + known, "verifier.code.language", near.empty() ? "" : "did you mean \"" + near + "\"?");
}

CodeVerifier::~CodeVerifier() = default;

CodeVerifier::Machine& CodeVerifier::machine() const {
  std::call_once(once_, [&] { machine_ = std::make_unique<Machine>(options_); });
  return *machine_;
}

CodeVerifier::Row CodeVerifier::read(const std::string& columns) const {
  Row row;
  ReadTask read = read_task(columns);
  row.problem = read.problem;
  if (!read.task) return row;
  const CodeTask& task = *read.task;
  const std::string& name = task.language.empty() ? options_.language : task.language;
  row.language = find_language(languages_, name);
  std::optional<std::string> problem;
  if (!row.language) problem = "the language \"" + name + "\" is unknown";
  else if (task.kind == TestKind::kCall) problem = bad_calls(task, *row.language);
  else if (task.kind == TestKind::kAssert) problem = bad_assertions(task, options_);
  if (!problem && task.checker) problem = bad_checker(*task.checker, languages_);
  if (problem) row.problem = std::string(task.shape) + " row: " + *problem;
  else row.task = std::move(read.task);
  return row;
}

Verdict CodeVerifier::judge(const Row& row, const VerifyRequest& request, const std::function<bool()>& out_of_time) const {
  Verdict verdict;
  const auto end = [&](Outcome outcome, std::string why) {
    verdict.outcome = outcome;
    verdict.explanation = std::move(why);
    return verdict;
  };
  if (!row.task) return end(Outcome::kUndecided, row.problem);
  const auto text = answer_part(request.response, reasoning_);
  if (!text) return end(Outcome::kNoAnswer, "the reasoning never ends");
  auto code = last_program(*text, *row.language);
  if (!code) return end(Outcome::kNoAnswer, "no closed code block tagged " + row.language->name + " or untagged after the reasoning");
  if (trimmed(*code).empty()) return end(Outcome::kNoAnswer, "the last code block is empty");
  verdict.extracted = *code;
  const std::string program = whole_program(*row.task, std::move(*code));

  Machine& machine = this->machine();
  Budget budget(options_.cpu_per_answer);
  const Attempt attempt{*row.task, *row.language, program, options_, languages_, machine.sandbox, machine.compiler, budget, out_of_time};
  Judgement judgement = row.task->kind == TestKind::kStdin  ? judge_stdin(attempt)
                        : row.task->kind == TestKind::kCall ? judge_calls(attempt)
                                                            : judge_asserts(attempt);
  if (judgement.outcome == Outcome::kPass) verdict.score = 1;
  else if (judgement.outcome == Outcome::kFail && options_.scoring == "fraction") verdict.score = double(judgement.passed) / std::max(judgement.tests, 1);
  return end(judgement.outcome, std::move(judgement.explanation));
}

Verdict CodeVerifier::verify(const VerifyRequest& request) const {
  return judge(read(request.columns), request, nullptr);
}

std::vector<Verdict> CodeVerifier::verify_group(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) const {
  std::vector<Verdict> verdicts(requests.size());
  if (requests.empty()) return verdicts;
  const double begin = clock.now();
  const auto out_of_time = [&] { return pace.deadline_seconds > 0 && clock.now() - begin >= pace.deadline_seconds; };
  const Row first = read(requests[0].columns);

  std::mutex mutex;
  std::condition_variable done;
  std::atomic<std::size_t> next = 0;
  std::size_t running = std::min<std::size_t>(requests.size(), static_cast<std::size_t>(slots_of(options_)));
  const auto work = [&] {
    for (std::size_t i; (i = next++) < requests.size();) {
      const double started = clock.now();
      try {
        const VerifyRequest& request = requests[i];
        if (out_of_time()) verdicts[i].explanation = "the lease ended before this answer's turn";
        else verdicts[i] = request.columns == requests[0].columns ? judge(first, request, out_of_time) : judge(read(request.columns), request, out_of_time);
      } catch (const std::exception& error) {
        verdicts[i] = {};
        verdicts[i].explanation = error.what();
      }
      verdicts[i].seconds = clock.now() - started;
    }
    const std::lock_guard lock(mutex);
    --running;
    done.notify_all();
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = running; i > 0; --i) threads.emplace_back(work);
  std::unique_lock lock(mutex);
  while (!done.wait_for(lock, std::chrono::milliseconds(500), [&] { return running == 0; })) {
    if (!pace.pulse) continue;
    lock.unlock();
    pace.pulse();
    lock.lock();
  }
  return verdicts;
}

std::optional<std::string> CodeVerifier::bad_row(const std::string& columns) const {
  const Row row = read(columns);
  return row.task ? std::nullopt : std::optional(row.problem);
}

// By the limits' own arithmetic: the last test may begin with the budget nearly spent and run its
// full wall limit (3 × CPU + 2 s), the budget counts a third of wall time, and a run near a limit is
// repeated alone; compiling comes before, once as it is and once with the precompiled header.
double CodeVerifier::seconds_needed(int items) const {
  const double tests = 2 * (3 * options_.cpu_per_answer + 3 * options_.time_limit + 2);
  const double compiling = 2 * 2 * (3 * options_.compile_time_limit + 2);
  return std::ceil(double(items) / slots_of(options_)) * (tests + compiling);
}

}  // namespace laconic::verifiers::code
