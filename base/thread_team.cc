#include "base/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace laconic {

// About 20 µs of polling before a thread sleeps (a pause takes some 50 ns on current cores): longer
// than the gap between two ops, far shorter than anything a neighbour would notice.
constexpr int kSpins = 400;

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
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread& thread : threads_->list) thread.join();
}

void ThreadTeam::wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old_value) const {
  if (spin_.load(std::memory_order_relaxed))
    for (int i = 0; i < kSpins; ++i) {
      if (word.load(std::memory_order_acquire) != old_value) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  while (word.load(std::memory_order_acquire) == old_value) word.wait(old_value, std::memory_order_acquire);
}

void ThreadTeam::barrier() {
  const std::uint32_t phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size_)) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    phase_.notify_all();
  } else {
    wait_for_change(phase_, phase);
  }
}

void ThreadTeam::run_erased(Erased call, void* self) {
  if (size_ == 1) return call(self, Ctx{0, 1, this});
  call_ = call;
  self_ = self;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
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
