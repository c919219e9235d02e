// A busy machine decides no verdict. Many programs that take a second of CPU, all submitted at once: none is told to
// have exceeded its limit. Programs near and beyond theirs, under a background load: the same verdicts every time.
// The default set does a small share of it, the slow one 200 programs and five repetitions.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sandbox/attack_spec.h"

namespace laconic::sandbox::attacks {
namespace {

#ifdef LACONIC_LONG
constexpr int kAtOnce = 200, kRepetitions = 5;
constexpr double kUnit = 1.0;               // CPU seconds of a program
#else
constexpr int kAtOnce = 24, kRepetitions = 2;
constexpr double kUnit = 0.25;
#endif

// Somebody else who keeps every core busy, for as long as this stands.
class Background {
 public:
  Background() {
    cpu_set_t usable;
    ::sched_getaffinity(0, sizeof usable, &usable);
    for (int i = 0; i < CPU_COUNT(&usable); ++i) {
      const pid_t pid = ::fork();
      if (pid == 0)
        for (;;)
          if (::getppid() == 1) std::_Exit(0);
      hogs_.push_back(pid);
    }
  }
  ~Background() {
    for (const pid_t pid : hogs_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

 private:
  std::vector<pid_t> hogs_;
};

Programs programs() { return {attacks_folder(), programs_folder()}; }

Spec spend(double cpu_seconds, double limit) {
  const Programs all = programs();
  all.build({"spend.c"});
  Spec spec;
  spec.files = {{"spend", all.binary("spend.c"), true}};
  spec.argv = {"/box/spend", fmt::format("{:.3f}", cpu_seconds)};
  spec.limits.cpu_seconds = limit;
  spec.limits.memory_bytes = 64 << 20;
  return spec;
}

std::vector<Report> all_at_once(Sandbox& box, const std::vector<Spec>& specs) {
  std::vector<Report> reports(specs.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < specs.size(); ++i) threads.emplace_back([&, i] { reports[i] = box.run(specs[i]); });
  for (std::thread& t : threads) t.join();
  return reports;
}

TEST(Load, ManyAtOnceExceedNoLimit) {
  Sandbox box;
  const std::vector<Report> reports = all_at_once(box, std::vector<Spec>(kAtOnce, spend(kUnit, 2 * kUnit)));
  double most = 0;
  for (const Report& r : reports) {
    EXPECT_EQ(name_of(r.end), "exited") << "cpu " << r.cpu_seconds << " wall " << r.wall_seconds << " waited " << r.waited_seconds << " " << r.fault;
    EXPECT_EQ(r.out, "done\n");
    most = std::max(most, r.cpu_seconds);
  }
  fmt::print("{} programs of {} s at once: none beyond its limit; most CPU {:.3f} s\n", kAtOnce, kUnit, most);
}

TEST(Load, VerdictsRepeatUnderALoad) {
  const Background others;
  Sandbox box;
  // Well within, near and beyond the limit; sleepers on both sides of the wall limit.
  std::vector<Spec> specs;
  for (const double share : {0.3, 0.5, 0.7, 1.5, 3.0}) specs.push_back(spend(share * kUnit, kUnit));
  for (const double sleep : {0.2, 30.0}) {
    Spec spec = spend(0.01, kUnit);
    spec.argv.push_back(fmt::format("{:.3f}", sleep));
    spec.limits.wall_seconds = 1.2;
    specs.push_back(spec);
  }
  const std::vector<std::string> expected = {"exited", "exited", "exited", "cpu time", "cpu time", "exited", "wall time"};
  std::vector<Spec> many;
  for (int i = 0; i < (kUnit < 1 ? 1 : 4); ++i) many.insert(many.end(), specs.begin(), specs.end());
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    const std::vector<Report> reports = all_at_once(box, many);
    for (std::size_t i = 0; i < reports.size(); ++i)
      EXPECT_EQ(name_of(reports[i].end), expected[i % expected.size()])
          << "repetition " << repetition << ", program " << i % expected.size() << ": cpu " << reports[i].cpu_seconds << " of " << many[i].limits.cpu_seconds << ", wall "
          << reports[i].wall_seconds << ", waited " << reports[i].waited_seconds << ", repeated " << reports[i].repeated << " " << reports[i].fault;
  }
}

}  // namespace
}  // namespace laconic::sandbox::attacks
