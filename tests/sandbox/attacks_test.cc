// Every attack of attacks/attacks.toml, at both levels, as root and as an ordinary user.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "tests/sandbox/aftermath.h"
#include "tests/sandbox/attack_spec.h"
#include "tests/sandbox/attack_table.h"
#include "tests/sandbox/host_listeners.h"
#include "tests/sandbox/modes.h"
#include "tests/sandbox/programs.h"

namespace laconic::sandbox::attacks {
namespace {

std::string shown(const std::string& bytes) {
  std::string text;
  for (const char c : bytes.substr(0, 1500)) text += (c >= ' ' && c < 127) || c == '\n' ? c : '?';
  return text;
}

std::string told(const Report& r) {
  return fmt::format("ended: {} (exit {}, signal {}, denied `{}`, fault `{}`), cpu {:.3f} s, wall {:.3f} s, peak {} MB, level {}, repeated {}\nout: {}\nerr: {}",
                     name_of(r.end), r.exit_code, r.signal, r.denied_call, r.fault, r.cpu_seconds, r.wall_seconds, r.peak_memory_bytes >> 20, r.level,
                     r.repeated, shown(r.out), shown(r.err));
}

// What the runs of one mode share.
class Ground {
 public:
  static Ground& get() {
    static Ground ground;
    return ground;
  }

  Spec spec(const Attack& attack, const std::vector<std::string>& more = {}) const { return spec_of(attack, programs_, listeners_, more); }

  // The run that has to be right after everything: compiled and Python.
  void normal_runs() {
    for (const char* program : {"normal.c", "normal.py"}) {
      Attack normal;
      normal.program = program;
      normal.stdin_text = "19\n23\n";
      const Report r = box_.run(spec(normal));
      EXPECT_EQ(name_of(r.end), "exited") << program << " after the attack: " << told(r);
      EXPECT_EQ(r.out, "42\n") << program << " after the attack: " << r.err;
      EXPECT_EQ(r.exit_code, 0) << program;
    }
  }

  Sandbox& box() { return box_; }
  HostListeners& listeners() { return listeners_; }
  const std::string& canary() const { return canary_; }
  const Snapshot& clean() const { return clean_; }

 private:
  static Options options() {
    Options o;
    o.slots = 2;
    o.level = std::string(1, current_mode().level);
    o.python_imports = {"collections", "functools", "heapq", "itertools", "json", "math", "random", "re", "string"};
    return o;
  }

  Ground() : programs_(attacks_folder(), programs_folder()), box_(options()) {
    // The secret: in our environment (inherited by the launcher), our memory and a file that everybody may read.
    canary_ = fmt::format("laconic-{}-{:016x}", "canary", std::random_device{}() * 0x9e3779b97f4a7c15ull);
    ::setenv("LACONIC_SECRET", canary_.c_str(), 1);
    canary_file_ = fs::temp_directory_path() / fmt::format("laconic-planted-{}", ::getpid());
    write_file_durably(canary_file_, canary_ + "\n");
    // Two runs that last, at the same time: whatever stands for good now stands.
    Attack lasting;
    lasting.program = "meet.py";
    std::vector<std::thread> both;
    for (const char* side : {"left", "right"})
      both.emplace_back([this, lasting, side] { EXPECT_EQ(name_of(box_.run(spec(lasting, {side})).end), "exited"); });
    for (std::thread& t : both) t.join();
    normal_runs();
    // The launcher may still be closing what it held for the last of them.
    for (int same = 0; same < 5; ++same) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      Snapshot now = Snapshot::take();
      if (!differences(clean_, now).empty() || !differences(now, clean_).empty()) same = 0;
      clean_ = std::move(now);
    }
  }
  ~Ground() {
    std::error_code none;
    fs::remove(canary_file_, none);
  }

