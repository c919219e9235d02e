// Hostile runs in a row leave nothing behind: memory, descriptors and processes of the launcher and of its parent stay
// flat. The default set does a hundred, the slow one a thousand.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "tests/sandbox/aftermath.h"
#include "tests/sandbox/attack_spec.h"

namespace laconic::sandbox::attacks {
namespace {

#ifdef LACONIC_LONG
constexpr int kRuns = 1000;
#else
constexpr int kRuns = 100;
#endif

struct Hostile {
  const char* program;
  std::vector<std::string> argv;
  End end;                                 // what it should be told by; kExited where it may end in several ways
};

const std::vector<Hostile>& battery() {
  static const std::vector<Hostile> all = {
      {"flood.c", {"out"}, End::kOutput},       {"touch_memory.c", {}, End::kExited}, {"daemon.c", {"holds"}, End::kExited},
      {"daemon.c", {"floods"}, End::kExited},   {"crash.c", {"segv"}, End::kSignaled}, {"fork_count.c", {}, End::kExited},
      {"call.c", {"425", "8", "buf"}, End::kDenied}, {"many_files.c", {"files"}, End::kExited}, {"exit_code.py", {"raise"}, End::kExited},
      {"poison.py", {}, End::kExited},          {"flood.py", {}, End::kOutput},       {"endless_loop.py", {}, End::kCpuTime},
      {"swap_result.c", {"fifo"}, End::kExited}, {"reaper_race.c", {}, End::kExited},  {"fd_bomb.c", {"flight"}, End::kExited},
      {"kill_all.c", {"all"}, End::kExited},    {"sleep_forever.c", {}, End::kWallTime}};
  return all;
}

struct Use {
  std::int64_t parent = 0, below = 0;  // resident bytes
  std::size_t parent_descriptors = 0, launcher_descriptors = 0, processes = 0;
};

// The launcher may still be closing what it held for the last run: the least of some looks.
std::size_t launcher_descriptors() {
  std::size_t least = SIZE_MAX;
  for (int i = 0; i < 20; ++i) {
    std::size_t now = 0;
    for (const pid_t pid : launchers()) now += descriptor_count(pid);
    least = std::min(least, now);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return least;
}

Use use_now() {
  ::malloc_trim(0);
  Use u;
  u.parent = resident_bytes(::getpid());
  u.parent_descriptors = descriptor_count(::getpid());
  for (const auto& [pid, name] : descendants(::getpid())) {
    u.below += resident_bytes(pid);
    u.processes++;
  }
  u.launcher_descriptors = launcher_descriptors();
  return u;
}

TEST(Hostile, RunsLeaveMemoryDescriptorsAndProcessesFlat) {
  const Programs programs(attacks_folder(), programs_folder());
  std::vector<std::string> sources;
  for (const Hostile& h : battery())
    if (std::string(h.program).ends_with(".c")) sources.push_back(h.program);
  programs.build(sources);

  Options options;
  options.slots = 1;
  Sandbox box(options);
  std::vector<Spec> specs;
  for (const Hostile& h : battery()) {
    Spec spec;
    const std::string name = h.program;
    const bool compiled = name.ends_with(".c");
    const std::string inside = compiled ? fs::path(name).stem().string() : name;
    spec.files = {{inside, compiled ? programs.binary(name) : programs.source(name), compiled}};
    if (!compiled) spec.interpreter = Interpreter::kPython;
    spec.argv = {compiled ? "/box/" + inside : inside};
    spec.argv.insert(spec.argv.end(), h.argv.begin(), h.argv.end());
    spec.collect = {"result"};
    spec.limits.cpu_seconds = 0.05;
    spec.limits.wall_seconds = h.end == End::kWallTime ? 0.3 : 5;
    spec.limits.memory_bytes = 96 << 20;
    spec.limits.processes = 20;
    spec.limits.stdout_bytes = 256 << 10;
    spec.limits.file_bytes = 8 << 20;
    spec.limits.files = 500;
    specs.push_back(std::move(spec));
  }
  const auto one = [&](std::size_t i) {
    const Report r = box.run(specs[i]);
    EXPECT_NE(r.end, End::kFault) << battery()[i].program << ": " << r.fault;
    if (battery()[i].end != End::kExited && r.end != End::kCpuTime) {
      EXPECT_EQ(name_of(r.end), name_of(battery()[i].end)) << battery()[i].program << " " << r.err.substr(0, 300);
    }
  };
  for (std::size_t i = 0; i < 2 * specs.size(); ++i) one(i % specs.size());  // warm
  const Use before = use_now();
  for (int i = 0; i < kRuns; ++i) one(static_cast<std::size_t>(i) % specs.size());
  const Use after = use_now();
  fmt::print("{} hostile runs at level {}: parent {:+} kB and {:+} descriptors, launcher and what stands below it {:+} kB, {:+} descriptors, {:+} processes\n", kRuns,
             box.level(), (after.parent - before.parent) / 1024, static_cast<long>(after.parent_descriptors) - static_cast<long>(before.parent_descriptors),
             (after.below - before.below) / 1024, static_cast<long>(after.launcher_descriptors) - static_cast<long>(before.launcher_descriptors),
             static_cast<long>(after.processes) - static_cast<long>(before.processes));
  EXPECT_EQ(after.parent_descriptors, before.parent_descriptors);
  EXPECT_EQ(after.launcher_descriptors, before.launcher_descriptors);
  EXPECT_EQ(after.processes, before.processes);
  // A kilobyte a run, leaked, would be a megabyte: the allocators' own play is less than this.
  EXPECT_LT(after.parent - before.parent, std::int64_t{1} << 20);
  EXPECT_LT(after.below - before.below, std::int64_t{1} << 20);
}

}  // namespace
}  // namespace laconic::sandbox::attacks
