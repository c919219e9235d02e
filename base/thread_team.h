// SPMD: one job runs in every thread of a team. Ops take a `Ctx` and split their own work.
//
// The caller is thread 0; the others sleep in a futex between jobs after a short spin, and do not
// spin at all when the machine has fewer free cores than the team has threads. Barriers order
// memory. A job must not throw past its own body in thread ≥ 1; it may in thread 0 only when no
// barrier of the job is left.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace laconic {

class ThreadTeam;

struct Ctx {
  int tid = 0;       // 0 … count-1
  int count = 1;     // threads in the job
  ThreadTeam* team = nullptr;  // null only when count == 1

  void barrier() const;

  // This thread's contiguous share [begin, end) of n items, in whole multiples of `grain`
  // (the last may be short). Shares are disjoint and cover [0, n).
  std::pair<std::int64_t, std::int64_t> share(std::int64_t n, std::int64_t grain = 1) const;
};

class ThreadTeam {
 public:
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return size_; }

  // Runs job(ctx) in all threads and returns when all have finished. One job at a time.
  template <class Job>
  void run(Job&& job) {
    run_erased([](void* self, const Ctx& ctx) { (*static_cast<std::remove_reference_t<Job>*>(self))(ctx); },
               const_cast<void*>(static_cast<const void*>(&job)));
  }

  void barrier();

  // False: waiting threads go to sleep at once (set when live threads exceed cores).
  void set_spin(bool spin) { spin_ = spin; }

 private:
  using Erased = void (*)(void*, const Ctx&);
  void run_erased(Erased call, void* self);
  void worker(int tid);
  void wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old_value);
  void change(std::atomic<std::uint32_t>& word);  // adds 1 and wakes who waits for it

  struct Threads;
  int size_;
  std::atomic<bool> spin_;
  std::unique_ptr<Threads> threads_;
  Erased call_ = nullptr;
  void* self_ = nullptr;
  bool stopping_ = false;
  alignas(64) std::atomic<std::uint32_t> generation_{0};
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> phase_{0};
  alignas(64) std::atomic<std::uint32_t> sleepers_{0};
};

// Cores this process may use: affinity and cgroup quota, at least 1.
int usable_cores();

}  // namespace laconic