  Programs programs_;
  HostListeners listeners_;
  std::string canary_;
  fs::path canary_file_;
  Sandbox box_;
  Snapshot clean_;
};

template <class T>
bool one_of(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// What only this machine has.
std::vector<std::string> machine_words() {
  std::vector<std::string> words;
  for (const char* path : {"/etc/machine-id", "/proc/sys/kernel/random/boot_id", "/proc/cmdline"}) {
    if (!fs::exists(path)) continue;
    std::string text = read_file(path);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
    if (text.size() > 8) words.push_back(text);
  }
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  words.push_back(fmt::format("host name {} ", name));
  return words;
}

void check(const Report& r, const Expected& e, const std::string& canary) {
  SCOPED_TRACE(told(r));
  EXPECT_EQ(r.level, current_mode().level);
  EXPECT_TRUE(one_of(e.ends, std::string(name_of(r.end)))) << fmt::format("it may end by: {}", fmt::join(e.ends, ", "));
  if (r.end == End::kExited) {
    EXPECT_TRUE(one_of(e.exits, r.exit_code)) << fmt::format("exit code may be: {}", fmt::join(e.exits, ", "));
  }
  if (r.end == End::kSignaled) {
    EXPECT_TRUE(one_of(e.signals, r.signal)) << fmt::format("signal may be: {}", fmt::join(e.signals, ", "));
  }
  if (r.end == End::kDenied) {
    EXPECT_FALSE(r.denied_call.empty());
    EXPECT_TRUE(one_of(e.denied, std::string("*")) || one_of(e.denied, r.denied_call)) << fmt::format("may be denied: {}", fmt::join(e.denied, ", "));
  }
  if (e.out) {
    EXPECT_EQ(r.out, *e.out);
  }
  if (e.out_length) {
    EXPECT_EQ(static_cast<std::int64_t>(r.out.size()), *e.out_length);
  }
  for (const std::string& text : e.out_has) EXPECT_NE(r.out.find(text), std::string::npos) << "lacks " << text;
  for (const std::string& text : e.err_has) EXPECT_NE(r.err.find(text), std::string::npos) << "lacks " << text;
  for (const std::string& text : e.err_lacks) EXPECT_EQ(r.err.find(text), std::string::npos) << "holds " << text;
  for (const std::string& text : e.out_lacks) EXPECT_EQ(r.out.find(text), std::string::npos) << "holds " << text;
  for (const std::string* output : {&r.out, &r.err, &r.result}) {
    EXPECT_EQ(output->find("THROUGH"), std::string::npos);
    EXPECT_EQ(output->find(canary), std::string::npos) << "the planted secret came out";
    if (e.generic) {
      for (const std::string& word : machine_words()) EXPECT_EQ(output->find(word), std::string::npos) << "holds " << word;
    }
  }
  if (e.process_limit) {
    EXPECT_TRUE(r.process_limit_hit);
  }
  if (e.err_cut) {
    EXPECT_TRUE(r.err_cut);
  }
  EXPECT_GE(r.cpu_seconds, e.cpu_at_least);
  EXPECT_GE(r.peak_memory_bytes, static_cast<std::int64_t>(e.memory_at_least_mb * (1 << 20)));
  if (r.collected.empty()) {
    EXPECT_TRUE(e.collected_may_lack) << "nothing was collected";
  }
  for (const auto& [name, bytes] : r.collected) EXPECT_TRUE(one_of(e.collected, bytes)) << "collected " << name << ": " << shown(bytes);
}

// Processes must be gone when run() returns; what the launcher holds for a run it may still be closing.
std::vector<std::string> left_behind(const Snapshot& clean) {
  Snapshot now = Snapshot::take();
  const std::map<pid_t, std::string> processes = now.processes;
  for (int i = 0; i < 100 && !differences(clean, now).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    now = Snapshot::take();
  }
  now.processes = processes;
  return differences(clean, now);
}

class Attacked : public testing::Test {
 public:
  explicit Attacked(Attack attack) : attack_(std::move(attack)) {}

  void TestBody() override {
    Ground& ground = Ground::get();
    const bool refused = one_of(attack_.expected.ends, std::string("refused"));
    try {
      if (!attack_.beside.empty()) run_beside(ground);
      else if (!attack_.then.empty()) {
        const Report first = ground.box().run(ground.spec(attack_));
        EXPECT_NE(first.end, End::kFault) << told(first);
        report_ = ground.box().run(ground.spec(attack_, attack_.then));
        check(report_, attack_.expected, ground.canary());
      } else {
        report_ = ground.box().run(ground.spec(attack_));
        EXPECT_FALSE(refused) << "the spec was taken: " << told(report_);
        if (!refused) check(report_, attack_.expected, ground.canary());
      }
    } catch (const Error& error) {
      EXPECT_TRUE(refused) << error.what();
    }
    EXPECT_EQ(ground.listeners().visitors(), 0) << "somebody connected to the machine";
    ground.normal_runs();
    for (const std::string& line : left_behind(ground.clean())) ADD_FAILURE() << "left behind: " << line;
    RecordProperty("cpu_ms", static_cast<int>(report_.cpu_seconds * 1000));
    RecordProperty("wall_ms", static_cast<int>(report_.wall_seconds * 1000));
  }

 private:
  void run_beside(Ground& ground) {
    std::vector<Report> reports(attack_.beside.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      const Spec spec = ground.spec(attack_, {attack_.beside[i]});
      threads.emplace_back([&, i, spec] { reports[i] = ground.box().run(spec); });
    }
    for (std::thread& t : threads) t.join();
    for (const Report& r : reports) check(r, attack_.expected, ground.canary());
  }

  Attack attack_;
  Report report_;
};

// The same program a hundred times: how far the measured CPU time spreads.
TEST(Measure, CpuTimeSpread) {
  if (current_mode().name.empty()) GTEST_SKIP();
  Ground& ground = Ground::get();
  Attack steady;
  steady.program = "steady.c";
  std::vector<double> cpu;
  for (int i = 0; i < 100; ++i) {
    const Report r = ground.box().run(ground.spec(steady));
    ASSERT_EQ(r.out, "done\n") << told(r);
    ASSERT_GT(r.cpu_seconds, 0);
    cpu.push_back(r.cpu_seconds);
  }
  std::sort(cpu.begin(), cpu.end());
  fmt::print("CPU time of one program, 100 runs: least {:.1f} ms, median {:.1f}, 95 % {:.1f}, most {:.1f}\n", 1e3 * cpu.front(), 1e3 * cpu[50], 1e3 * cpu[95], 1e3 * cpu.back());
}

int run_here(int argc, char** argv) {
  const Mode mode = current_mode();
  if (mode.level == 'A' && probe().level != 'A') {
    // Root without a writable cgroup, or an ordinary user without one of its own.
    for (const std::string& note : probe().notes) fmt::print("{}\n", note);
    fmt::print("{}: SKIPPED: level A is not to be had here\n", mode.name);
    return 0;
  }
  const bool slow = std::getenv("LACONIC_ATTACKS_SLOW");
  std::set<std::string> names;
  for (const Attack& attack : load_attacks(attacks_folder(), mode.level, mode.root)) {
    if (attack.slow != slow) continue;
    std::string name = mode.name + "_" + attack.test_name();
    for (int n = 2; !names.insert(name).second; ++n) name = mode.name + "_" + attack.test_name() + "_" + std::to_string(n);
    testing::RegisterTest("Attack", name.c_str(), nullptr, nullptr, __FILE__, __LINE__, [attack]() -> Attacked* { return new Attacked(attack); });
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

int run_outside(int argc, char** argv) {
  std::set<std::string> sources = {"normal.c", "steady.c"};
  for (const Attack& attack : load_attacks(attacks_folder(), 'A', true))
    if (attack.program.ends_with(".c")) sources.insert(attack.program);
  Programs(attacks_folder(), programs_folder()).build({sources.begin(), sources.end()});
  return run_modes(modes(), argc, argv);
}

}  // namespace
}  // namespace laconic::sandbox::attacks

int main(int argc, char** argv) {
  using namespace laconic::sandbox::attacks;
  if (!std::getenv("LACONIC_BUILD") || !std::getenv("LACONIC_SOURCE")) {
    std::fputs("LACONIC_BUILD and LACONIC_SOURCE are unset: run this under ctest\n", stderr);
    return 1;
  }
  try {
    return current_mode().name.empty() ? run_outside(argc, argv) : run_here(argc, argv);
  } catch (const laconic::Error& error) {
    std::fputs(laconic::render(error).c_str(), stderr);
    return 1;
  }
}
