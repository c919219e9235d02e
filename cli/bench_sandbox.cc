// laconic bench sandbox: the price of isolation, against the same work without it.
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/thread_team.h"
#include "cli/bench.h"
#include "sandbox/measure.h"
#include "sandbox/sandbox.h"
#include "verifiers/code/compile.h"
#include "verifiers/code/language.h"
#include "verifiers/code/options.h"
#include "verifiers/code/precompiled.h"

extern char** environ;

namespace laconic::cli {
namespace {

namespace code = verifiers::code;

struct Options {
  std::string programs = "bench/contest";
  int repeat = 5, runs = 400, slots = 0;
  bool no_compile = false;
};

using Progress = std::function<void(const std::string&)>;

double now() { return Clock::system().now(); }

// `work(i)` for i below `count`, on `threads` threads; seconds. The first exception is thrown on.
double timed(int count, int threads, const std::function<void(int)>& work) {
  std::atomic<int> next{0};
  std::exception_ptr failed;
  std::mutex mutex;
  const double start = now();
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&] {
      try {
        for (int i; (i = next++) < count;) work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failed = std::current_exception();
        next = count;
      }
    });
  for (std::thread& t : team) t.join();
  const double seconds = now() - start;
  if (failed) std::rethrow_exception(failed);
  return seconds;
}

