// What the processes of a run use, read from the run's own /proc: at level B the only measure there is
// while they live, at level A the source of the time spent waiting for a processor.
#pragma once

#include <cstdint>

namespace laconic::sandbox {

class Watch {
 public:
  // `proc`, `box`: directory descriptors of the run's /proc and /box (or -1), borrowed.
  Watch(int proc, int box) : proc_(proc), box_(box) {}

  void look();   // every few milliseconds

  // CPU time of all processes seen so far, those that died unwaited included as last seen.
  std::int64_t cpu_ns() const { return cpu_ns_ + lost_cpu_ns_; }
  std::int64_t waited_ns() const { return waited_ns_ + lost_waited_ns_; }  // runnable, without a processor
  std::int64_t memory_bytes() const { return memory_bytes_; }              // at the last look; an upper bound
  std::int64_t peak_bytes() const { return peak_bytes_; }
  int processes() const { return threads_; }                               // and threads, without init
  // The same with shared pages counted once: slower, to be asked when the bound is above a limit.
  std::int64_t exact_memory_bytes() const;

 private:
  std::int64_t box_bytes() const;

  int proc_, box_;
  std::int64_t cpu_ns_ = 0, lost_cpu_ns_ = 0, waited_ns_ = 0, lost_waited_ns_ = 0, memory_bytes_ = 0, peak_bytes_ = 0;
  int threads_ = 0;
};

}  // namespace laconic::sandbox
