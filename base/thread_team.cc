#include "base/thread_team.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace laconic {

// About 20 µs of polling before a thread sleeps (a pause takes some 50 ns on current cores): longer
// than the gap between two ops, far shorter than anything a neighbour would notice.
constexpr int kSpins = 400;

// A sleep ends after this long and looks again: no wait without a deadline, whatever became of the
// wake-up.
constexpr long kSleepNanoseconds = 50'000'000;

namespace {

void futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
  static_assert(sizeof(word) == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free);
  ::syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

struct ThreadTeam::Threads {
  std::vector<std::thread> list;
};

void Ctx::barrier() const {
  if (count > 1) team->barrier();
}

std::pair<std::int64_t, std::int64_t> Ctx::share(std::int64_t n, std::int64_t grain) const {
  const std::int64_t grains = (n + grain - 1) / grain;
  const std::int64_t begin = grains * tid / count * grain, end = grains * (tid + 1) / count * grain;
  return {std::min(begin, n), std::min(end, n)};
}

ThreadTeam::ThreadTeam(int threads)
    : size_(std::max(1, threads)), spin_(size_ <= usable_cores()), threads_(std::make_unique<Threads>()) {
  for (int tid = 1; tid < size_; ++tid) threads_->list.emplace_back([this, tid] { worker(tid); });
}

ThreadTeam::~ThreadTeam() {
  stopping_ = true;
  change(generation_);
  for (std::thread& thread : threads_->list) thread.join();
}

void ThreadTeam::wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old_value) {
  if (spin_.load(std::memory_order_relaxed))
    for (int i = 0; i < kSpins; ++i) {
      if (word.load(std::memory_order_acquire) != old_value) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  // Sequentially consistent on both sides: either change() sees the sleeper and wakes it, or the
  // sleeper sees the change and does not sleep. (std::atomic::wait leaves that to the store's order.)
  sleepers_.fetch_add(1);
  constexpr timespec kTimeout{0, kSleepNanoseconds};
  while (word.load() == old_value) futex(word, FUTEX_WAIT_PRIVATE, old_value, &kTimeout);
  sleepers_.fetch_sub(1);
}

void ThreadTeam::change(std::atomic<std::uint32_t>& word) {
  word.fetch_add(1);
  if (sleepers_.load() > 0) futex(word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
}

void ThreadTeam::barrier() {
  const std::uint32_t phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size_)) {
    arrived_.store(0, std::memory_order_relaxed);
    change(phase_);
  } else {
    wait_for_change(phase_, phase);
  }
}

void ThreadTeam::run_erased(Erased call, void* self) {
  if (size_ == 1) return call(self, Ctx{0, 1, this});
  call_ = call;
  self_ = self;
  change(generation_);
  call(self, Ctx{0, size_, this});
  barrier();
}

void ThreadTeam::worker(int tid) {
  std::uint32_t seen = 0;
  while (true) {
    wait_for_change(generation_, seen);
    ++seen;
    if (stopping_) return;
    call_(self_, Ctx{tid, size_, this});
    barrier();
  }
}

int usable_cores() {
  cpu_set_t set;
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  std::ifstream quota_file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (quota_file >> quota >> period && quota != "max" && period > 0)
    cores = std::min(cores, std::max(1, static_cast<int>(std::stod(quota) / period + 0.5)));
  return cores;
}

}  // namespace laconic