// A program of ours, outside the sandbox, its output to /dev/null or a pipe that is returned.
std::string run_bare(const std::vector<std::string>& argv, const std::string& folder = {}, bool output = false) {
  int ends[2] = {-1, -1};
  if (output && ::pipe2(ends, O_CLOEXEC) != 0) throw Error(fmt::format("no pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (output) ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  else ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0].c_str(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (output) ::close(ends[1]);
  std::string text;
  if (error == 0 && output) {
    std::array<char, 4096> buffer;
    for (ssize_t n; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0 || (n < 0 && errno == EINTR);)
      if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (output) ::close(ends[0]);
  int status = 0;
  if (error != 0) throw Error(fmt::format("`{}` cannot be started: {}", argv[0], std::strerror(error)));
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (status != 0) throw Error(fmt::format("`{}` failed", fmt::format("{} {}", argv[0], argv.back())), "", "run it by hand to see why");
  return text;
}

void expect(const sandbox::Report& r, const std::string& out) {
  if (r.end != sandbox::End::kExited || r.out != out)
    throw Error(fmt::format("a run of the benchmark went wrong: {} {} `{}`", name_of(r.end), r.fault, r.err.substr(0, 200)), "", "laconic doctor");
}

// Every run another answer, all limits on.
void python_run(sandbox::Sandbox& box, int i) {
  sandbox::Spec spec;
  spec.interpreter = sandbox::Interpreter::kPython;
  spec.argv = {"answer.py"};
  spec.files = {{"answer.py", sandbox::SealedFile::of(fmt::format("import collections, math, re\nvalues = [x * {0} for x in range(10)]\nprint(sum(values) + {0})\n", i)), false}};
  expect(box.run(spec), fmt::format("{}\n", 46 * i));
}

struct Runs {
  Measure fork{"bare fork of the warm Python", "ms", {}, false, {}, {}};
  Measure python{"Python run, one after the other", "ms", {}, false, {}, {}};
  Measure python_rate{"Python runs, all slots", "a minute", {}, true, 20000, {}};
  Measure binary_rate{"static C++ runs, all slots", "a minute", {}, true, 25000, {}};
};

constexpr const char* kBinarySource = "#include <bits/stdc++.h>\nint main() {\n  long long a, b;\n  std::cin >> a >> b;\n  std::cout << a + b << std::endl;\n}\n";

void measure_runs(const Options& o, int slots, sandbox::Options options, std::vector<Measure>& measures, const Progress& progress) {
  sandbox::Sandbox all(options);
  options.slots = 1;
  sandbox::Sandbox one(options);
  code::Compiler compiler(all, "none");
  const std::vector<code::Language> languages = code::load_languages("");
  const code::Compiled compiled = compiler.compile(*code::find_language(languages, "cpp17"), kBinarySource);
  if (compiled.result != code::Compiled::Result::kProgram) throw Error("the benchmark's program does not compile: " + compiled.message, "", "laconic doctor");
  const auto binary_run = [&](sandbox::Sandbox& box, int i) {
    sandbox::Spec spec;
    spec.argv = {"/box/answer"};
    spec.files = {{"answer", compiled.program, true}};
    spec.input = sandbox::SealedFile::of(fmt::format("{} {}\n", i, i));
    expect(box.run(spec), fmt::format("{}\n", 2 * i));
  };
  timed(4 * slots, 2 * slots, [&](int i) { python_run(all, i), binary_run(all, i); });  // warm
  timed(4, 1, [&](int i) { python_run(one, i); });
  Runs m;
  for (int r = 0; r < o.repeat; ++r) {
    progress(fmt::format("runs: {} of {}", r + 1, o.repeat));
    m.fork.samples.push_back(1e3 * sandbox::bare_fork_seconds(one, o.runs) / o.runs);
    m.python.samples.push_back(1e3 * timed(o.runs, 1, [&](int i) { python_run(one, r * o.runs + i); }) / o.runs);
    m.python_rate.samples.push_back(60.0 * o.runs / timed(o.runs, slots, [&](int i) { python_run(all, r * o.runs + i); }));
    m.binary_rate.samples.push_back(60.0 * o.runs / timed(o.runs, slots, [&](int i) { binary_run(all, r * o.runs + i); }));
  }
  const Measure times = ratio("Python run / bare fork", m.python, m.fork, 5, false);
  measures.insert(measures.end(), {m.fork, m.python, times, m.python_rate, m.binary_rate});
}

struct Program {
  std::string name, text;
};

std::vector<Program> contest_programs(const std::string& folder) {
  std::vector<Program> programs;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".cc") programs.push_back({entry.path().stem().string(), read_file(entry.path())});
  if (programs.empty()) throw Error("no .cc file in `" + folder + "`", "", "run it in Laconic's source folder, name the folder with --programs, or leave compiling out with --no-compile");
  std::sort(programs.begin(), programs.end(), [](const Program& a, const Program& b) { return a.name < b.name; });
  return programs;
}

// A folder with each program in one of its own, where the bare compiler works.
class Workplace {
 public:
  Workplace(const std::vector<Program>& programs, const std::string& source_name) {
    std::string name = (fs::temp_directory_path() / "laconic-bench-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Error("no folder can be made in " + fs::temp_directory_path().string(), "", "set TMPDIR to a folder that can be written");
    folder_ = name;
    for (const Program& p : programs) {
      fs::create_directory(folder_ / p.name);
      append_file(folder_ / p.name / source_name, p.text);
    }
  }
  ~Workplace() {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  Workplace(const Workplace&) = delete;
  std::string of(const Program& p) const { return (folder_ / p.name).string(); }

 private:
  fs::path folder_;
};

void measure_compiling(const Options& o, int slots, const sandbox::Options& options, const std::vector<Program>& programs, std::vector<Measure>& measures,
                       const Progress& progress) {
  const std::vector<code::Language> languages = code::load_languages("");
  const code::Language& language = *code::find_language(languages, "cpp17");
  sandbox::Sandbox box(options);
  const int count = static_cast<int>(programs.size());
  const Workplace workplace(programs, language.source);

  progress("compiling: the precompiled header");
  std::string why;
  const std::string header = code::Compiler(box, "").precompiled(language, &why);
  if (header.empty()) throw Error("no precompiled header: " + why);
  // The same compiler with the same words; only the place of the header differs.
  std::vector<std::string> with = language.compile;
  with.insert(with.begin() + 1, {"-I" + header, "-include", std::string(code::kPrecompiledHeader)});

  Measure sandboxed{"compiling in the sandbox", "a minute", {}, true, {}, {}}, bare{"bare g++ with the precompiled header", "a minute", {}, true, {}, {}},
      plain{"bare g++ without it", "a minute", {}, true, {}, {}}, hits{"hits of the precompiled header", "%", {}, true, {}, {}};
  const int repeat = std::max(1, (o.repeat + 1) / 2);
  for (int r = 0; r < repeat; ++r) {
    progress(fmt::format("compiling {} programs in three ways: {} of {}", count, r + 1, repeat));
    code::Compiler compiler(box, "");  // a new one: nothing is remembered
    std::atomic<int> hit{0};
    sandboxed.samples.push_back(60.0 * count / timed(count, slots, [&](int i) {
      const code::Compiled c = compiler.compile(language, programs[i].text);
      if (c.result != code::Compiled::Result::kProgram) throw Error(programs[i].name + " does not compile: " + c.message);
      hit += c.precompiled;
    }));
    hits.samples.push_back(100.0 * hit / count);
    bare.samples.push_back(60.0 * count / timed(count, slots, [&](int i) { run_bare(with, workplace.of(programs[i])); }));
    plain.samples.push_back(60.0 * count / timed(count, slots, [&](int i) { run_bare(language.compile, workplace.of(programs[i])); }));
  }
  measures.insert(measures.end(), {sandboxed, bare, plain, hits, ratio("compiling in the sandbox / bare with header", sandboxed, bare, 0.85, true),
                                   ratio("compiling in the sandbox / bare without header", sandboxed, plain, 2, true)});
}

BenchResult bench(const Options& o, const Progress& progress) {
  const int slots = o.slots ? o.slots : usable_cores();
  sandbox::Options options;
  options.slots = slots;
  options.python_imports = code::CodeOptions().python_imports;
  std::vector<Program> programs;
  if (!o.no_compile) programs = contest_programs(o.programs);
  BenchResult result;
  measure_runs(o, slots, options, result.measures, progress);
  if (!o.no_compile) measure_compiling(o, slots, options, programs, result.measures, progress);
  const char level = sandbox::Sandbox(options).level();
  const std::string python = run_bare({options.python[0], "-c", "import platform; print(platform.python_version(), end='')"}, {}, true);
  result.setting = fmt::format("level {}, {} at once, Python {}", level, slots, python);
  if (!o.no_compile) {
    std::string version = run_bare({"/usr/bin/g++", "-dumpfullversion"}, {}, true);
    while (!version.empty() && version.back() == '\n') version.pop_back();
    result.setting += ", g++ " + version;
  }
  return result;
}

}  // namespace

std::function<BenchResult(const Progress&)> declare_bench_sandbox(Command& command) {
  auto o = std::make_shared<Options>();
  command.option("--programs", o->programs, "DIR", "the C++ programs to compile");
  command.option("--repeat", o->repeat, "N", "how often each measure is taken (compiling: half as often)", {1, 100});
  command.option("--runs", o->runs, "N", "runs in one sample", {10, 100000});
  command.option("--slots", o->slots, "N", "runs at once; 0: one for each usable core", {0, 1024});
  command.flag("--no-compile", o->no_compile, "leave compiling out");
  return [o](const Progress& progress) { return bench(*o, progress); };
}

}  // namespace laconic::cli
