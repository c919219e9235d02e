// What the processes of a run use, read from the run's own /proc: at level B the only measure there is
// while they live, at level A the source of the time spent waiting for a processor.
#pragma once

#include <cstdint>
#include <vector>

namespace laconic::sandbox {

class Watch {
 public:
  // `proc`, `box`: directory descriptors of the run's /proc and /box (or -1), borrowed.
  Watch(int proc, int box) : proc_(proc), box_(box) {}

  void look();   // every few milliseconds

  // CPU time of all processes seen so far, those that died unwaited included as last seen.
  std::int64_t cpu_ns() const { return cpu_ns_ + lost_cpu_ns_; }
  std::int64_t waited_ns() const { return waited_ns_ + lost_waited_ns_; }  // runnable, without a processor
  // Whether the waiting may be the machine's doing. A program that keeps itself waiting (threads that
  // contend, then sleep) must not be able to pass for one that the machine kept from running: over
  // `wall_ns`, some thread of it ran or wanted to run for three quarters of the time (with processors to
  // spare it would then have met its CPU limit), and few of its processes lived and died unseen.
  bool starved(std::int64_t wall_ns, bool every_process_seen) const {
    return 4 * wanted_ns_ >= 3 * wall_ns && (!every_process_seen || highest_pid_ - pids_seen_ <= kUnseen);
  }
  std::int64_t memory_bytes() const { return memory_bytes_; }              // at the last look; an upper bound
  std::int64_t peak_bytes() const { return peak_bytes_; }
  int processes() const { return threads_; }                               // and threads, without init
  // The same with shared pages counted once: slower, to be asked when the bound is above a limit.
  std::int64_t exact_memory_bytes() const;

 private:
  static constexpr int kUnseen = 32;  // processes

  std::int64_t box_bytes() const;

  int proc_, box_;
  std::int64_t cpu_ns_ = 0, lost_cpu_ns_ = 0, waited_ns_ = 0, lost_waited_ns_ = 0, memory_bytes_ = 0, peak_bytes_ = 0;
  std::int64_t wanted_ns_ = 0;        // ran or waited, the one thread that did so longest
  int threads_ = 0, highest_pid_ = 0, pids_seen_ = 0;
  std::vector<bool> seen_;            // by number inside
};

}  // namespace laconic::sandbox
